"""Each cell of generated files, of each year and with each quirk, is in the database as it was written."""

import csv
import io

import pytest
from django.utils.timezone import localtime

from dashboard_import.cells import Flag, Moment, Place, Share, Whole
from dashboard_import.datasets import DATASETS, KINDS, Column, normal
from dashboard_import.generating import LAYOUTS, QUIRKS, Run, header, kinds, make_runs, rows, write_flat

pytestmark = pytest.mark.django_db
CASES = [*((layout, "") for layout in LAYOUTS), *(("2026", quirk) for quirk in QUIRKS)]


def written(run: Run, kind: str) -> list[dict[str, str]]:
    """Return the rows of a file by the names of its columns, as Python's own reader sees them."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows(run, kind))
    text = out.getvalue().replace("\0", "")
    if kind == "comments" and "gbk" in run.quirks:
        text = text.encode("gbk", "ignore").decode("gbk")
    names = header(run, kind)
    return [dict(zip(names, cells, strict=True)) for cells in csv.reader(io.StringIO(text, newline=""))]


def as_written(column: Column, row: object) -> str:
    """Return what stands in the database as the file had it."""
    values = [getattr(row, name) for name in column.into]
    cell = column.cell()
    if values[0] is None:
        return ""
    if isinstance(cell, Place):
        return "{}.{}".format(*values)
    if isinstance(cell, Moment):
        return f"{localtime(values[0]):%Y-%m-%d %H:%M:%S UTC}"
    return str(values[0])


def is_same(column: Column, cell: str, stored: str) -> bool:
    if cell and isinstance(column.cell(), Share | Whole):
        return float(cell) == float(stored)
    return cell.lower() == stored.lower() if isinstance(column.cell(), Flag) else cell == stored


@pytest.mark.parametrize(("layout", "quirk"), CASES)
def test_every_cell_comes_back(load, tmp_path, layout, quirk):
    run = make_runs(1, runs=2, joiners=60, layout=layout, quirks=frozenset({quirk} - {""}))[0]
    write_flat([run], tmp_path)
    assert ", 0 rejected, " in load(tmp_path).splitlines()[-1]
    for kind in kinds(run):
        dataset = DATASETS[KINDS[kind.replace("-", "_")]]
        found = list(dataset.model.objects.order_by("row"))
        lines = written(run, kind)
        assert [row.row for row in found] == list(range(1, len(lines) + 1))
        for cells, row in zip(lines, found, strict=True):
            unknown = {name: cell for name, cell in cells.items() if not dataset.knows(normal(name))}
            assert (row.extra or {}) == unknown
            for name, cell in cells.items():
                if column := dataset.by_name.get(normal(name)):
                    assert is_same(column, cell, as_written(column, row)), (kind, row.row, name)
