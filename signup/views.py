"""Signing up: the landing page, the form, and what comes after it, on our own pages and framed by others."""

from csp.decorators import csp_replace
from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mooc.lib.network import client_address
from sequence.models import Sequence, title_of
from signup.choosing import ClosedError, form_for, form_instead
from signup.forms import AddressForm, SignupForm
from signup.joining import Joined, Mistake, correct_address, join, proof_of
from signup.landing import context, landing_html
from signup.throttle import TooManyError

JOINED = "joined"  # a cookie that shows the address on the next page and lets a typing mistake be mended
JOINED_SECONDS = 3600
COOKIE_BYTES = 3_800

# The sign-up pages need no cookie and so no CSRF token: whoever posts here could as well post to /api/signup/, which
# is open to every site, and nothing is done in a visitor's name.
framable = (xframe_options_exempt, csp_replace({"frame-ancestors": ["*"]}))


def in_frames(view):
    """Let other sites frame what a view returns."""
    for decorate in framable:
        view = decorate(view)
    return view


@require_safe
def landing(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """The landing page of the current sequence, or of sequence `number`."""
    return _page("signup/landing.html", number)


@require_safe
@in_frames
def iframe(request: HttpRequest) -> HttpResponse:
    """The bare form, for other sites to frame; `?sequence=N` chooses the course."""
    number = request.GET.get("sequence", "")
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    return _page("signup/iframe.html", int(number) if number else None)


def _page(template: str, number: int | None) -> HttpResponse:
    page = landing_html(template, number)
    if page is None:
        raise Http404(_("There is no course with this number."))
    return HttpResponse(page)


@csrf_exempt
def signup(request: HttpRequest) -> HttpResponse:
    """Sign up on our own page."""
    return _signup(request, "signup/landing.html", "success")


@csrf_exempt
@in_frames
def iframe_signup(request: HttpRequest) -> HttpResponse:
    """Sign up in a frame on another site."""
    return _signup(request, "signup/iframe.html", "iframe_success")


def _signup(request: HttpRequest, template: str, after: str) -> HttpResponse:
    if request.method != "POST":
        # People get here by opening the address of a refused form once more.
        response = render(request, "405.html", status=405)
        response["Allow"] = "POST"
        return response
    try:
        form = form_for(request.POST)
    except ClosedError:
        return _again(request, template, form_instead(request.POST))
    if not form.is_valid():
        return _again(request, template, form)
    response = HttpResponseRedirect(reverse(after))
    if form.is_trap:
        return response
    said = form.said()
    try:
        joined = join(form.course, form.cleaned_data["email"], said, client_address(request))
    except TooManyError as error:
        return too_many(request, error)
    except ClosedError:
        return _again(request, template, form_instead(request.POST))
    remember(response, form.course, joined, form.cleaned_data["email"], said)
    return response


def _again(request: HttpRequest, template: str, form: SignupForm) -> HttpResponse:
    return render(request, template, context(template, [], form.course, form))


def too_many(request: HttpRequest, error: TooManyError) -> HttpResponse:
    """Say that this network has sent its share of sign-ups."""
    response = render(request, "signup/too_many.html", {"minutes": error.minutes}, status=429)
    response["Retry-After"] = str(int(error.minutes * 60))
    return response


def remember(
    response: HttpResponseRedirect, sequence: Sequence | None, joined: Joined, address: str, said: dict
) -> None:
    """Keep what was typed in the visitor's own browser for an hour, signed, so that the next page can mend it."""
    typed = {
        "sequence": sequence.pk if sequence else None,
        "address": address,
        "proof": proof_of(joined),
        "confirms": joined.confirms,
    }
    value = signing.dumps({**typed, "said": said}, salt=JOINED)
    if len(value) > COOKIE_BYTES:
        value = signing.dumps({**typed, "said": said}, salt=JOINED, compress=True)
    if len(value) > COOKIE_BYTES:
        value = signing.dumps(typed, salt=JOINED)
    response.set_cookie(
        JOINED, value, max_age=JOINED_SECONDS, path=response.url, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def success(request: HttpRequest) -> HttpResponse:
    """Say which inbox to look into; a POST corrects a mistyped address."""
    return _success(request, "signup/success.html")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_frames
def iframe_success(request: HttpRequest) -> HttpResponse:
    """The same inside a frame. On somebody else's site browsers keep the cookie back: nothing can be corrected."""
    return _success(request, "signup/iframe_success.html")


def _success(request: HttpRequest, template: str) -> HttpResponse:
    try:
        typed = signing.loads(request.COOKIES.get(JOINED, ""), salt=JOINED, max_age=JOINED_SECONDS)
    except signing.BadSignature:
        typed = {}
    number = typed.get("sequence")
    sequence = Sequence.objects.filter(pk=number).first()
    can_correct = typed.keys() >= {"said", "proof"} and (sequence.is_open() if sequence else number is None)
    posted = request.method == "POST"
    form = AddressForm(request.POST if posted else None) if can_correct else None
    if form and posted and form.is_valid():
        address = form.cleaned_data["email"]
        mistake = Mistake(sequence, typed["address"], typed["proof"])
        try:
            joined = correct_address(mistake, address, typed["said"], client_address(request))
        except TooManyError as error:
            return too_many(request, error)
        response = HttpResponseRedirect(request.path)
        remember(response, sequence, joined, address, typed["said"])
        return response
    return render(
        request, template,
        {
            "address": typed.get("address", ""),
            "sequence": sequence,
            "title": title_of(sequence),
            "confirms": typed.get("confirms", True),
            "correct_form": form,
            "action": request.path,
            "too_late": posted and not can_correct,
        },
    )  # fmt: skip
