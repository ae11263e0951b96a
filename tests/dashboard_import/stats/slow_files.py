"""Files of charts once more, slowly: the cells of one run, shares of a hundred per cent, runs beside each other.

Everything comes from the folder of a run: FutureLearn's files, `metadata.csv`, and `Courses-Data.csv` beside the runs.
"""

import csv
import datetime
from functools import cached_property
from pathlib import Path

from tests.dashboard_import.stats.slow_before import CHART
from tests.dashboard_import.stats.slow_further import SlowestOfAll
from tests.dashboard_import.stats.slow_more import texts

SILENT = ("Unknown", "--", "")
# What FutureLearn's page called a measure over the years, beside our name for it: the first that is a number counts.
SAID = {
    "fully_participating": ["fully_participating_learners"],
    "statements": ["statements_sold", "upgrades_sold", "certificates_sold"],
    "step_completion_50": ["learners_with_at_least_50_percent_step_completion"],
    "step_completion_90": ["learners_with_at_least_90_percent_step_completion"],
}
ANSWERS = "those who gave an answer"
# What a hundred per cent are. The shares of a chart that is not here mean nothing, and its file has none.
HUNDRED = {
    **dict.fromkeys(
        ["demographics/gender", "demographics/age", "demographics/education", "demographics/employment-status",
         "demographics/employment-area", "demographics/country", "demographics/detected-country", "demographics/hdi",
         "demographics/subdivisions", "comments/likes", "comments/replies-per-post", "conversation/comment-types",
         "conversation/learner-types", "conversation/connections", "surveys/archetypes", "surveys/archetype-groups",
         "surveys/leaving-reasons", "campaigns/campaign-domains", "peer-review/assignments-per-day",
         "peer-review/reviews-per-day"],
        ANSWERS,
    ),
    **dict.fromkeys(
        ["enrolments/enrolments-per-day", "enrolments/unenrolments-per-day", "enrolments/full-participation-per-day",
         "enrolments/statements-per-day", "overview/funnel"],
        "joiners",
    ),
    **dict.fromkeys(
        ["steps/steps-visited", "steps/steps-completed", "steps/visited-per-day", "steps/completed-per-day",
         "steps/visited-by-step-and-day", "steps/completed-by-step-and-day", "comments/comments-by-step",
         "comments/comments-per-day", "comments/comments-by-step-and-day", "comments/comments-by-week",
         "comments/commenters-by-week", "conversation/comment-types-by-step", "conversation/comment-types-by-day",
         "conversation/comment-types-so-far", "quiz/quiz-questions"],
        "learners",
    ),
    "quiz/quiz-by-step": "answers", "surveys/sentiment-by-week": "weekly answers",
    "comments/tone-by-step": "comments", "comments/tone-by-week": "comments",
    "peer-review/reviews-per-assignment": "assignments", CHART: "people who answered the question",
}  # fmt: skip
BY_DAY = {name for name in HUNDRED if name.endswith("-per-day")}
LABELS = {
    **dict.fromkeys(HUNDRED, 1),
    **{name: 2 for name in HUNDRED if name.endswith("-by-step-and-day")},
    CHART: 3,
}  # cells of a row before its numbers


class SlowFiles(SlowestOfAll):
    """The files of all charts of a run, for one group of people."""

    def __init__(self, folder: Path, name: str, of: str):
        super().__init__(folder / name, name, of)

    @property
    def path(self) -> str:
        """The run as in `with=` of an address."""
        return "/".join(self.name.rsplit("-", 1))

    @cached_property
    def rows(self) -> dict[str, list[list[str]]]:
        """The cells below the header, by `page/chart` with the choices of an address behind it, in any order."""
        found = {}
        for name, counts in self.charts().items():
            pairs = [
                (key if isinstance(key, tuple) else (key,), count if isinstance(count, tuple) else (count,))
                for key, count in counts.items()
            ]
            found[name] = texts((*key, *count) for key, count in pairs)
        found["overview/totals"] = [
            [measure, count, str(float(share)) if share else "", of]
            for measure, of, count, share in found["overview/totals"]
        ]
        return found | self.more_charts() | {"overview/futurelearn-totals": self.beside_futurelearn()}

    def chosen(self, name: str) -> list[list[str]]:
        """Return the cells of a chart, of a choice that another run made as well."""
        return self.rows[name] if name in self.rows else self.of_other_choice(name)

    def beside_futurelearn(self) -> list[list[str]]:
        with (self.folder.parent / "Courses-Data.csv").open(newline="", encoding="utf-8") as file:
            rows = {f"{row['course']}-{row['run']}": row for row in csv.DictReader(file)}
        said, found = rows.get(self.name, {}), []
        for measure, count in self.totals().items():
            numbers = [said.get(name, "").replace(",", "") for name in (measure, *SAID.get(measure, []))]
            own = next((int(number) for number in numbers if number.isdigit()), None)
            found.append((measure, count, own, None if own is None else count - own))
        return texts(found)

    @cached_property
    def wholes(self) -> dict[str, int]:
        weekly = self.table("weekly-sentiment-survey-responses") if self.everyone else []
        return {
            "joiners": len(self.people), "learners": len({row["learner_id"] for row in self.steps}),
            "answers": len(self.answers()), "comments": len(self.written()), "weekly answers": len(weekly),
            "assignments": sum(self.counts(row["author_id"]) for row in self.table("peer-review-assignments")),
        }  # fmt: skip

    def in_percent(self, name: str) -> list[list[str]]:
        """Return the cells of a chart with the share of each number behind them, in per cent with two decimals."""
        rows, chart = self.chosen(name), name.partition("?")[0]
        if chart not in HUNDRED:
            return rows
        labels, by_answer = LABELS[chart], HUNDRED[chart] == ANSWERS
        known = [row for row in rows if row[0] not in SILENT]
        whole = sum(int(row[-1]) for row in known) if by_answer else self.whole(name)
        return [
            [
                *row,
                *(
                    str(round(100 * int(number) / whole, 2)) if whole and not (by_answer and row[0] in SILENT) else ""
                    for number in row[labels:]
                ),
            ]
            for row in rows
        ]

    def whole(self, name: str) -> int:
        """Return how many are a hundred per cent of a chart."""
        if name.startswith(CHART):
            question = self.before.question_of(name)
            return self.before.answerers(question) if question else 0
        return self.wholes[HUNDRED[name.partition("?")[0]]]

    def start(self) -> datetime.date:
        """Return the first day of the run; where nobody says which it is, the day on which the first person joined."""
        path = self.folder / "metadata.csv"
        if not path.exists():
            return datetime.date.fromisoformat(min(row["enrolled_at"][:10] for row in self.enrolments))
        with path.open(newline="", encoding="utf-8") as file:
            return datetime.date.fromisoformat(next(csv.DictReader(file))["start_date"])

    def beside(self, name: str, *, percent: bool) -> list[list[str]]:
        """Return the cells of a chart as they stand among other runs: days counted from the run's first, which is 1.

        There is no day 0.
        """
        rows = self.in_percent(name) if percent else self.chosen(name)
        if name in BY_DAY and rows:
            first = self.start()
            after = [(datetime.date.fromisoformat(row[0]) - first).days for row in rows]
            rows = [[str(at + 1 if at >= 0 else at), *row[1:]] for at, row in zip(after, rows, strict=True)]
        return [[self.path, *row] for row in rows]
