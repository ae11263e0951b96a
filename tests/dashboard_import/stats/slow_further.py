"""The last numbers once more, slowly, in plain Python: what was done in all, rates, tries, replies got, connections."""

import csv
import itertools
from collections import Counter, defaultdict
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path

from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.slow_before import CHART, SlowSurvey, path_of
from tests.dashboard_import.stats.slow_more import texts, values
from tests.dashboard_import.stats.slow_talk import TYPES, SlowestRun, first, key, tokens, told

TONE_WORDS = Path(__file__).resolve().parents[3] / "dashboard_import" / "data" / "tone-words.csv"


@cache
def tone_words() -> dict[str, Fraction]:
    with TONE_WORDS.open(newline="", encoding="utf-8") as file:
        return {row["word"]: Fraction(row["tone"]) for row in csv.DictReader(file)}


def thirds(places: dict[str, list]) -> list[list[str]]:
    """Return how many scores are above zero, zero and below at each place."""
    return texts(
        (place, sum(one > 0 for one in scores), sum(one == 0 for one in scores), sum(one < 0 for one in scores))
        for place, scores in places.items()
    )


def means(places: dict[str, list]) -> list[list[str]]:
    """Return the mean score of each place."""
    return texts((place, len(scores), round(float(sum(scores)) / len(scores), 4)) for place, scores in places.items())


def replies_in(rows: list[dict[str, str]]) -> int:
    return sum(row["parent_id"] != "" for row in rows)


class SlowestOfAll(SlowestRun):
    """All further charts of a run."""

    def written(self) -> list[dict[str, str]]:
        return [row for row in self.table("comments") if self.counts(row["author_id"])]

    def answers(self) -> list[dict[str, str]]:
        return [row for row in self.table("question-response") if self.counts(row["learner_id"])]

    def activity(self) -> dict[str, list]:
        comments, answers = self.written(), self.answers()
        assignments = [row for row in self.table("peer-review-assignments") if self.counts(row["author_id"])]
        reviews = [row for row in self.table("peer-review-reviews") if self.counts(row["reviewer_id"])]
        return {
            "overview/activity": texts([
                ("visits", sum(row["first_visited_at"] != "" for row in self.steps)),
                ("completions", sum(row["last_completed_at"] != "" for row in self.steps)),
                ("comments", len(comments)), ("replies", sum(row["parent_id"] != "" for row in comments)),
                ("commenters", len({row["author_id"] for row in comments} - {""})),
                ("answers", len(answers)), ("correct", sum(row["correct"].lower() == "true" for row in answers)),
                ("answerers", len({row["learner_id"] for row in answers} - {""})),
                ("assignments", len(assignments)), ("reviews", len(reviews)),
                ("learners", len({row["learner_id"] for row in self.steps})),
            ]),
        }  # fmt: skip

    def funnel(self) -> dict[str, list]:
        """Return how many came through each stage, one person after the other."""
        done = Counter(row["learner_id"] for row in self.steps if row["last_completed_at"])
        wrote = Counter(row["author_id"] for row in self.written())
        assignments = self.table("peer-review-assignments")
        handed_in = {row["author_id"] for row in assignments}
        reached = Counter()
        for who in done.keys() & {row["learner_id"] for row in self.people}:
            passed = [
                ("steps", done[who] >= 5), ("comments", wrote[who] >= 5),
                *([("assignment", who in handed_in)] if assignments else []),
                ("completion", done[who] / len(self.all_steps) >= 0.95),
            ]  # fmt: skip
            reached.update(stage for stage, _passed in itertools.takewhile(lambda one: one[1], passed))
        stages = ("steps", "comments", *["assignment"] * bool(assignments), "completion")
        rows = [("joined", len(self.people)), *((stage, reached[stage]) for stage in stages)]
        return {"overview/funnel": texts(rows)}

    def rates(self) -> dict[str, list]:
        visited, completed = self.by_step("first_visited_at"), self.by_step("last_completed_at")
        return {
            "steps/completion-rate": texts(
                (step, visited[step], completed[step], round(completed[step] / visited[step] * 100, 2))
                for step in visited | completed
            )
        }

    def tries(self) -> dict[str, list]:
        tries = defaultdict(lambda: defaultdict(list))
        for row in sorted(self.answers(), key=lambda row: row["submitted_at"]):
            if row["learner_id"]:
                tries[row["quiz_question"]][row["learner_id"]].append(row["correct"].lower() == "true")
        return {
            "quiz/quiz-tries": texts(
                (
                    question, len(people), sum(map(len, people.values())),
                    sum(one[0] for one in people.values()), sum(one[-1] for one in people.values()),
                )
                for question, people in tries.items()
            )
        }  # fmt: skip

    def replies_got(self) -> dict[str, list]:
        threads = [thread for thread in self.threads() if self.counts(thread[0]["author_id"])]
        return {"comments/replies-per-post": values(Counter(len(thread) - 1 for thread in threads))}

    def connections(self) -> dict[str, list]:
        others = defaultdict(set)
        for post, *replies in self.threads():
            for row in replies:
                one, other = row["author_id"], post["author_id"]
                if one and other and one != other:
                    others[one].add(other)
                    others[other].add(one)
        return {"conversation/connections": values(Counter(map(len, others.values())))}

    def so_far(self) -> dict[str, list]:
        days = sorted(
            (row["timestamp"][:10], kind) for kind, row, _after in self.typed() if self.counts(row["author_id"])
        )
        found = {}
        for at, (day, _kind) in enumerate(days, start=1):
            kinds = Counter(kind for _day, kind in days[:at])
            found[day] = [day, *(kinds[kind] for kind in TYPES)]
        return {"conversation/comment-types-so-far": texts(found.values())}

    def sums_so_far(self) -> dict[str, list]:
        happened = [(row["enrolled_at"], 0, 1) for row in self.people]
        happened += [(row["unenrolled_at"], 0, -1) for row in self.people if row["unenrolled_at"]]
        for row in self.written():
            happened += [(row["timestamp"], 1, 1), (row["timestamp"], 2, row["parent_id"] != "")]
            happened += [(row["timestamp"], 3, int(row["likes"]))]
        happened += [(row["submitted_at"], 4, 1) for row in self.answers()]
        rows = []
        for day in sorted({moment[:10] for moment, _place, _count in happened}):
            sums = [0] * 5
            for moment, place, count in happened:
                sums[place] += count if moment[:10] <= day else 0
            rows.append([day, *sums])
        return {"measures/sums-so-far": texts(rows)}

    @cached_property
    def kept_words(self) -> list[str]:
        """Return the words whose comments' tones are kept: those in most comments of everyone."""
        return [
            word
            for word, _count in first(
                Counter(word for row in self.table("comments") for word in told(row["text"])), 200
            )
        ]

    def tones(self) -> dict[str, list]:
        rows = self.tones_of(self.written())
        kept = self.kept_words
        for word in (*kept[:3], *kept[-2:], "nobody-wrote-this"):
            rows |= self.tones_of_word(word)
        return rows

    def tones_of_word(self, word: str) -> dict[str, list]:
        """Return the tones of comments with a word; of a word that is not kept there are none."""
        some = [row for row in self.written() if word in told(row["text"]) and word in self.kept_words]
        found = self.tones_of(some)
        return {f"{name}?word={word}": found[name] for name in found if name != "comments/tone-words"}

    def of_other_choice(self, name: str) -> list[list[str]]:
        """Return a chart with a choice that this run does not have itself: another's word, a step without replies."""
        if name.startswith(CHART):
            return self.before.rows(self.before.question_of(name))
        word = name.partition("?word=")[2]
        return self.tones_of_word(word)[name] if word else []

    @cached_property
    def toned_in_all(self) -> tuple[dict[str, list], dict[str, list], dict[bool, Counter]]:
        return self.toned(self.written())

    def toned(self, comments: list[dict[str, str]]) -> tuple[dict[str, list], dict[str, list], dict[bool, Counter]]:
        """Return the scores of comments by step and by week, and how many comments have each good and bad word."""
        known = tone_words()
        steps, weeks, words = defaultdict(list), defaultdict(list), {True: Counter(), False: Counter()}
        for row in comments:
            found = [word for word in tokens(row["text"]) if word in known]
            score = sum(known[word] for word in found)
            steps[row["step"]].append(score)
            weeks[row["step"].split(".")[0]].append(score)
            for is_good, counter in words.items():
                counter.update({word for word in found if (known[word] > 0) is is_good})
        return steps, weeks, words

    def tones_of(self, comments: list[dict[str, str]]) -> dict[str, list]:
        steps, weeks, words = self.toned(comments)
        return {
            "comments/tone-by-step": thirds(steps), "comments/tone-by-week": thirds(weeks),
            "comments/tone-score": means(steps),
            "comments/tone-words": texts(
                ("positive" if is_good else "negative", *one)
                for is_good, counter in words.items() for one in first(counter, 50)
            ),
        }  # fmt: skip

    def threads_of_steps(self) -> dict[str, list]:
        steps, sizes = defaultdict(lambda: defaultdict(list)), Counter()
        for row in sorted(self.table("comments"), key=lambda row: (row["parent_id"] != "", row["timestamp"])):
            steps[row["step"]][row["parent_id"] or row["id"]].append(row)
            sizes[row["step"]] += 1
        with_replies = [step for step, threads in steps.items() if any(map(replies_in, threads.values()))]
        found = {}
        for step in (*with_replies, "99.9"):
            threads = [(thread, rows) for thread, rows in steps[step].items() if replies_in(rows)]
            threads.sort(key=lambda one: (-replies_in(one[1]), int(one[0])))
            found[f"comments/comment-threads?step={step}"] = texts(
                (
                    step, thread, row["timestamp"], row["id"], row["parent_id"],
                    pseudonym(row["author_id"]) if row["author_id"] else "", replies_in(rows),
                )
                for thread, rows in threads[:12] for row in rows[:40]
            )  # fmt: skip
        busiest = max(with_replies, key=lambda step: (sizes[step], [-part for part in key(step)]))
        return found | {"comments/comment-threads": found[f"comments/comment-threads?step={busiest}"]}

    @cached_property
    def before(self) -> SlowSurvey:
        return SlowSurvey(path_of(self.folder, self.name), self.counts)

    def said_before(self) -> dict[str, list]:
        return self.before.charts()

    def more_charts(self) -> dict[str, list]:
        parts = (
            self.threads_of_steps,
            self.activity,
            self.funnel,
            self.rates,
            self.tries,
            self.replies_got,
            self.connections,
            self.so_far,
            self.sums_so_far,
            self.tones,
            self.said_before,
        )
        return super().more_charts() | {name: rows for part in parts for name, rows in part().items()}
