"""/v3/{domain}/bounces, complaints and unsubscribes: who gets nothing any more."""

import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from urllib.parse import urlencode

from tests.mailgun_standin.answers import Answer, as_json, said
from tests.mailgun_standin.forms import Request
from tests.mailgun_standin.router import Endpoint
from tests.mailgun_standin.truth import fold

KINDS = ("bounces", "unsubscribes", "complaints")
MOST = 1000
# The event that puts an address on a list.
LISTED_BY = {"unsubscribed": "unsubscribes", "complained": "complaints"}
ADDED = {"bounces": "bounces table", "complaints": "complaints table", "unsubscribes": "unsubscribes table"}
REMOVED = {
    "bounces": "Bounced address has been removed",
    "complaints": "Spam complaint has been removed",
    "unsubscribes": "Unsubscribe event has been removed",
}


class Suppressions:
    """Three lists of addresses."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lists: dict[str, dict[str, dict]] = {kind: {} for kind in KINDS}
        self._lock = threading.Lock()

    def endpoints(self) -> Iterable[Endpoint]:
        """Yield the paths answered here."""
        for kind in KINDS:
            at = f"/v3/{{domain}}/{kind}"
            yield "GET", at, lambda request, kind=kind: self._page(request, kind)
            yield "POST", at, lambda request, kind=kind: self._post(request, kind)
            yield "DELETE", at, lambda _request, kind=kind: self._clear(kind)
            yield "GET", f"{at}/{{address}}", lambda _request, address, kind=kind: self._one(kind, address)
            yield "DELETE", f"{at}/{{address}}", lambda _request, address, kind=kind: self._delete(kind, address)

    def of(self, address: str) -> str:
        """Return the list that holds an address back, or ""."""
        folded = fold(address)
        return next((kind for kind in KINDS if folded in self._lists[kind]), "")

    def on(self, kind: str) -> set[str]:
        """Return the addresses of one list, in small letters."""
        with self._lock:
            return set(self._lists[kind])

    def add(self, kind: str, address: str, code: str = "550", error: str = "", created: str = "") -> None:
        """Put an address on a list; once more changes nothing but its details."""
        entry = {"address": address, "created_at": created or formatdate(self._clock(), usegmt=True)}
        if kind == "bounces":
            entry |= {"code": code, "error": error}
        if kind == "unsubscribes":
            entry |= {"tags": ["*"], "id": f"{len(self._lists[kind]):024x}"}
        with self._lock:
            self._lists[kind][fold(address)] = entry

    def remove(self, kind: str, address: str) -> bool:
        """Take an address off a list and say whether it was there."""
        with self._lock:
            return self._lists[kind].pop(fold(address), None) is not None

    def _page(self, request: Request, kind: str) -> Answer:
        limit = max(1, min(int(request.first("limit", "100")), MOST))
        pivot, direction = request.first("address"), request.first("page")
        with self._lock:
            entries = sorted(self._lists[kind].items())
        if direction == "next" and pivot:
            found = [entry for entry in entries if entry[0] > fold(pivot)][:limit]
        elif direction == "previous" and pivot:
            found = [entry for entry in entries if entry[0] < fold(pivot)][-limit:]
        elif direction == "last":
            found = entries[-limit:]
        else:
            found = entries[:limit]
        edges = (found[0][0], found[-1][0]) if found else (pivot, pivot)
        start = f"{request.base}{request.path}?"
        paging = {
            name: start + urlencode({"page": name, "address": address, "limit": limit})
            for name, address in (("first", ""), ("next", edges[1]), ("previous", edges[0]), ("last", ""))
        }
        return as_json({"items": [entry for _address, entry in found], "paging": paging})

    def _post(self, request: Request, kind: str) -> Answer:
        if "json" in request.headers.get("Content-Type", ""):
            entries = request.json if isinstance(request.json, list) else [request.json]
            if len(entries) > MOST or not all(isinstance(one, dict) and one.get("address") for one in entries):
                return said(f"Up to {MOST} objects with an address are needed", 400)
        elif request.first("address"):
            entries = [{name: values[0] for name, values in request.form.items()}]
        else:
            return said("Missing mandatory parameter: address", 400)
        for one in entries:
            self.add(kind, one["address"], str(one.get("code", "550")), one.get("error", ""), one.get("created_at", ""))
        if len(entries) == 1:
            return said(f"Address has been added to the {ADDED[kind]}", address=entries[0]["address"])
        return said(f"{len(entries)} addresses have been added to the {ADDED[kind]}")

    def _one(self, kind: str, address: str) -> Answer:
        with self._lock:
            entry = self._lists[kind].get(fold(address))
        return as_json(entry) if entry else said(f"Address not found in {ADDED[kind]}", 404)

    def _delete(self, kind: str, address: str) -> Answer:
        if self.remove(kind, address):
            return said(REMOVED[kind], address=address)
        return said(f"Address not found in {ADDED[kind]}", 404)

    def _clear(self, kind: str) -> Answer:
        with self._lock:
            self._lists[kind].clear()
        return said("All addresses of this list have been removed")
