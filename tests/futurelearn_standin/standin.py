"""The stand-in as a whole: a server on loopback, its sessions and tokens, and the way from an address to a page."""

import re
import secrets
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import ThreadingHTTPServer
from typing import Self

from dashboard_import.generating import Run, kinds, pieces, rows
from tests.futurelearn_standin import html
from tests.futurelearn_standin.eras import ERAS, Era
from tests.futurelearn_standin.faults import Faults
from tests.futurelearn_standin.handler import Handler, Request, Response

USERNAME, PASSWORD = "partner@example.org", "correct horse battery staple"
RUN = re.compile(r"/admin/courses/([a-z0-9-]+)/(\d+)(/.*)?")
ORGANISATION = "northumbria-sands"
NOT_LISTED = {"country-subdivisions", "countries", "extract-links"}


class Server(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away in the middle; anything else is a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@dataclass
class StandIn:
    """FutureLearn on loopback, as a context manager: inside, it answers at `url`.

    `asked` lists each request as (method, path, moment of its start, moment of its end) in seconds of a clock that
    only runs forward. `secrets` are all tokens and cookies it ever gave. `files` replaces the body of a dataset,
    by (run's name, kind).
    """

    runs: list[Run]
    era: str = "2026"
    institution: str = "University of Northumbria Sands"
    faults: Faults = field(default_factory=Faults)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.look: Era = ERAS[self.era]
        self.sessions: set[str] = set()
        self.tokens: set[str] = set()
        self.secrets: set[str] = set()
        self.asked: list[tuple[str, str, float, float]] = []
        self.agents: set[str] = set()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.standin = self
        self._lists = {path.format(org=ORGANISATION) for path in self.look.lists}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def downloads(self) -> list[str]:
        """The paths of all files asked for, in order."""
        return [path for _, path, _, _ in self.asked if "/data/" in path or "-dataset" in path or "extract-" in path]

    def answer(self, request: Request) -> Response:
        """Return the answer to any request, with the fault that waits for it."""
        began = time.monotonic()
        self.agents.add(request.agent)
        fault = self.faults.for_path(f"{request.method} {request.path}")
        try:
            response = self._with_fault(request, fault.kind, fault.seconds) if fault else self._plain(request)
        finally:
            self.asked.append((request.method, request.path, began, time.monotonic()))
        return response

    def _with_fault(self, request: Request, kind: str, seconds: float) -> Response:
        if kind == "slow":
            time.sleep(seconds)
            return self._plain(request)
        if kind in ("cut", "reset"):
            response = self._plain(request)
            response.ending = kind
            return response
        if kind == "signed-out":
            self.sessions.clear()
            return self._plain(request)
        return {
            "error": lambda: Response(500, "<h1>Something went wrong</h1>"),
            "elsewhere": lambda: Response(302, headers={"Location": "http://example.org/admin/courses"}),
            "loop": lambda: Response(302, headers={"Location": request.path}),
            "html": lambda: Response(200, html.page("<h1>Your data is being prepared</h1>", self._token())),
            "changed": lambda: Response(
                200,
                html.page(
                    f"<main><h2>All new</h2>{USERNAME}<a href='/x?t={self._token()}'>x</a></main>", self._token()
                ),
            ),
            "missing": lambda: Response(404, "<h1>Not found</h1>"),
            "forbidden": lambda: Response(403, "<h1>Forbidden</h1>"),
            "busy": lambda: Response(429, "Too many requests", headers={"Retry-After": f"{seconds:g}"}),
        }[kind]()

    def _plain(self, request: Request) -> Response:
        path, _, query = request.path.partition("?")
        if path == "/sign-in":
            return self._sign_in(request)
        if request.session not in self.sessions:
            return Response(302, headers={"Location": "/sign-in"})
        if path == "/courses" and self.era == "2026":
            return Response(302, headers={"Location": "/courses-search"})
        if path in self._lists:
            return self._list(query)
        if path == "/admin" or path == "/admin/courses":
            return self._page(
                f'<a href="/admin/organisations/{ORGANISATION}">Organisation</a>',
                200 if path == "/admin" or self.era == "2026" else 404,
            )
        if found := RUN.fullmatch(path):
            run = next((run for run in self.runs if (run.course.slug, str(run.number)) == found.groups()[:2]), None)
            if run:
                return self._of_run(run, found[3] or "")
        return Response(404, "<h1>Not found</h1>")

    def _sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return Response(200, html.sign_in(self._token()))
        fields = request.fields
        known = fields.get("authenticity_token") in self.tokens
        if not known or (fields.get("email"), fields.get("password")) != (USERNAME, PASSWORD):
            return Response(200, html.sign_in(self._token(), "Your email or password is not right."))
        session = secrets.token_hex(16)
        self.sessions.add(session)
        self.secrets.add(session)
        return Response(302, headers={"Location": "/admin", "Set-Cookie": f"_session={session}; path=/; HttpOnly"})

    def _token(self) -> str:
        token = secrets.token_urlsafe(66)  # 88 characters
        self.tokens.add(token)
        self.secrets.add(token)
        return token

    def _page(self, body: str, status: int = 200) -> Response:
        return Response(status, html.page(body, self._token()))

    def _list(self, query: str) -> Response:
        runs = self.runs
        if self.look.page_size:
            number = int((re.search(r"page=(\d+)", query) or [0, 1])[1])
            courses = list(dict.fromkeys(run.course for run in runs))
            first = self.look.page_size * (number - 1)
            shown = courses[first : first + self.look.page_size]
            runs = [run for run in runs if run.course in shown]
        return self._page(html.list_of_courses(self.look, self.institution, runs))

    def _of_run(self, run: Run, rest: str) -> Response:
        if rest == "":
            return self._page(html.details(self.look, run))
        if rest == "/stats-dashboard" + self.look.totals and self.look.totals:
            return self._page(html.totals(self.look, run, self.totals(run)))
        if rest == "/stats-dashboard":
            names = [kind.replace("-", "_") for kind in kinds(run) if kind not in NOT_LISTED]
            body = html.statistics(self.look, run, names)
            return self._page(body if self.look.totals else body + html.totals(self.look, run, self.totals(run)))
        if rest == "/overview" and self.look.steps:
            return self._page(html.overview(self.look, run))
        kind = self._kind(rest)
        if kind in kinds(run):
            own = self.files.get((run.name, kind))
            body = body_of(run, kind) if own is None else own
            return Response(200, body, content_type="text/csv; charset=utf-8")
        return Response(404, "<h1>Not found</h1>")

    def _kind(self, rest: str) -> str:
        if rest == "/extract-links":
            return "extract-links"
        found = re.fullmatch(r"/stats-dashboard/data/(\w+)|/demographics/countries/([a-z-]+)-dataset(?:\.csv)?", rest)
        return (found[1] or found[2]).replace("_", "-") if found else ""

    def totals(self, run: Run) -> dict[str, tuple[str, str]]:
        """Return the table of a run's totals as the page shows it."""
        return totals_of(run)


@lru_cache(500)
def body_of(run: Run, kind: str) -> bytes:
    return b"".join(pieces(run, kind))


@lru_cache(100)
def totals_of(run: Run) -> dict[str, tuple[str, str]]:
    """Count a run's totals from the generated rows."""
    if run.status == "upcoming":
        return {}
    joiners = list(rows(run, "enrolments"))
    acts = list(rows(run, "step-activity"))
    learners = len({row[0] for row in acts})
    left = sum(bool(row[2]) for row in joiners)

    def share(part: int, whole: int) -> tuple[str, str]:
        return f"{part:,}", f"{100 * part / max(whole, 1):.1f}%"

    return {
        "Joiners": (f"{len(joiners):,}", ""),
        "Leavers": share(left, len(joiners)),
        "Learners": share(learners, len(joiners)),
        "Active Learners": share(len({row[0] for row in acts if row[-1]}), learners),
        "Upgrades Sold": (f"{sum(bool(row[5]) for row in joiners):,}", "N/A"),
        "Learners with ≥50% step completion": share(learners // 3, learners),
        "Gross Revenue in GBP": (f"£{1234.5 + learners:,.2f}", ""),
    }
