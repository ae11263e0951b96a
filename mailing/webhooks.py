"""The provider's signed calls: `/hooks/mailgun/events/` and `/hooks/mailgun/inbound/mime`."""

import hashlib
import hmac
import json
import time
from threading import BoundedSemaphore

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mailing.inbound_form import UnreadableFormError, fields_of
from mailing.models import SeenToken
from mailing.news import UnreadableError, read, take
from mailing.receiving import receive
from mooc.lib.insert import insert_if_new

DONE, REFUSED = 200, 406  # Mailgun repeats a call for eight hours after any other answer
OLDEST = 12 * 3600  # seconds; repeats come for about eight hours
EARLIEST = 600  # seconds that the provider's clock may be ahead of ours
LARGEST = 1_000_000  # bytes
LARGEST_FORM = 60_000_000  # bytes; Mailgun takes messages up to 25 MB, and a form may write a byte as three
SMALL_FORM = 2_000_000  # bytes
# A form must be read before its signature can be: so many large ones at a time, whoever sends them, and no more.
_large_forms = BoundedSemaphore(2)


def is_signed(timestamp: object, token: object, signature: object) -> bool:
    """Say whether these three were signed with our key (HMAC-SHA256 of timestamp + token, in hex)."""
    key = settings.MAILGUN_WEBHOOK_SIGNING_KEY
    if not key or not all(isinstance(part, str) and part.isascii() for part in (timestamp, token, signature)):
        return False
    proof = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return constant_time_compare(proof, signature)


def is_fresh(timestamp: str) -> bool:
    """Say whether a signed call was made within the hours in which the provider repeats its calls."""
    try:
        age = time.time() - int(timestamp)
    except ValueError:
        return False
    return -EARLIEST <= age <= OLDEST


@csrf_exempt
@require_POST
def events(request: HttpRequest) -> HttpResponse:
    """Take one event. 200 for what is done, 406 for forgeries, replays, old calls and what is no event.

    Only the time and the token are signed, not the event: `news.take` therefore believes it only about our own mail.
    """
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse("too large", status=REFUSED, content_type="text/plain")
    try:
        posted = json.loads(request.body)
        signature = posted["signature"]
        timestamp, token = signature["timestamp"], signature["token"]
        signed = is_signed(timestamp, token, signature["signature"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return HttpResponse("unreadable", status=REFUSED, content_type="text/plain")
    if not signed or not is_fresh(timestamp) or len(token) > 100:
        return HttpResponse("not signed by us, or too old", status=REFUSED, content_type="text/plain")
    try:
        news = read(posted.get("event-data"))
    except UnreadableError:
        return HttpResponse("no event", status=REFUSED, content_type="text/plain")
    with transaction.atomic():
        # A token seen before is the provider's repeat of a call that we took, or somebody's replay: it is done.
        if insert_if_new(SeenToken(token=token)):
            take(news)
    return HttpResponse("done", status=DONE, content_type="text/plain")


@csrf_exempt
@require_POST
def inbound(request: HttpRequest) -> HttpResponse:
    """Take one raw message that came to a group. 200 for what is done, stored or not; 406 for what must not come again.

    Too many large ones at a time are sent away with 503: the provider comes again.
    """
    size = request.headers.get("Content-Length") or ""
    if not size.isdigit() or int(size) > LARGEST_FORM:
        return HttpResponse("too large", status=REFUSED, content_type="text/plain")
    if int(size) <= SMALL_FORM:
        return _take_form(request, int(size))
    if not _large_forms.acquire(blocking=False):
        return HttpResponse("busy", status=503, content_type="text/plain", headers={"Retry-After": "60"})
    try:
        return _take_form(request, int(size))
    finally:
        _large_forms.release()


def _take_form(request: HttpRequest, size: int) -> HttpResponse:
    try:
        fields = fields_of(request.headers.get("Content-Type", ""), request.read(size))
    except UnreadableFormError:
        return HttpResponse("unreadable", status=REFUSED, content_type="text/plain")
    text = {name: value[:1000].decode("utf-8", "replace") for name, value in fields.items()}
    timestamp, token = text.get("timestamp", ""), text.get("token", "")
    signed = is_signed(timestamp, token, text.get("signature", ""))
    if not signed or not is_fresh(timestamp) or not 0 < len(token) <= 100:
        return HttpResponse("not signed by us, or too old", status=REFUSED, content_type="text/plain")
    raw, recipients = fields.get("body-mime", b""), [one.strip() for one in text.get("recipient", "").split(",")]
    with transaction.atomic():
        if insert_if_new(SeenToken(token=token)):
            for recipient in recipients:
                receive(raw, recipient, text.get("sender"))
    return HttpResponse("done", status=DONE, content_type="text/plain")
