"""What can go wrong, on demand: for how many requests, on which paths."""

from dataclasses import dataclass, field


@dataclass
class Fault:
    """`kind` is one of KINDS; `path` is a part of the address; `times` is None for always."""

    kind: str
    path: str
    times: int | None = None
    seconds: float = 0.0


KINDS = {
    "error": "answers 500",
    "cut": "the connection ends at half of the body",
    "reset": "the connection ends before the answer",
    "elsewhere": "redirects to another host",
    "signed-out": "the sign-in form instead, as if the session had ended",
    "html": "a page of HTML where a CSV should be",
    "changed": "a page in a layout that nobody knows",
    "missing": "answers 404",
    "busy": "answers 429 with Retry-After: `seconds`",
    "slow": "waits `seconds` before it answers",
    "forbidden": "answers 403",
    "loop": "redirects to itself",
}


@dataclass
class Faults:
    rules: list[Fault] = field(default_factory=list)

    def add(self, kind: str, path: str, times: int | None = None, seconds: float = 0.0) -> None:
        if kind not in KINDS:
            raise ValueError(kind)
        self.rules.append(Fault(kind, path, times, seconds))

    def for_path(self, path: str) -> Fault | None:
        """Return the fault of a request, and count it."""
        for rule in self.rules:
            if rule.path in path and rule.times != 0:
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None
