"""Surveys before a run once more, slowly, in plain Python: read from the file, counted answer by answer."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

from dashboard_import.said_before import key_of

CHART = "surveys/pre-course"
FIRST = "How did you find this course?"
TICKS = ("x", "1", "true", "yes", "y", "selected", "checked")
CROSSES = ("0", "false", "no", "n", "not selected", "unselected", "unchecked")
NO_NAMES = ("", "Response", "Open-Ended Response")


def path_of(folder: Path, name: str) -> Path:
    """Return where a test keeps the survey of a run; its ending is one that an import does not look at."""
    return folder / f"{name}_pre-course.survey"


def is_tick(cell: str, part: str) -> bool:
    return cell == part or cell.lower() in TICKS


class SlowSurvey:
    """The file of one run, for people who count."""

    def __init__(self, path: Path, counts):
        self.columns: dict[str, dict[str, list[str]]] = defaultdict(dict)  # cells by question and part
        self.everybody: dict[str, dict[str, list[str]]] = defaultdict(dict)
        if not path.exists():
            return
        with path.open(newline="", encoding="utf-8") as file:
            first, second, *rows = csv.reader(file)
        who = first.index("partner_export_id")
        people = {row[who]: row for row in rows}  # the last of several
        question = ""
        for at, (name, below) in enumerate(zip(first, second, strict=True)):
            question, part = name or question, "" if below in NO_NAMES else below
            if at == who or question == "Respondent ID":
                continue
            self.everybody[question][part] = [row[at].strip() for row in people.values()]
            self.columns[question][part] = [row[at].strip() for one, row in people.items() if counts(one)]

    def answerers(self, question: str) -> int:
        return sum(any(cells) for cells in zip(*self.columns[question].values(), strict=True))

    def sorts(self, question: str) -> str:
        """Return of which sort a question is: one choice, several, parts by answers, own words."""
        columns = self.everybody[question]
        if len(columns) == 1 or "" in columns:
            return "choice"
        cells = {part: {cell for cell in some if cell} for part, some in columns.items()}
        others = [some for part, some in cells.items() if any(not is_tick(cell, part) for cell in some)]
        marks = set(TICKS) | set(CROSSES)
        met = Counter(cell for some in cells.values() for cell in some)
        scales = [some for some in others if some <= marks or any(met[cell] > 1 for cell in some)]
        if len(others) < len([some for some in cells.values() if some]) and not scales:
            return "choices"
        return "matrix" if len(set().union(*cells.values())) <= 15 else "words"

    def rows(self, question: str) -> list[list[str]]:
        """Return the cells of the chart."""
        sort, found = self.sorts(question) if question in self.columns else "", Counter()
        for part, cells in self.columns.get(question, {}).items():
            if sort == "matrix" or (sort == "choice" and (part == "" or len(self.columns[question]) == 1)):
                all_of_them = Counter(cell for cell in self.everybody[question][part] if cell)
                differ = sort == "choice" and len(all_of_them) > 5 and len(all_of_them) > all_of_them.total() / 2
                least = 2 if differ or len(all_of_them) > 20 else 1
                order = sorted(all_of_them, key=lambda cell: (-all_of_them[cell], cell))
                listed = [cell for cell in order[:50] if all_of_them[cell] >= least]
                found.update((part, cell if cell in listed else "(other answers)") for cell in cells if cell)
            else:
                found.update((part, "") for cell in cells if cell)
        return [[question, *cell, str(count)] for cell, count in found.items()]

    def charts(self) -> dict[str, list[list[str]]]:
        """Return the CSVs of all questions, and of one that nobody was asked."""
        found = {f"{CHART}?question={key_of(question)}": self.rows(question) for question in self.columns}
        return {CHART: self.rows(FIRST), **found, f"{CHART}?question=never-asked-00ff00": []}

    def question_of(self, name: str) -> str:
        """Return the question of a chart with the choices of an address behind it."""
        key = name.partition("?question=")[2] or key_of(FIRST)
        return next((question for question in self.columns if key_of(question) == key), "")
