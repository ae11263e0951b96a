"""Sign-up from other sites' own pages and programs, and what organisers' programs read."""

import json
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from mooc.lib.access import require_staff
from mooc.lib.network import client_address
from sequence.models import Sequence
from signup.choosing import ClosedError, form_for
from signup.forms import SignupForm
from signup.joining import join
from signup.models import Signup
from signup.throttle import TooManyError

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}
LONGEST_BODY = 200_000  # bytes


@csrf_exempt
def api_signup(request: HttpRequest) -> HttpResponse:
    """Sign up by a cross-origin POST, as a form or as JSON; 200, or 400 with the errors by field, or 429."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS)
    if request.method != "POST":
        return _answer({"errors": {"": [_("Send a POST.")]}}, 405, Allow="POST, OPTIONS")
    try:
        data = posted(request)
    except (ValueError, SuspiciousOperation, MultiPartParserError):
        return _answer({"errors": {"": [_("This could not be read. Send a small form, or a JSON object.")]}}, 400)
    try:
        return _take(request, form_for(data))
    except ClosedError:
        return _answer({"errors": {"sequence": [_("This course does not take sign-ups.")]}}, 400)


def _take(request: HttpRequest, form: SignupForm) -> JsonResponse:
    if not form.is_valid():
        return _answer({"errors": form.errors}, 400)
    number = form.course and form.course.pk
    if form.is_trap:
        return _answer({"sequence": number, "confirmation_sent": True}, 200)
    try:
        joined = join(form.course, form.cleaned_data["email"], form.said(), client_address(request))
    except TooManyError as error:
        wait = str(int(error.minutes * 60))
        return _answer({"errors": {"": [_("Too many sign-ups came from your network.")]}}, 429, **{"Retry-After": wait})
    return _answer({"sequence": number, "confirmation_sent": joined.confirms}, 200)


def posted(request: HttpRequest) -> QueryDict:
    """Return what was posted, JSON put into the shape of a form; raise ValueError where it cannot be."""
    if request.content_type != "application/json":
        return request.POST
    if len(request.body) > LONGEST_BODY:
        raise ValueError("too long")
    try:
        values: Any = json.loads(request.body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("not an object")  # noqa: TRY004 (the caller answers every fault alike)
    data = QueryDict(mutable=True)
    for key, value in values.items():
        parts = value if isinstance(value, list) else [value]
        if any(isinstance(part, dict | list) for part in parts):
            raise ValueError("nested")
        if texts := [_as_text(part) for part in parts if part is not None]:
            data.setlist(key, texts)
    return data


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _answer(content: dict, status: int, **headers: str) -> JsonResponse:
    return JsonResponse(content, status=status, headers={**CORS, **headers})


@require_safe
def count(request: HttpRequest, number: int) -> HttpResponse:
    """The number of people signed up for a sequence, as plain text."""
    if not Sequence.objects.filter(pk=number).exists():
        raise Http404
    total = Signup.objects.live().filter(sequence=number).count()
    return HttpResponse(str(total), content_type="text/plain", headers={"Access-Control-Allow-Origin": "*"})


@require_safe
@never_cache
@require_staff("signup.view_signup")
def export(request: HttpRequest, number: int) -> HttpResponse:
    """The live sign-ups of a sequence as JSON, for staff."""
    if not Sequence.objects.filter(pk=number).exists():
        raise Http404
    rows = Signup.objects.live().filter(sequence=number).order_by("pk").iterator(2000)
    return StreamingHttpResponse(_as_json(rows), content_type="application/json")


def _as_json(rows):
    yield "["
    for place, row in enumerate(rows):
        yield ("," if place else "") + "\n" + json.dumps(exported(row), ensure_ascii=False)
    yield "\n]\n"


def exported(row: Signup) -> dict[str, object]:
    """Return one sign-up under the names that the first version of this software used."""
    return {
        "email": row.email,
        "questions": {
            "name": row.name, "timezone": row.timezone, "wants_group": row.wants_group, **row.answers,
        },
        "sequence": row.sequence_id,
        "date_created": row.date_created.isoformat(),
        "date_updated": row.date_updated.isoformat(),
        "date_deleted": row.left and row.left.isoformat(),
        "key": row.key,
    }  # fmt: skip
