"""Invented FutureLearn data of any size, in every layout there has been: for tests, benchmarks and the demo.

    runs = make_runs(seed=1, courses=3, runs=7, joiners=500)
    write_tree(runs, folder)

The same arguments give the same bytes on any machine. Rows are made one by one: five million need no more memory than
a hundred.
"""

from dashboard_import.generating.before import survey
from dashboard_import.generating.course import Course, Run, Step, make_course
from dashboard_import.generating.layouts import KINDS, LAYOUTS
from dashboard_import.generating.plan import make_runs
from dashboard_import.generating.writing import QUIRKS, header, kinds, pieces, rows, write_flat, write_tree

__all__ = [
    "KINDS", "LAYOUTS", "QUIRKS", "Course", "Run", "Step", "header", "kinds", "make_course", "make_runs", "pieces",
    "rows", "survey", "write_flat", "write_tree",
]  # fmt: skip
