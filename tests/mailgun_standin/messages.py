"""POST /v3/{domain}/messages: what is read from a call, what is refused, and the moment of acceptance."""

import json
import random
import re
import time
from collections.abc import Iterable
from email.utils import getaddresses
from typing import TYPE_CHECKING

from tests.mailgun_standin.answers import (
    CUT,
    FORBIDDEN,
    MAGNIFICENT,
    WHOLE,
    Answer,
    RefusedError,
    Reply,
    as_json,
    plain,
    said,
)
from tests.mailgun_standin.faults import AFTER, LOST, Fault
from tests.mailgun_standin.forms import Request, UnreadableError
from tests.mailgun_standin.refusals import UNVERIFIED, refusal, spoilt
from tests.mailgun_standin.truth import Call, Copy, Message, fold

if TYPE_CHECKING:
    from tests.mailgun_standin.standin import StandIn

MOST_RECIPIENTS = 1000
LARGEST_OPTIONS = 16 * 1024  # bytes
LARGEST_MESSAGE = 25 * 1024 * 1024  # bytes
KNOWN = {"from", "to", "subject", "text", "html", "recipient-variables"}
NOT_VALID = "{} parameter is not a valid address. please check documentation"
_LABEL = r"[\w](?:[\w-]*[\w])?"
_ADDRESS = re.compile(rf"(?!\.)(?!.*\.\.)[^\s@<>()\[\]\\,;:\"]{{1,64}}(?<!\.)@(?:{_LABEL}\.)+[^\W\d_][\w-]*")

People = list[tuple[str, str]]  # address, name


class Messages:
    """Takes messages in, or does not."""

    def __init__(self, standin: "StandIn") -> None:
        self._standin = standin

    def post(self, request: Request, call: Call, domain: str) -> Reply:
        """Do what Mailgun would with the call, or what a fault makes of it, and return how it ends."""
        standin = self._standin
        if answer := self._not_allowed(request, domain):
            call.status = answer.status
            return Reply(answer)
        wrong, message, people = None, None, []
        try:
            message, people = self._read(request, domain)
        except RefusedError as refused:
            wrong = refused.answer
        except UnreadableError as error:
            wrong = said(str(error), 400)
        if message:
            call.message_id, call.size = message.message_id, len(people)
        fault = standin.faults.inside(
            call.number, {fold(address) for address, _name in people} if message else None,
            message.subject if message else "",
        )  # fmt: skip
        step = standin.faults.plan.step(call.number)
        standin.over.wait(step.before)
        if wrong and fault and fault.kind in AFTER and fault.kind not in LOST:
            fault = None  # there is nothing to accept, so nothing to hide
        call.fault = fault.kind if fault else ""
        if fault and fault.kind not in AFTER:
            reply = refusal(fault, domain, standin.clock())
        elif wrong:
            reply = spoilt(fault, wrong) if fault else Reply(wrong)
        else:
            reply = self._take(message, people, call, fault)
        standin.over.wait(step.after)
        call.status = reply.answer.status if reply.ending in (WHOLE, CUT) else 0
        # A fixed time of answering counts from the arrival of the call, so our own work is inside it.
        left = request.arrived + standin.delay - time.monotonic()
        return Reply(reply.answer, max(reply.wait, left), reply.ending)

    def _not_allowed(self, request: Request, domain: str) -> Answer | None:
        standin = self._standin
        if "/" in domain or not domain:
            return MAGNIFICENT
        if not standin.allows(request, "api", standin.key, standin.sending_key):
            return FORBIDDEN
        if domain != standin.domain_name:
            return said(f"Domain not found: {domain}", 404)
        if standin.domain.state != "active":
            return said(f"Domain {domain} is not allowed to send: {UNVERIFIED}", 403)
        return None

    def _take(self, message: Message, people: People, call: Call, fault: Fault | None) -> Reply:
        whole = as_json({"id": f"<{message.message_id}>", "message": "Queued. Thank you."})
        if fault is None:
            self.accept(message, people, call)
            return Reply(whole)
        if fault.kind == "partial-reset":
            chosen = random.Random(f"{self._standin.seed}/part/{call.number}")
            lucky = set(chosen.sample(range(len(people)), round(fault.share * len(people))))
            people = [person for place, person in enumerate(people) if place in lucky]
        if fault.kind == "late-commit":
            self._standin.later.after(fault.seconds, self.accept, message, people, call)
        else:
            self.accept(message, people, call)
        return spoilt(fault, whole)

    def accept(self, message: Message, people: People, call: Call) -> None:
        """Commit these copies, and let their events and fates begin."""
        standin = self._standin
        held, routes = standin.suppressions, standin.routes
        # Time and truth in one step: no later copy can have an earlier time.
        with standin.commit_lock:
            now = standin.clock()
            copies = [
                Copy(message, address, name, now, held.of(address), routes.takes(address)) for address, name in people
            ]
            standin.truth.accept(call, copies)
            events = [] if standin.truth.lean else standin.events.accepted(copies)
        standin.follow(events)

    def _read(self, request: Request, domain: str) -> tuple[Message, People]:
        form = request.form
        strangers = [name for name in form if name not in KNOWN and name[:2] not in ("o:", "h:", "v:", "t:")]
        if strangers:
            # Mailgun knows more fields. Taking one in silence that the truth does not hold would be worse than this.
            raise no(f"the stand-in does not know the field {strangers[0]!r}")
        for name in ("from", "to"):
            if not any(form.get(name, ())):
                raise no(f"{name} parameter is missing")
        if not mailbox(form["from"][0]):
            raise no(NOT_VALID.format("from"))
        people = self._people(form["to"])
        if not any(form.get("text", ())) and not any(form.get("html", ())):
            raise no("Need at least one of 'text' or 'html' parameters specified")
        options = {name: values for name, values in form.items() if name[1:2] == ":"}
        if sum(len((name + value).encode()) for name, values in options.items() for value in values) > LARGEST_OPTIONS:
            raise no("Send options (parameters starting with o:, h:, or v:) are limited to 16 kB total")
        texts = {name: form.get(name, [""])[0] for name in ("subject", "text", "html")}
        if sum(len(text.encode()) for text in texts.values()) > LARGEST_MESSAGE:
            raise RefusedError(plain("message size exceeds 25MiB limit", 413))
        headers = tuple((name[2:], value) for name, value in request.fields if name.startswith("h:"))
        given = {name.lower(): value for name, value in headers}.get("message-id", "").strip("<> ")
        message = Message(
            message_id=given or self._standin.new_message_id(domain),
            sender=form["from"][0],
            **texts,
            headers=headers,
            variables={name[2:]: values[0] for name, values in options.items() if name.startswith("v:")},
            options={name: values for name, values in options.items() if name.startswith("o:")},
            values=_values(form),
            everyone=tuple(address for address, _name in people),
        )
        return message, people

    def _people(self, fields: Iterable[str]) -> People:
        """Return who a message is for, each address once: the first spelling counts."""
        found: dict[str, tuple[str, str]] = {}
        count = 0
        for name, address in recipients(fields):
            if not valid(address) or fold(address) in self._standin.bad_addresses:
                raise no(NOT_VALID.format("to"))
            count += 1
            found.setdefault(fold(address), (address, name))
        if count > MOST_RECIPIENTS:
            raise no(f"Too many recipients; max is {MOST_RECIPIENTS}")
        return list(found.values())


def no(text: str) -> RefusedError:
    """Return the exception for a call that is wrong as it stands."""
    return RefusedError(said(text, 400))


def recipients(fields: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield (name, address) of each recipient; a field may hold several with commas between them."""
    for text in fields:
        if "," in text or "<" in text or '"' in text:
            yield from getaddresses([text])
        else:
            yield "", text.strip()


def valid(address: str) -> bool:
    """Say whether Mailgun would take the address (guess: its rules are not published)."""
    return len(address) <= 320 and _ADDRESS.fullmatch(address) is not None


def mailbox(text: str) -> str:
    """Return the address of a sender, or "" where there is none."""
    [(_name, address), *more] = getaddresses([text]) or [("", "")]
    return address if valid(address) and not more else ""


def _values(form: dict[str, list[str]]) -> dict[str, dict[str, object]] | None:
    if "recipient-variables" not in form:
        return None
    try:
        values = json.loads(form["recipient-variables"][0] or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(one, dict) for one in values.values()):
        raise no("'recipient-variables' parameter is not a valid JSON")
    return values
