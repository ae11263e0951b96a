"""Pages of the reader by index: which comments of a run are as wanted, a page of them in the order of the course."""

from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import QuerySet

from dashboard_import.models import CourseRun, PlacedComment, Tally
from dashboard_import.placing import CODES, QUESTIONS, fits

UNANSWERED = {**dict.fromkeys(QUESTIONS, "all"), "kind": "posts", "threaded": "no"}
MOST_PARTS = 400  # SELECTs that SQLite takes as one; a run has about a hundred numbers


def page(
    run: CourseRun,
    wanted: Mapping[str, str],
    numbers: Mapping[str, int],
    place: Mapping[str, int],
    first: int,
    most: int,
) -> list[int] | None:
    """Return the comments after the `first` ones, at most so many; None for a run loaded before they were placed.

    `wanted` is as `fits` has it, `numbers` are {"likes": 3}, `place` is {"week": 2, "step": 5} or less. Two queries.
    """
    values = Tally.objects.filter(run=run, kind=CODES).values_list("value", flat=True)
    known = [int(value) for value in values]
    if not known:
        return None
    codes = [code for code in known if fits(code, wanted)]
    if numbers.get("replies") == 0:  # posts in no thread, which are too many to be looked through
        codes = [code for code in codes if fits(code, UNANSWERED)]
    some = {name: number for name, number in numbers.items() if number}
    rows = PlacedComment.objects.filter(run=run, **place, **some)
    if numbers.get("likes") == 0:
        rows = rows.filter(likes=None)
    if some:
        # Few have just so many: an index finds them, and then they are looked through.
        listed = (rows if len(codes) == len(known) else rows.filter(code__in=codes)).order_by("place")
        return list(listed.values_list("comment_id", flat=True)[first : first + most])
    return merged(rows, codes, first, first + most) if codes else []


def merged(rows: QuerySet[PlacedComment], codes: Sequence[int], first: int, last: int) -> list[int]:
    """Return the comments of some numbers from one to another in the order of the course.

    Those of each number come in order from the index. SQLite merges them as they come; PostgreSQL would gather all, and
    so is asked for no more of each than the page may need.
    """
    by_place = ("week", "step", "place")
    rows = rows.values_list("comment_id", *by_place)
    if not 1 < len(codes) <= MOST_PARTS:
        whole = rows.filter(code__in=codes)
    else:
        parts = [rows.filter(code=code) for code in codes]
        if connection.features.supports_slicing_ordering_in_compound:
            parts = [part.order_by(*by_place)[:last] for part in parts]
        whole = parts[0].union(*parts[1:], all=True)
    return [comment for comment, *_place in whole.order_by(*by_place)[first:last]]
