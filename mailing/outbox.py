"""The local outbox: a transport that keeps messages instead of sending them, and the pages that show them."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import wraps
from ipaddress import ip_address

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone as clock
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from mailing import mime
from mailing.letters import Answer, Letter, Outcome, Recipient
from mailing.models import OutboxMessage

PAGE_SIZE = 50
LONGEST_SUBJECT = OutboxMessage._meta.get_field("subject").max_length
# The message is a page that somebody else wrote: it runs nothing, and shows its own styles and pictures only.
MESSAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)


def send(letter: Letter, recipients: list[Recipient], message_id: str) -> Outcome:
    """Keep one message for each recipient, all or none. `message_id` comes without angle brackets."""
    now = clock.now()
    try:
        messages = [(person, mime.build(letter, person, message_id, now)) for person in recipients]
    except ValueError as error:
        return Outcome(Answer.BAD_ADDRESS, str(error))
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            delivery_id=person.delivery,
            address=person.address,
            subject=str(message["Subject"])[:LONGEST_SUBJECT],
            raw=message.as_bytes(),
            made=now,
        )
        for person, message in messages
    )
    return Outcome(Answer.ACCEPTED, provider_id=message_id)


def is_visible(request: HttpRequest) -> bool:
    """Say whether this visitor may read the outbox: with DEBUG on, from this machine itself or as staff."""
    if settings.MAIL_TRANSPORT != "outbox" or not settings.DEBUG:
        return False
    return _is_local(request) or request.user.is_staff


def _is_local(request: HttpRequest) -> bool:
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False  # a proxy on this machine speaks for somebody else
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _outbox_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show a page only to those who may read the outbox; to others it does not exist."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not is_visible(request):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@_outbox_page
def outbox(request: HttpRequest) -> HttpResponse:
    """List the messages, newest first; `q` narrows by a part of the address."""
    wanted = request.GET.get("q", "").replace("\0", "").strip()
    found = OutboxMessage.objects.defer("raw")
    if wanted:
        found = found.filter(address__icontains=wanted)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "mailing/outbox.html", {"page": page, "wanted": wanted})


@csp_update({"frame-src": [SELF]})
@_outbox_page
def outbox_message(request: HttpRequest, number: int) -> HttpResponse:
    """Show one message: headers, text and html."""
    kept, message = _message(number)
    text, html = (message.get_body([kind]) for kind in ("plain", "html"))
    context = {
        "kept": kept,
        "message": message,
        "headers": message.items(),
        "text": text.get_content() if text else "",
        "has_html": html is not None,
    }
    return render(request, "mailing/outbox_message.html", context)


@xframe_options_sameorigin
@_outbox_page
def outbox_html(_request: HttpRequest, number: int) -> HttpResponse:
    """Return the html part as it stands, for the frame on the message's page; links open in the whole window."""
    _kept, message = _message(number)
    part = message.get_body(["html"])
    if part is None:
        raise Http404
    return HttpResponse(
        part.get_content().replace("<head>", '<head><base target="_top">', 1),
        headers={"Content-Security-Policy": MESSAGE_POLICY},
    )


@_outbox_page
def outbox_raw(_request: HttpRequest, number: int) -> HttpResponse:
    """Return the message as a file that mail programs open."""
    kept = get_object_or_404(OutboxMessage, pk=number)
    disposition = f'attachment; filename="message-{kept.pk}.eml"'
    return HttpResponse(bytes(kept.raw), content_type="message/rfc822", headers={"Content-Disposition": disposition})


def _message(number: int) -> tuple[OutboxMessage, EmailMessage]:
    kept = get_object_or_404(OutboxMessage, pk=number)
    return kept, message_from_bytes(bytes(kept.raw), policy=policy.default)


urlpatterns = [
    path("", outbox, name="outbox"),
    path("<int:number>/", outbox_message, name="outbox_message"),
    path("<int:number>/html", outbox_html, name="outbox_html"),
    path("<int:number>/raw", outbox_raw, name="outbox_raw"),
]
