"""Which function answers which method and path."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from tests.mailgun_standin.answers import MAGNIFICENT, Answer, RefusedError, said
from tests.mailgun_standin.forms import Request

# Method, path with {names} in it, and a function of the request and what stands in the places of those names.
Endpoint = tuple[str, str, Callable[..., Answer]]


class Router:
    """The endpoints in order: the first path that fits is meant."""

    def __init__(self, domain: str, endpoints: Iterable[Endpoint]) -> None:
        self._domain = domain
        self._endpoints = [(method, _pattern(path), path, answer) for method, path, answer in endpoints]

    def answer(self, request: Request) -> tuple[str, Answer]:
        """Return the path that was meant, with its {names}, and the answer."""
        meant = ""
        for method, pattern, path, answer in self._endpoints:
            if not (match := pattern.fullmatch(request.path)):
                continue
            meant = path
            if method != request.method:
                continue
            places = {name: unquote(text) for name, text in match.groupdict().items()}
            if "domain" in places and places.pop("domain") != self._domain:
                return path, said(f"Domain not found: {unquote(match['domain'])}", 404)
            return path, _safely(answer, request, places)
        if meant:
            return meant, said("Method not allowed", 405)
        # The front page of the API stands for every wrong path outside of it.
        return "", said("Not found", 404) if request.path.startswith("/v3/") else MAGNIFICENT


def _safely(answer: Callable[..., Answer], request: Request, places: dict[str, str]) -> Answer:
    try:
        return answer(request, **places)
    except RefusedError as refused:
        return refused.answer
    except ValueError as error:  # a number that is none, a form that cannot be read
        return said(str(error), 400)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\.")))
