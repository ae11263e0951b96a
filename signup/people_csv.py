"""People as a table: the sign-up's own fields, then each answer in a column."""

from collections.abc import Callable, Iterator

from django.db.models import QuerySet

from signup.models import Question, Signup

Column = tuple[str, Callable[[Signup], object]]


def as_cell(value: object) -> object:
    """Return a stored value as one cell: yes or no, several choices with semicolons, a moment in ISO 8601."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="seconds")
    return "" if value is None else str(value)


SIGNUP_COLUMNS: list[Column] = [
    ("number", lambda row: row.pk),
    ("email", lambda row: row.email),
    ("name", lambda row: row.name),
    ("course", lambda row: str(row.sequence or "")),
    ("timezone", lambda row: row.timezone),
    ("wants_group", lambda row: as_cell(row.wants_group)),
    *(
        (name, lambda row, name=name: as_cell(getattr(row, name)))
        for name in ("date_created", "date_updated", "confirmed", "left", "bounced")
    ),
]


def csv_rows(rows: QuerySet[Signup], columns: list[Column]) -> Iterator[list[object]]:
    """Yield a heading and one row a person: `columns`, then each answer in a column of its own.

    Questions come in their own order, then answers to keys that no question has.
    """
    asked = Question.objects.filter(sequence__in=rows.order_by().values("sequence")).order_by("position", "pk")
    keys = dict.fromkeys(asked.values_list("key", flat=True))
    answers = rows.order_by().values_list("answers", flat=True)
    keys |= dict.fromkeys(sorted({key for given in answers.iterator() for key in given} - keys.keys()))
    yield [name for name, _value in columns] + [f"answer:{key}" for key in keys]
    for row in rows.iterator(chunk_size=2000):
        yield [value(row) for _name, value in columns] + [as_cell(row.answers.get(key)) for key in keys]
