"""Rows of a file become columns of a table; a row that cannot is rejected, with the reason."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard_import.cells import Place, shown
from dashboard_import.datasets import Dataset, best_match, normal
from dashboard_import.tables import ESCAPED, Batch, UnreadableError

Columns = list[list[str] | tuple[str, ...]]
DIGITS = re.compile(r"0*(\d+)(?:\.0*)?")


@dataclass(frozen=True)
class Reject:
    """A row that is not stored: its number among the rows, the line it begins on, the reason and its cells."""

    row: int
    line: int
    reason: str
    cells: list[str]


@dataclass(frozen=True)
class Field:
    """A field of the table: whether an empty text is NULL there, and whether any character may come."""

    name: str
    null: bool = False
    free: bool = False


class Shape:
    """How the files of one kind with this header become the columns `fields`.

    The first field is the row's number, the last, where the file has columns that we do not know, `extra`.
    With `broken` there are bytes in the file that are no UTF-8, and rows have to be searched for them. Raises
    UnreadableError if this is not a file of that kind.
    """

    def __init__(self, dataset: Dataset, header: list[str], broken: bool = False):
        self.header, self.broken = header, broken
        names = [normal(name) for name in header]
        refuse_wrong_header(dataset, names)
        self.width = len(names)
        self.places: list[tuple[int, object, str, bool]] = []
        self.unknown: list[int] = []
        self.fields = [Field("row")]
        taken = set()
        for place, name in enumerate(names):
            column = dataset.by_name.get(name)
            if column and column.name not in taken and (name == column.name or column.name not in names):
                taken.add(column.name)
                cell = column.cell()
                self.places.append((place, cell, name, column.filled))
                self.fields += [Field(field, cell.null, cell.free) for field in column.into]
            elif name not in dataset.compared:
                self.unknown.append(place)
        # Texts that a layout lacks are empty, as the tables have no NULL for them; everything else is NULL by itself.
        absent = [column for column in dataset.columns if column.name not in taken and not column.cell().null]
        self.empty = [field for column in absent for field in column.into]
        self.fields += map(Field, self.empty)
        if self.unknown:
            self.fields.append(Field("extra", null=True, free=True))
        self.step = [names.index(name) for name in (dataset.place[0], *dataset.compared) if name in names]
        if len(self.step) != 3:
            self.step = []

    def shape(self, batch: Batch) -> tuple[Columns, list[Reject]]:
        """Return the batch's good rows as columns, in the order of `fields`, and its bad ones."""
        if batch.fault:
            return [], [Reject(batch.first, batch.lines[0], f"The row has {batch.fault}.", batch.rows[0])]
        try:
            return self.quickly(batch), []
        except ValueError:
            return self.carefully(batch)

    def quickly(self, batch: Batch) -> Columns:
        """Return all rows as columns; raise ValueError if any is bad."""
        if self.broken and ESCAPED.search("".join(map("".join, batch.rows))):
            raise ValueError("a cell is not UTF-8")
        columns = batch.columns(self.width)
        shaped: Columns = [list(map(str, range(batch.first, batch.first + len(batch))))]
        for place, cell, _name, filled in self.places:
            if filled and "" in columns[place]:
                raise ValueError("a cell is empty")
            shaped += cell.many(columns[place])
        if self.step:
            steps, weeks, numbers = (columns[place] for place in self.step)
            if list(map(".".join, zip(weeks, numbers, strict=True))) != list(steps):
                raise ValueError("a step is not what the numbers beside it say, or is written in another way")
        shaped += [[""] * len(batch) for _field in self.empty]
        if self.unknown:
            shaped.append([self.rest_of(row) for row in batch.rows])
        return shaped

    def carefully(self, batch: Batch) -> tuple[Columns, list[Reject]]:
        """Look at each row by itself."""
        good: list[list[str]] = []
        bad: list[Reject] = []
        for number, (row, line) in enumerate(zip(batch.rows, batch.lines, strict=True), start=batch.first):
            try:
                good.append([str(number), *self.one(row)])
            except ValueError as error:
                bad.append(Reject(number, line, str(error), row))
        return list(zip(*good, strict=True)), bad

    def one(self, row: list[str]) -> Iterator[str]:
        """Return the texts of one row for all fields but its number; raise ValueError with the reason."""
        if len(row) != self.width:
            raise ValueError(f"The row has {len(row):,} cells instead of {self.width:,}.")
        if row == self.header:
            raise ValueError("The row repeats the names of the columns.")
        if any(map(ESCAPED.search, row)):
            raise ValueError("The row holds bytes that are not UTF-8.")
        shaped = []
        for place, cell, name, filled in self.places:
            text = row[place]
            if filled and not text:
                raise ValueError(f"{name} is empty.")
            try:
                shaped += cell.one(text)
            except ValueError as error:
                raise ValueError(f"{name} {error}.") from None
        self.compare_step(row)
        shaped += [""] * len(self.empty)
        if self.unknown:
            shaped.append(self.rest_of(row))
        return shaped

    def compare_step(self, row: list[str]) -> None:
        """Raise ValueError if the step and the two numbers beside it disagree; empty numbers say nothing."""
        if not self.step:
            return
        step, week, number = (row[place] for place in self.step)
        if week == "" or number == "":
            return
        numbers = [DIGITS.fullmatch(text.strip()) for text in (week, number)]
        if not all(numbers) or Place().read(step) != tuple(found[1] for found in numbers):
            beside = f"{shown(week)} and {shown(number)}"
            raise ValueError(f"The step is {shown(step)}, but the numbers beside it are {beside}.")

    def rest_of(self, row: list[str]) -> str:
        """Return the cells of columns that we do not know, as JSON by the names that the file gives them."""
        return json.dumps({self.header[place]: row[place] for place in self.unknown}, ensure_ascii=False)


def refuse_twice(names: list[str]) -> None:
    """Raise UnreadableError if two columns have the same name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UnreadableError(f"Two columns have the same name: {shown(name)}.")
        seen.add(name)


def refuse_wrong_header(dataset: Dataset, names: list[str]) -> None:
    """Raise UnreadableError if the names of the columns are not those of this kind, or one comes twice."""
    refuse_twice(names)
    missing = [name for name in dataset.needed if not name_in(dataset, name, names)]
    likely = best_match(names)
    if likely and likely is not dataset:
        known, likely_known = (sum(map(one.knows, names)) for one in (dataset, likely))
        if missing or likely_known > known:
            raise UnreadableError(f"By its columns this is {likely.dashed}, not {dataset.dashed}.")
    if missing and not dataset.guessed:
        raise UnreadableError(f"The column {missing[0]} is missing: this is no file of {dataset.dashed}.")
    if len(names) == 1:
        raise UnreadableError(f"There is one column only: this is no file of {dataset.dashed}.")


def name_in(dataset: Dataset, name: str, names: list[str]) -> bool:
    return name in names or any(other in names for other in dataset.by_name[name].also)
