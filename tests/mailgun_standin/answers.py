"""What is answered: a status, a body, and how the connection ends."""

import json
from dataclasses import dataclass

WHOLE, RESET, CUT = "whole", "reset", "cut"


@dataclass(frozen=True)
class Answer:
    """A status with its body and headers."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reply:
    """An answer after `wait` seconds; `ending` says whether it goes out whole, cut off, or as a reset connection."""

    answer: Answer
    wait: float = 0.0
    ending: str = WHOLE


class RefusedError(Exception):
    """A request that is answered with a no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def as_json(value: object, status: int = 200) -> Answer:
    """Return an answer with `value` as JSON."""
    return Answer(status, json.dumps(value).encode())


def said(text: str, status: int = 200, **more: object) -> Answer:
    """Return the usual small answer: a message, sometimes with something beside it."""
    return as_json({"message": text, **more}, status)


def plain(text: str, status: int = 200) -> Answer:
    """Return an answer in plain text."""
    return Answer(status, text.encode(), "text/plain; charset=utf-8")


def page(status: int, title: str) -> Answer:
    """Return the html page of a gateway between Mailgun and us."""
    text = f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} {title}</h1>"
    return Answer(
        status, f"{text}</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n".encode(), "text/html"
    )


FORBIDDEN = plain("Forbidden", 401)
MAGNIFICENT = plain("Mailgun Magnificent API")
SERVER_ERROR = said("Internal Server Error", 500)
BAD_GATEWAY = page(502, "Bad Gateway")
