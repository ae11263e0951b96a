"""How the text in one column is checked and written for the database: a class for each sort of cell.

A cell's text becomes one text for each field, the same for both databases; an empty one means NULL where the class
says `null`. Columns are read whole, as that is ten times faster than cell by cell; where that fails, somebody asks
`one` for each cell to learn which is bad, and why.
"""

import datetime
import re
from collections.abc import Sequence
from operator import itemgetter

from django.utils import timezone as clock

MEMORY = 50_000  # different texts remembered per column: steps, days and words come again and again
FIRST_DAY = "2012-01-01"  # FutureLearn opened in 2013
DAY, DAY_AND_TIME = itemgetter(slice(10)), itemgetter(slice(19))
LEEWAY = datetime.timedelta(days=1)  # clocks differ; nobody did anything later than this


class Memo(dict):
    """What each text became."""

    def __init__(self, read):
        self.read = read

    def __missing__(self, text: str):
        if len(self) >= MEMORY:
            self.clear()
        found = self[text] = self.read(text)
        return found


class Cell:
    """The base: subclasses say in `read` what one text becomes. One object serves one load."""

    null = True
    free = False  # may hold any character

    def __init__(self):
        self.memo = Memo(self.read)

    def read(self, text: str) -> str:
        """Return the text for the database; raise ValueError with a reason that follows the column's name."""
        raise NotImplementedError

    def one(self, text: str) -> tuple[str, ...]:
        """Return what one cell becomes, a text for each field; raise ValueError with the reason."""
        return (self.memo[text],)

    def many(self, column: Sequence[str]) -> list[Sequence[str]]:
        """Return what a column becomes, a column for each field; raise ValueError if any cell is bad."""
        return [list(map(self.memo.__getitem__, column))]


class Text(Cell):
    """Any text; the reader has its own limit on the length."""

    null = False
    free = True

    def one(self, text: str) -> tuple[str, ...]:
        return (text,)

    def many(self, column: Sequence[str]) -> list[Sequence[str]]:
        return [column]


class Word(Text):
    """FutureLearn's own word or id, kept as it is, of at most `most` characters."""

    def __init__(self, most: int = 64):
        super().__init__()
        self.most = most

    def one(self, text: str) -> tuple[str, ...]:
        if len(text) > self.most:
            raise ValueError(f"has {len(text):,} characters; {self.most} is the most")
        return (text,)

    def many(self, column: Sequence[str]) -> list[Sequence[str]]:
        if max(map(len, column)) > self.most:
            raise ValueError("is too long")
        return [column]


class Whole(Cell):
    """A whole number that fits into `bits`, with its sign."""

    SHAPE = re.compile(r"([+-]?)0*(\d+?)(?:\.0*)?", re.ASCII)

    def __init__(self, bits: int = 64):
        super().__init__()
        self.bits = bits

    def read(self, text: str) -> str:
        if text == "":
            return ""
        found = self.SHAPE.fullmatch(text.strip())
        if not found or len(found[2]) > 4_000:
            raise ValueError(f"is {shown(text)}, not a whole number")
        number = int(found[1] + found[2])
        if not -(1 << self.bits - 1) <= number < 1 << self.bits - 1:
            raise ValueError(f"is {shown(text)}, a number over {self.bits} bits")
        return str(number)


class Share(Cell):
    """A number with decimals, such as a percentage; the sign % may follow."""

    SHAPE = re.compile(r"-?(?:\d{1,15}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?", re.ASCII)

    def read(self, text: str) -> str:
        if text == "":
            return ""
        number = text.strip().removesuffix("%").strip()
        if not self.SHAPE.fullmatch(number):
            raise ValueError(f"is {shown(text)}, not a number")
        return repr(float(number))


class Flag(Cell):
    """true or false, in any case."""

    WORDS = {"true": "1", "t": "1", "yes": "1", "1": "1", "false": "0", "f": "0", "no": "0", "0": "0", "": ""}

    def read(self, text: str) -> str:
        found = self.WORDS.get(text.strip().lower())
        if found is None:
            raise ValueError(f"is {shown(text)}, neither true nor false")
        return found


class Place(Cell):
    """A step as `week.step`: `1.1` and `1.10` are two. Becomes two fields."""

    SHAPE = re.compile(r"0*(\d{1,4})\.0*(\d{1,4})", re.ASCII)

    def read(self, text: str) -> tuple[str, str]:
        if text == "":
            return "", ""
        found = self.SHAPE.fullmatch(text.strip())
        if not found:
            raise ValueError(f"is {shown(text)}, not a step such as 1.10")
        return found[1], found[2]

    def one(self, text: str) -> tuple[str, ...]:
        return self.memo[text]

    def many(self, column: Sequence[str]) -> list[Sequence[str]]:
        found = {text: self.memo[text] for text in set(column)}
        return [[found[text][part] for text in column] for part in (0, 1)]


class Moment(Cell):
    """A moment as `2016-09-05 10:00:00 UTC`; other ways of ISO 8601 and bare days are taken as well, all in UTC."""

    SHAPE = re.compile(
        r"(?:(?:\d{4}-\d\d-\d\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d UTC)?+\n)*+", re.ASCII
    )  # no way back into what was matched, so no memory for it

    def __init__(self):
        super().__init__()
        self.last_day = f"{clock.now().astimezone(datetime.UTC) + LEEWAY:%Y-%m-%d}"
        self.days: set[str] = {""}

    def many(self, column: Sequence[str]) -> list[Sequence[str]]:
        lines = "\n".join(column) + "\n"
        if lines.count("\n") == len(column) and self.SHAPE.fullmatch(lines):
            for day in set(map(DAY, column)) - self.days:
                self.check_day(day)
            return [list(map(DAY_AND_TIME, column))]
        return [[self.read(text) for text in column]]

    def one(self, text: str) -> tuple[str, ...]:
        return (self.read(text),)

    def read(self, text: str) -> str:
        bare = text.strip().removesuffix("UTC").strip()
        if not bare:
            return ""
        if len(bare) > 40:
            raise ValueError(f"is {shown(text)}, not a moment")
        try:
            moment = datetime.datetime.fromisoformat(bare)
            if moment.tzinfo:
                moment = moment.astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            raise ValueError(f"is {shown(text)}, not a moment such as 2016-09-05 10:00:00 UTC") from None
        self.check_day(f"{moment.year:04}-{moment.month:02}-{moment.day:02}")
        return moment.replace(tzinfo=None, microsecond=0).isoformat(" ")

    def check_day(self, day: str) -> None:
        """Raise ValueError on a day that no calendar has, that lies before FutureLearn or in the future."""
        try:
            datetime.date.fromisoformat(day)
        except ValueError:
            raise ValueError(f"is of {day}, which is no day") from None
        if day < FIRST_DAY:
            raise ValueError(f"is of {day}, before FutureLearn began")
        if day > self.last_day:
            raise ValueError(f"is of {day}, in the future")
        if len(self.days) < MEMORY:
            self.days.add(day)


def shown(text: str) -> str:
    """Return a cell as a reason may repeat it: in quotes, and short."""
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"
