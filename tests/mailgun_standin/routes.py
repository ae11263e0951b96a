"""/v3/routes: what happens to mail that comes in."""

import re
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate

from tests.mailgun_standin.answers import Answer, as_json, said
from tests.mailgun_standin.forms import Request
from tests.mailgun_standin.router import Endpoint

_RECIPIENT = re.compile(r"""match_recipient\(\s*["'](.*)["']\s*\)""")
NEEDED = ("expression", "action")


class Routes:
    """Routes by their id, in the order of priority."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._routes: dict[str, dict] = {}
        self._made = 0
        self._lock = threading.Lock()

    def endpoints(self) -> Iterable[Endpoint]:
        """Yield the paths answered here."""
        yield "GET", "/v3/routes", self._list
        yield "POST", "/v3/routes", self._post
        yield "GET", "/v3/routes/{number}", self._one
        yield "PUT", "/v3/routes/{number}", self._put
        yield "DELETE", "/v3/routes/{number}", self._delete

    def everything(self) -> list[dict]:
        """Return all routes, the most urgent first."""
        with self._lock:
            return sorted(self._routes.values(), key=lambda route: route["priority"])

    def takes(self, address: str) -> bool:
        """Say whether a route matches the address. Such a recipient of a batch loses its variables."""
        if not self._routes:
            return False
        patterns = (_RECIPIENT.search(route["expression"]) for route in self.everything())
        return any(pattern and re.fullmatch(pattern[1], address, re.IGNORECASE) for pattern in patterns)

    def _list(self, request: Request) -> Answer:
        skip, limit = int(request.first("skip", "0")), int(request.first("limit", "100"))
        routes = self.everything()
        return as_json({"total_count": len(routes), "items": routes[skip : skip + limit]})

    def _post(self, request: Request) -> Answer:
        for name in NEEDED:
            if not request.first(name):
                return said(f"{name} parameter is missing", 400)
        with self._lock:
            self._made += 1
            number = f"{self._made:024x}"
            route = {"id": number, "created_at": formatdate(self._clock(), usegmt=True)}
            self._routes[number] = route | _fields(request, {"priority": 0, "description": ""})
            return said("Route has been created", route=self._routes[number])

    def _one(self, _request: Request, number: str) -> Answer:
        route = self._routes.get(number)
        return as_json({"route": route}) if route else said("Route not found", 404)

    def _put(self, request: Request, number: str) -> Answer:
        with self._lock:
            if number not in self._routes:
                return said("Route not found", 404)
            self._routes[number] |= _fields(request, {})
            return said("Route has been updated", **self._routes[number])

    def _delete(self, _request: Request, number: str) -> Answer:
        with self._lock:
            if self._routes.pop(number, None) is None:
                return said("Route not found", 404)
        return said("Route has been deleted", id=number)


def _fields(request: Request, route: dict) -> dict:
    form = request.form
    found = dict(route)
    if "priority" in form:
        found["priority"] = int(form["priority"][0])
    for name in ("description", "expression"):
        if name in form:
            found[name] = form[name][0]
    if "action" in form:
        found["actions"] = form["action"]
    return found
