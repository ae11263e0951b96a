"""Every number of the statistics once more, slowly, from the files themselves: plain Python, nothing of ours.

It knows FutureLearn's files as a person does: by the names of their columns, a step as `2.10`, days in UTC.
"""

import csv
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

LEVELS = Path(__file__).resolve().parents[3] / "dashboard_import" / "data" / "hdi-levels.csv"
COLUMN = {
    "gender": "gender", "age": "age_range", "education": "highest_education_level",
    "employment-status": "employment_status", "employment-area": "employment_area", "country": "country",
    "detected-country": "detected_country",
}  # fmt: skip
MOMENT = {
    "enrolments-per-day": "enrolled_at", "unenrolments-per-day": "unenrolled_at",
    "full-participation-per-day": "fully_participated_at", "statements-per-day": "purchased_statement_at",
}  # fmt: skip
BASES = {
    "joiners": "", "leavers": "joiners", "learners": "joiners", "active_learners": "learners",
    "returning_learners": "learners", "social_learners": "learners", "fully_participating": "learners",
    "statements": "learners", "step_completion_50": "learners", "step_completion_90": "learners",
}  # fmt: skip


class SlowRun:
    """The files of one run, for one group of people: all, learner, buyers or full."""

    def __init__(self, folder: Path, name: str, of: str):
        self.folder, self.name = folder, name
        self.table = cache(self.table)  # each file is read once
        self.enrolments = self.table("enrolments")
        test = {
            "all": lambda _row: True,
            "learner": lambda row: row["role"] == "learner",
            "buyers": lambda row: row["purchased_statement_at"] != "",
            "full": lambda row: row["fully_participated_at"] != "",
        }[of]
        self.people = [row for row in self.enrolments if test(row)]
        self.everyone = of == "all"
        self.who = {row["learner_id"] for row in self.people}
        self.steps = [row for row in self.table("step-activity") if self.counts(row["learner_id"])]
        self.all_steps = {row["step"] for row in self.table("step-activity")}

    def table(self, kind: str) -> list[dict[str, str]]:
        path = self.folder / f"{self.name}_{kind}.csv"
        if not path.exists():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def counts(self, learner: str) -> bool:
        return self.everyone or learner in self.who

    def demographics(self, chart: str) -> Counter:
        column = COLUMN[chart]
        return Counter(row.get(column, "") for row in self.people)

    def hdi(self) -> Counter:
        with LEVELS.open(newline="") as file:
            levels = {row["country"]: row["level"] for row in csv.DictReader(file)}
        return Counter(levels.get(row["country"], "Unknown") for row in self.people)

    def regions(self) -> Counter:
        counts = Counter()
        for row in self.table("country-subdivisions") if self.everyone else []:
            counts[row["subdivision_first"]] += int(row["joiner_count"])
        return counts

    def days(self, chart: str) -> Counter:
        return Counter(row[MOMENT[chart]][:10] for row in self.people if row[MOMENT[chart]])

    def by_step(self, column: str) -> Counter:
        return Counter(row["step"] for row in self.steps if row[column])

    def by_step_day(self, column: str) -> Counter:
        return Counter(row[column][:10] for row in self.steps if row[column])

    def cells(self, column: str) -> Counter:
        return Counter((row["step"], row[column][:10]) for row in self.steps if row[column])

    def totals(self) -> dict[str, int]:
        completed = defaultdict(set)
        for row in self.steps:
            if row["last_completed_at"]:
                completed[row["learner_id"]].add(row["step"])
        weeks = {learner: {step.split(".")[0] for step in steps} for learner, steps in completed.items()}
        authors = {row["author_id"] for row in self.table("comments")} - {""}
        return {
            "joiners": len(self.people),
            "leavers": sum(row["unenrolled_at"] != "" for row in self.people),
            "learners": len({row["learner_id"] for row in self.steps}),
            "active_learners": len(completed),
            "returning_learners": sum(len(one) > 1 for one in weeks.values()),
            "social_learners": sum(self.counts(author) for author in authors),
            "fully_participating": sum(row["fully_participated_at"] != "" for row in self.people),
            "statements": sum(row["purchased_statement_at"] != "" for row in self.people),
            "step_completion_50": sum(len(one) / len(self.all_steps) >= 0.5 for one in completed.values()),
            "step_completion_90": sum(len(one) * 100 >= 90 * len(self.all_steps) for one in completed.values()),
        }

    def comments(self) -> dict[str, dict]:
        rows = [row for row in self.table("comments") if self.counts(row["author_id"])]
        found = {
            "per-day": Counter(row["timestamp"][:10] for row in rows),
            "by-step-and-day": Counter((row["step"], row["timestamp"][:10]) for row in rows),
        }
        for name, label in (("step", lambda row: row["step"]), ("week", lambda row: row["step"].split(".")[0])):
            both = defaultdict(lambda: [0, 0])
            for row in rows:
                both[label(row)][row["parent_id"] != ""] += 1
            found[f"by-{name}"] = {key: tuple(pair) for key, pair in both.items()}
        authors = {(row["step"].split(".")[0], row["author_id"]) for row in rows if row["author_id"]}
        return {f"comments/comments-{name}": counts for name, counts in found.items()} | {
            "comments/commenters-by-week": Counter(week for week, _author in authors),
            "comments/likes": Counter(row["likes"] or "0" for row in rows),
        }

    def quiz(self) -> dict[str, dict]:
        rows = [row for row in self.table("question-response") if self.counts(row["learner_id"])]
        questions, steps, seen = defaultdict(lambda: [0, 0, 0]), defaultdict(lambda: [0, 0]), set()
        for row in sorted(rows, key=lambda row: row["submitted_at"]):  # ties stay in the order of the file
            correct, first = row["correct"].lower() == "true", False
            if row["learner_id"]:
                one = (row["learner_id"], row["quiz_question"])
                first = one not in seen
                seen.add(one)
            question = questions[row["quiz_question"]]
            question[0] += 1
            question[1] += correct
            question[2] += first and correct
            steps[f"{row['week_number']}.{row['step_number']}"][not correct] += 1
        return {
            "quiz/quiz-questions": {key: tuple(counts) for key, counts in questions.items()},
            "quiz/quiz-by-step": {key: tuple(counts) for key, counts in steps.items()},
        }

    def surveys(self) -> dict[str, dict]:
        weeks = defaultdict(lambda: [0, 0, 0])
        for row in self.table("weekly-sentiment-survey-responses") if self.everyone else []:
            weeks[row["week_number"]][int(row["experience_rating"]) - 1] += 1
        found = {"surveys/sentiment-by-week": {week: tuple(counts) for week, counts in weeks.items()}}
        for chart, kind, column in (
            ("archetypes", "archetype-survey-responses", "archetype"),
            ("leaving-reasons", "leaving-survey-responses", "leaving_reason"),
        ):
            found[f"surveys/{chart}"] = Counter(
                row[column] for row in self.table(kind) if self.counts(row["learner_id"])
            )
        return found

    def charts(self) -> dict[str, dict]:
        """Return every chart's numbers by `page/chart`: {the cells before the count: the count}."""
        found = {f"demographics/{chart}": self.demographics(chart) for chart in COLUMN}
        found |= {"demographics/hdi": self.hdi(), "demographics/subdivisions": self.regions()}
        found |= {f"enrolments/{chart}": self.days(chart) for chart in MOMENT}
        for what, column in (("visited", "first_visited_at"), ("completed", "last_completed_at")):
            found[f"steps/steps-{what}"] = self.by_step(column)
            found[f"steps/{what}-per-day"] = self.by_step_day(column)
            found[f"steps/{what}-by-step-and-day"] = self.cells(column)
        found |= self.comments() | self.quiz() | self.surveys()
        totals = self.totals()
        found["overview/totals"] = {
            (measure, base): (count, f"{100 * count / totals[base]:.2f}" if base and totals[base] else "")
            for (measure, count), base in zip(totals.items(), BASES.values(), strict=True)
        }
        return found
