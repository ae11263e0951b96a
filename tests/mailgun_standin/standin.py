"""The stand-in as a whole: its parts, its keys, and the way from a request to an answer."""

import base64
import hmac
import itertools
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from tests.mailgun_standin import control
from tests.mailgun_standin.answers import FORBIDDEN, Reply
from tests.mailgun_standin.domains import Domain
from tests.mailgun_standin.door import HOST, Door
from tests.mailgun_standin.events import Event, Events
from tests.mailgun_standin.fates import Fates
from tests.mailgun_standin.faults import Fault, Faults, Plan, Rule
from tests.mailgun_standin.forms import Request
from tests.mailgun_standin.handler import Handler
from tests.mailgun_standin.later import Later
from tests.mailgun_standin.lists import Lists
from tests.mailgun_standin.messages import Messages
from tests.mailgun_standin.router import Router
from tests.mailgun_standin.routes import Routes
from tests.mailgun_standin.suppressions import LISTED_BY, Suppressions
from tests.mailgun_standin.truth import Call, Copy, Truth
from tests.mailgun_standin.webhooks import Webhooks

KEY, SENDING_KEY = "key-stand-in-account", "key-stand-in-sending"
SIGNING_KEY, CONTROL_KEY = "key-stand-in-signing", "key-stand-in-control"
MOST_REFUSED = 20  # calls in a row, where a plan holds nothing but refusals


def environment(url: str, domain: str, key: str = KEY, signing_key: str = SIGNING_KEY) -> dict[str, str]:
    """Return the settings that point the project at a stand-in, as environment variables."""
    return {
        "MAIL_TRANSPORT": "mailgun",
        "MAILGUN_API_URL": url,
        "MAILGUN_API_DOMAIN": domain,
        "MAILGUN_API_KEY": key,
        "MAILGUN_WEBHOOK_SIGNING_KEY": signing_key,
    }


@dataclass
class Clock:
    """The time of the stand-in: that of the machine and some seconds more or less."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class StandIn:
    """Mailgun on loopback. Use it as a context manager: inside, it listens at `url`.

    `key` may do everything, `sending_key` only send. `delay`: seconds from the arrival of a message call to its
    answer, at least. `lean` truth keeps counts only, and then there are no events. Attributes to look at and to set:
    truth, faults, events.manners, fates, webhooks, suppressions, routes, lists, domain, clock, bad_addresses.
    """

    port: int = 0
    seed: int = 1
    domain_name: str = "mail.example.org"
    key: str = field(default=KEY, repr=False)
    sending_key: str = field(default=SENDING_KEY, repr=False)
    signing_key: str = field(default=SIGNING_KEY, repr=False)
    control_key: str = field(default=CONTROL_KEY, repr=False)
    lean: bool = False
    delay: float = 0.0
    plan: Plan | None = None
    fates: Fates = field(default_factory=Fates)
    bad_addresses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.over = threading.Event()
        self.later = Later()
        self.commit_lock = threading.Lock()
        self._ending = threading.Lock()
        self.truth = Truth(lean=self.lean)
        self.faults = Faults(self.plan or Plan(self.seed))
        self.events = Events(self.clock, self.seed)
        self.webhooks = Webhooks(self.signing_key, self.seed, self.later)
        self.suppressions = Suppressions(self.clock)
        self.routes = Routes(self.clock)
        self.lists = Lists(self.clock, self.later)
        self.domain = Domain(self.domain_name, self.webhooks)
        self._messages = Messages(self)
        self._ids = itertools.count(1)
        self._control = Router(self.domain_name, control.endpoints(self))
        self._api = Router(
            self.domain_name,
            [
                *self.domain.endpoints(),
                *self.routes.endpoints(),
                *self.lists.endpoints(),
                *self.suppressions.endpoints(),
                ("GET", "/v3/{domain}/events", self.events.get),
                ("GET", "/v3/{domain}/events/{page}", self.events.get),
            ],
        )
        self._door = Door(self.port, self._serve)
        self.port = self._door.port

    def __enter__(self) -> Self:
        self._door.open()
        self.end_call()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End it: whoever hangs is let go, whatever was to come does not."""
        self.over.set()
        self._door.close()
        self.later.close()
        self.webhooks.close()

    @property
    def url(self) -> str:
        """The base address for clients."""
        return f"http://{HOST}:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the settings that point the project at the stand-in, as environment variables."""
        return environment(self.url, self.domain_name, self.key, self.signing_key)

    def fail(self, kind: str, *, times: int | None = 1, skip: int = 0, address: str = "", subject: str = "",
             least: int = 0, **fault: float) -> Rule:  # fmt: skip
        """Add a rule, see faults.Rule and faults.Fault; return it, so that it can be taken away again."""
        return self.faults.add(Rule(Fault(kind, **fault), times, skip, address, subject, least))

    def refuse(self, seconds: float) -> None:
        """Let nobody connect for a while."""
        self._door.shut(seconds)

    def configure(self, **changes: object) -> None:
        """Change how it behaves, as POST /_rules does."""
        control.configure(self, changes)

    def happen(self, name: str, copy: Copy, **details: object) -> Event:
        """Let something happen to an accepted copy now: event, webhook, suppression; `details` as in shapes.py."""
        made = self.events.add(name, copy, **details)
        if name == "failed" and (details.get("severity", "permanent"), copy.suppressed) == ("permanent", ""):
            self.suppressions.add("bounces", copy.address)
        elif name in LISTED_BY:
            self.suppressions.add(LISTED_BY[name], copy.address)
        self.webhooks.tell(made.as_json(lower=self.events.manners.lower))
        return made

    def follow(self, accepted: list[Event]) -> None:
        """Tell whoever wants to know that copies were accepted, and let their fates begin."""
        told, lively = "accepted" in self.webhooks.urls, self.fates.anything
        for event in accepted:
            copy = event.copy
            if told:
                self.webhooks.tell(event.as_json(lower=self.events.manners.lower))
            if not lively and not copy.suppressed:
                continue
            seconds = 0.0
            for wait, name, details in self.fates.of(copy, self.seed):
                seconds += wait
                self.later.after(seconds, lambda name=name, copy=copy, more=details: self.happen(name, copy, **more))

    def new_message_id(self, domain: str) -> str:
        """Return an id for a message that came without one."""
        return f"{time.strftime('%Y%m%d%H%M%S', time.gmtime(self.clock()))}.{next(self._ids):x}@{domain}"

    def begin_call(self) -> Call:
        """Number a call that sends a message, and say in its `fault` whether it ends at the door."""
        call = self.truth.begin(self.clock())
        fault = self.faults.at_the_door(call.number)
        # Also where the plan would have refused it, and it was on its way before the door could be shut.
        call.fault = "reset-early" if fault else ""
        return call

    def end_call(self) -> None:
        """Shut the door behind a call if the plan refuses the next one."""
        seconds = 0.0
        with self._ending:
            for _call in range(MOST_REFUSED):
                fault = self.faults.plan.step(self.truth.next_number).fault
                if not fault or fault.kind != "refuse":
                    break
                seconds += fault.seconds
                self.refuse(seconds)  # first: whoever reads the truth may try the door at once
                self.truth.refused(self.clock())

    def reply(self, request: Request, call: Call | None) -> Reply:
        """Return the answer to any request."""
        if request.path.startswith("/_"):
            allowed = self.allows(request, "control", self.control_key)
            return Reply(self._control.answer(request)[1] if allowed else FORBIDDEN)
        if call:
            domain = request.path.removeprefix("/v3/").removesuffix("/messages")
            return self._messages.post(request, call, domain)
        if request.path.startswith(("/v3/", "/v4/")) and not self.allows(request, "api", self.key):
            return Reply(FORBIDDEN)
        path, answer = self._api.answer(request)
        self.truth.saw(f"{request.method} {path}")
        return Reply(answer)

    def allows(self, request: Request, user: str, *keys: str) -> bool:
        """Say whether a request carries one of the keys, by Basic authentication."""
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        wanted = (b"Basic " + base64.b64encode(f"{user}:{key}".encode()) for key in keys)
        return any(hmac.compare_digest(given, one) for one in wanted)

    def _serve(self, connection: socket.socket, address: tuple[str, int]) -> None:
        Handler(connection, address, self)
