"""What the links in messages open: confirming an address, and stopping the mail. A GET never changes anything."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mooc.lib.network import client_address
from sequence.models import title_of
from signup.answers import answers_shown
from signup.confirming import confirm as confirm_request
from signup.confirming import find_request, mark_of
from signup.forms import AddressForm
from signup.leaving import ask_for_unsubscribe_link, find_by_token, leave, leave_everything
from signup.models import Signup
from signup.throttle import TooManyError, count_visit
from signup.views import too_many


def keyed(view):
    """Let a view be opened by the key in its address alone.

    The key is the only right a visitor has here, and it is not sent along by browsers as a cookie is: these pages
    need no CSRF token, and they work where cookies are refused. No cache keeps what they say about a person.
    """
    return csrf_exempt(never_cache(view))


def unknown(request: HttpRequest) -> HttpResponse:
    """Say that a link is not known, and what to do."""
    return render(request, "signup/link_unknown.html", status=404)


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Ask once, then confirm the address that the link was mailed to."""
    found = find_request(key)
    if found is None:
        return unknown(request)
    row = found.signup
    if request.method == "POST":
        try:
            row = confirm_request(found, request.POST.get("shown"))
        except ObjectDoesNotExist:
            return unknown(request)  # erased a moment ago
    if not found.used:
        questions = row.sequence.questions.all() if row.sequence else []
        shown = {
            "signup": row,
            "sequence": row.sequence,
            "title": title_of(row.sequence),
            "changes": answers_shown(row, questions, row.aside) if row.aside else [],
            "mark": mark_of(row),
        }
        return render(request, "signup/confirm.html", shown)
    return render(
        request, "signup/confirmed.html", {"signup": row, "sequence": row.sequence, "title": title_of(row.sequence)}
    )


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Mail a link to an address; the answer is the same for known and unknown ones."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            count_visit(client_address(request))
        except TooManyError as error:
            return too_many(request, error)
        ask_for_unsubscribe_link(form.cleaned_data["email"])
        return redirect("unsubscribe_sent")
    return render(request, "signup/unsubscribe.html", {"form": form})


@require_safe
def unsubscribe_sent(request: HttpRequest) -> HttpResponse:
    """Say that a message is on its way, if the address is signed up."""
    return render(request, "signup/unsubscribe_sent.html")


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Ask once, then take the address off everything."""
    row = Signup.objects.select_related("sequence").of_key(key).first()
    if row is None:
        return unknown(request)
    if request.method == "POST":
        leave_everything(row.email)
        return render(request, "signup/unsubscribed.html", {"signup": row})
    if not Signup.objects.live().of_address(row.email).exists():
        return render(request, "signup/unsubscribed.html", {"signup": row})
    return render(request, "signup/unsubscribe_confirm.html", {"signup": row, "course": title_of(row.sequence)})


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """Leave one course by the mail program's own button (RFC 8058): no log-in, no cookie, no redirect, repeatable.

    Mail programs that do not know the button open the link instead: they get a page that asks once.
    """
    row = find_by_token(token)
    if row is None:
        return unknown(request)
    if request.method == "POST":
        leave(Signup.objects.filter(pk=row.pk))
        return HttpResponse(_("You will get no more mail from this course."), content_type="text/plain; charset=utf-8")
    return render(request, "signup/one_click.html", {"course": title_of(row.sequence)})
