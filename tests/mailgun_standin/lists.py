"""/v3/lists: mailing lists and their members; more than 100 at once are taken in later."""

import json
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from urllib.parse import urlencode

from tests.mailgun_standin.answers import Answer, RefusedError, as_json, said
from tests.mailgun_standin.forms import Request
from tests.mailgun_standin.later import Later
from tests.mailgun_standin.router import Endpoint
from tests.mailgun_standin.truth import fold

MOST_AT_ONCE = 1000
MOST_AT_THE_SAME_TIME = 100  # more than these in one call are added after the answer
MOST_A_PAGE = 100
LEVELS = ("readonly", "members", "everyone")
REPLIES = ("list", "sender")


class Lists:
    """Mailing lists by address, each with its members. `seconds`: how long a large upload takes."""

    def __init__(self, clock: Callable[[], float], later: Later) -> None:
        self.seconds = 0.1
        self._clock, self._later = clock, later
        self._lists: dict[str, dict] = {}
        self._members: dict[str, dict[str, dict]] = {}
        self._tasks = 0
        self._lock = threading.RLock()

    def endpoints(self) -> Iterable[Endpoint]:
        """Yield the paths answered here."""
        one = "/v3/lists/{at}"
        yield "POST", "/v3/lists", self._create
        yield "GET", "/v3/lists/pages", self._all
        yield "GET", one, lambda _request, at: as_json({"list": self._list(at)})
        yield "PUT", one, self._update
        yield "DELETE", one, self._drop
        yield "GET", f"{one}/members", self._some
        yield "POST", f"{one}/members", self._add
        yield "GET", f"{one}/members/pages", self._page
        yield "POST", f"{one}/members.json", self._bulk
        yield (
            "GET",
            f"{one}/members/{{member}}",
            lambda _request, at, member: as_json({"member": self._member(at, member)}),
        )
        yield "PUT", f"{one}/members/{{member}}", self._change
        yield "DELETE", f"{one}/members/{{member}}", self._remove

    def members(self, at: str) -> list[dict]:
        """Return the members of a list in the order of their addresses."""
        with self._lock:
            return [member for _address, member in sorted(self._members[fold(at)].items())]

    def _list(self, at: str) -> dict:
        with self._lock:
            if fold(at) not in self._lists:
                raise RefusedError(said(f"Mailing list {at} not found", 404))
            return self._lists[fold(at)] | {"members_count": len(self._members[fold(at)])}

    def _member(self, at: str, member: str) -> dict:
        self._list(at)
        with self._lock:
            if fold(member) not in self._members[fold(at)]:
                raise RefusedError(said(f"Member {member} of mailing list {at} not found", 404))
            return self._members[fold(at)][fold(member)]

    def _create(self, request: Request) -> Answer:
        at = request.first("address")
        with self._lock:
            if not at or fold(at) in self._lists:
                return said("Duplicate object" if at else "address parameter is missing", 400)
            made = {"address": at, "created_at": formatdate(self._clock(), usegmt=True)}
            defaults = {"name": "", "description": "", "access_level": "readonly", "reply_preference": "list"}
            self._lists[fold(at)] = made | defaults | _about(request)
            self._members[fold(at)] = {}
        return as_json({"message": "Mailing list has been created", "list": self._list(at)}, 201)

    def _update(self, request: Request, at: str) -> Answer:
        self._list(at)
        with self._lock:
            self._lists[fold(at)] |= _about(request)
        return said("Mailing list has been updated", list=self._list(at))

    def _drop(self, _request: Request, at: str) -> Answer:
        self._list(at)
        with self._lock:
            del self._lists[fold(at)], self._members[fold(at)]
        return said("Mailing list has been removed", address=at)

    def _all(self, request: Request) -> Answer:
        return _paged(request, [self._list(at) for at in sorted(self._lists)])

    def _some(self, request: Request, at: str) -> Answer:
        self._list(at)
        skip = int(request.first("skip", "0"))
        members = self.members(at)
        limit = min(int(request.first("limit", "100")), MOST_A_PAGE)
        return as_json({"total_count": len(members), "items": members[skip : skip + limit]})

    def _page(self, request: Request, at: str) -> Answer:
        self._list(at)
        return _paged(request, self.members(at))

    def _add(self, request: Request, at: str) -> Answer:
        self._list(at)
        member = {name: values[0] for name, values in request.form.items()}
        if not member.get("address"):
            return said("address parameter is missing", 400)
        member["vars"] = _read(member.get("vars", "{}"))
        if not self._put_in(at, [member], upsert=_yes(request.first("upsert"))):
            return said(f"Address already exists '{member['address']}'", 400)
        return said("Mailing list member has been created", member=self._member(at, member["address"]))

    def _bulk(self, request: Request, at: str) -> Answer:
        self._list(at)
        given = _read(request.first("members", "[]"))
        if not isinstance(given, list) or not 0 < len(given) <= MOST_AT_ONCE:
            return said(f"members must be a JSON array of 1 to {MOST_AT_ONCE}", 400)
        members = [{"address": one} if isinstance(one, str) else one for one in given]
        if not all(isinstance(one, dict) and one.get("address") for one in members):
            return said("each member needs an address", 400)
        upsert = _yes(request.first("upsert"))
        if len(members) <= MOST_AT_THE_SAME_TIME:
            self._put_in(at, members, upsert=upsert)
            return said("Mailing list has been updated", list=self._list(at))
        with self._lock:
            self._tasks += 1
            task = f"task-{self._tasks}"
        self._later.after(self.seconds, lambda: self._put_in(at, members, upsert=upsert))
        return said("Mailing list has been updated", list=self._list(at), **{"task-id": task})

    def _put_in(self, at: str, members: list[dict], *, upsert: bool) -> int:
        """Add members and return how many; without `upsert` those who are there already stay as they are."""
        with self._lock:
            there = self._members.get(fold(at), {})
            wanted = [one for one in members if upsert or fold(one["address"]) not in there]
            for one in wanted:
                # Without a word on it a member becomes subscribed, also one who had unsubscribed.
                subscribed = _yes(one.get("subscribed", True))
                there[fold(one["address"])] = {
                    "address": one["address"], "name": one.get("name", ""), "vars": one.get("vars") or {},
                    "subscribed": subscribed,
                }  # fmt: skip
        return len(wanted)

    def _change(self, request: Request, at: str, member: str) -> Answer:
        found = self._member(at, member)
        changes: dict[str, object] = {name: request.first(name) for name in ("name", "address") if request.first(name)}
        if request.first("subscribed"):
            changes["subscribed"] = _yes(request.first("subscribed"))
        if request.first("vars"):
            changes["vars"] = _read(request.first("vars"))
        with self._lock:
            there = self._members[fold(at)]
            del there[fold(member)]
            there[fold(str(changes.get("address", member)))] = found | changes
        return said("Mailing list member has been updated", member=found | changes)

    def _remove(self, _request: Request, at: str, member: str) -> Answer:
        self._member(at, member)
        with self._lock:
            del self._members[fold(at)][fold(member)]
        return said("Mailing list member has been deleted", member={"address": member})


def _about(request: Request) -> dict:
    known = {"access_level": LEVELS, "reply_preference": REPLIES}
    found = {name: request.first(name) for name in ("name", "description", *known) if name in request.form}
    for name, values in known.items():
        if name in found and found[name] not in values:
            raise RefusedError(said(f"Invalid {name}: {found[name]}", 400))
    return found


def _paged(request: Request, entries: list[dict]) -> Answer:
    """Return one page; `page=next&address=…` is the one behind that address."""
    limit = max(1, min(int(request.first("limit", "100")), MOST_A_PAGE))
    pivot = request.first("address")
    if request.first("page") == "next" and pivot:
        entries = [entry for entry in entries if fold(entry["address"]) > fold(pivot)]
    found = entries[:limit]
    last = found[-1]["address"] if found else pivot
    start = f"{request.base}{request.path}?"
    following = start + urlencode({"page": "next", "address": last, "limit": limit})
    return as_json({"items": found, "paging": {"first": f"{start}limit={limit}", "next": following}})


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise RefusedError(said("not valid JSON", 400)) from error


def _yes(value: object) -> bool:
    return str(value).lower() in ("yes", "true", "1")
