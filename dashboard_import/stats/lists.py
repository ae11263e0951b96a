"""Lists that come in pages."""

PER_PAGE = 50


def pager(at: int, last: int) -> dict[str, int]:
    """Return where page `at` of a list of `last` stands."""
    first = (at - 1) * PER_PAGE + 1
    return {
        "first": first, "last": min(first + PER_PAGE - 1, last), "all": last,
        "newer": at - 1, "older": at + 1 if last > at * PER_PAGE else 0,
    }  # fmt: skip
