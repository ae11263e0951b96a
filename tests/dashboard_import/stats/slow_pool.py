"""All runs of a course as one, once more, slowly: the slow readings of single runs, put together in plain Python."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from pathlib import Path

from tests.dashboard_import.stats.slow import BASES
from tests.dashboard_import.stats.slow_before import CHART
from tests.dashboard_import.stats.slow_further import SlowestOfAll, means, thirds
from tests.dashboard_import.stats.slow_more import MEASURES, slope_and_r, texts
from tests.dashboard_import.stats.slow_talk import first, told

AUDIENCES = ("all", "learner", "buyers", "full")
# How many cells of a row say what it counts, where that is not one.
KEYS = {
    "steps/visited-by-step-and-day": 2, "steps/completed-by-step-and-day": 2, "comments/comments-by-step-and-day": 2,
    "measures/correlations": 2, "paths/paths-by-week": 2, "paths/paths-by-step": 2, "campaigns/campaigns": 6, CHART: 3,
}  # fmt: skip
SO_FAR = ("conversation/comment-types-so-far", "measures/sums-so-far")
BY_THEMSELVES = {
    "conversation/learners", "conversation/reply-network", "conversation/network-density", "team/team-comments",
    "conversation/network-reciprocity", "conversation/most-connected", "comments/comment-threads",
}  # fmt: skip


def readings_of(folder: Path, names: Iterable[str]) -> dict[tuple[str, str], SlowestOfAll]:
    """Return a slow reading of each run for each group of people: pools of some of them share these."""
    return {(name, of): SlowestOfAll(folder, name, of) for name in names for of in AUDIENCES}


class SlowPool:
    """Some runs of a course, for one group of people, from `readings_of` them.

    `starts` are the runs' first days, where known.
    """

    def __init__(self, readings: dict, starts: dict[str, datetime.date | None], of: str):
        self.runs = [readings[name, of] for name in starts]
        self.of_each_audience = [[readings[name, one] for one in AUDIENCES] for name in starts]
        self.firsts = [
            start or min(datetime.date.fromisoformat(row["enrolled_at"][:10]) for row in run.enrolments)
            for run, start in zip(self.runs, starts.values(), strict=True)
        ]
        self.single = [single_charts(run) for run in self.runs]

    def day(self, at: int, cell: str) -> str:
        """Return a cell as it is, or, if it is a date, as the day of run `at` that it is."""
        try:
            after = (datetime.date.fromisoformat(cell) - self.firsts[at]).days if len(cell) == 10 else None
        except ValueError:
            return cell
        return cell if after is None else str(after + 1 if after >= 0 else after)

    def added(self, name: str) -> list[list[str]]:
        """Return the rows of a chart of all runs: what they count, and the sums of those counts that are known."""
        keys, sums = KEYS.get(name.partition("?")[0], 1), defaultdict(list)
        for at, charts in enumerate(self.single):
            for row in charts.get(name, []):
                sums[tuple(self.day(at, cell) for cell in row[:keys])].append(row[keys:])
        return texts(
            (
                *key,
                *(sum(map(int, filter(None, counts))) if any(counts) else None for counts in zip(*rows, strict=True)),
            )
            for key, rows in sums.items()
        )

    def totals(self) -> list[list[str]]:
        sums = Counter()
        for run in self.runs:
            sums.update(run.totals())
        return texts(
            (measure, sums[measure], round(100 * sums[measure] / sums[base], 2) if base and sums[base] else None, base)
            for measure, base in BASES.items()
        )

    def rates(self) -> list[list[str]]:
        sums = defaultdict(lambda: [0, 0])
        for charts in self.single:
            for step, visited, completed, _percent in charts["steps/completion-rate"]:
                sums[step][0] += int(visited)
                sums[step][1] += int(completed)
        return texts((step, a, b, round(100 * b / a, 2) if a else None) for step, (a, b) in sums.items())

    def so_far(self) -> dict[str, list[list[str]]]:
        """Return the charts of sums up to each day: what each day brought in any run, added up."""
        found = {}
        for name in SO_FAR:
            news = defaultdict(Counter)
            for at, charts in enumerate(self.single):
                before = Counter()
                for date, *counts in sorted(charts[name]):
                    for place, count in enumerate(map(int, counts)):
                        news[int(self.day(at, date))][place] += count - before[place]
                        before[place] = count
            known, found[name] = Counter(), []
            for day in sorted(news):
                for place, count in news[day].items():
                    known[place] += count
                found[name].append([str(day), *(str(known[place]) for place in range(len(news[day])))])
        return found

    def tone(self) -> dict[str, list]:
        scores, words = defaultdict(list), {True: Counter(), False: Counter()}
        for run, audiences in zip(self.runs, self.of_each_audience, strict=True):
            steps, _weeks, mine = run.toned_in_all
            for step, some in steps.items():
                scores[step] += some
            for is_good, counter in words.items():
                kept = {word for one in audiences for word, _count in first(one.toned_in_all[2][is_good], 50)}
                counter.update({word: mine[is_good][word] for word in kept})
        return {
            "comments/tone-score": means(scores),
            "comments/tone-words": texts(
                ("positive" if is_good else "negative", *row)
                for is_good, counter in words.items() for row in first(+counter, 50)
            ),
        }  # fmt: skip

    def tone_of_words(self) -> dict[str, list]:
        """Return the tone of comments with one word, of the runs that keep it."""
        found, kept = {}, [set(run.kept_words) for run in self.runs]
        for word in {name.partition("?word=")[2] for charts in self.single for name in charts if "?word=" in name}:
            steps, weeks = defaultdict(list), defaultdict(list)
            for run, words in zip(self.runs, kept, strict=True):
                some = [row for row in run.written() if word in words and word in told(row["text"])]
                for places, mine in zip((steps, weeks), run.toned(some), strict=False):
                    for place, scores in mine.items():
                        places[place] += scores
            rows = {"by-step": thirds(steps), "by-week": thirds(weeks), "score": means(steps)}
            found |= {f"comments/tone-{name}?word={word}": some for name, some in rows.items()}
        return found

    def words(self) -> dict[str, list]:
        said = [(run.said, [one.said for one in audiences]) for run, audiences in
                zip(self.runs, self.of_each_audience, strict=True)]  # fmt: skip

        def added(place: str, most: int) -> list:
            counts = Counter()
            for mine, audiences in said:
                kept = {word for one in audiences for word, _count in first(one[place], most)}
                counts.update({word: mine[place][word] for word in kept})
            return first(+counts, most)

        steps = {place for mine, _audiences in said for place in mine if "." in place}
        found = {f"comments/words?week={place}": texts(added(place, 100)) for place in ("all", "1", "2")}
        found |= {f"comments/words?step={step}&week=1": texts(added(step, 50)) for step in ("1.2", "2.5", "9.9")}
        return found | {"comments/words-by-step": texts((step, *row) for step in steps for row in added(step, 10))}

    def measures(self) -> dict[str, list]:
        people = [
            one for run in self.runs for who, one in run.learners().items() if run.counts(who)
        ]  # fmt: skip
        table = []
        for x, y in combinations(MEASURES, 2):
            pairs = [(one[x], one[y]) for one in people if None not in (one[x], one[y])]
            table.append((x, y, len(pairs), *slope_and_r(pairs)))
        buckets = defaultdict(lambda: [0, 0])
        for charts in self.single:
            for at, learners, comments, _mean in charts["measures/comments-per-completion"]:
                buckets[at][0] += int(learners)
                buckets[at][1] += int(comments)
        totals = {row[0]: int(row[1]) for row in self.totals()}
        written = Counter()
        for charts in self.single:
            written.update({row[0]: int(row[1]) for row in charts["measures/comments-in-total"]})
        return {
            "measures/correlation-table": texts(table),
            "measures/comments-per-completion": texts((at, a, b, round(b / a, 4)) for at, (a, b) in buckets.items()),
            "measures/comments-in-total": texts(
                (name, count, *(round(count / totals[people], 4) if totals[people] else None
                                for people in ("learners", "social_learners")))
                for name, count in written.items()
            ),
        }  # fmt: skip

    def same_videos(self) -> list[list[tuple]]:
        """Return which video each row of each run's file is: its step, its title, and its place among such rows."""
        files, found = [run.table("video-stats") for run in self.runs], []
        for rows in files:
            mine = []
            for row in rows:
                title = row["title"]
                steps = {one["step_position"] for file in files for one in file if one["title"] == title
                         and "step_position" in one}  # fmt: skip
                alone = sum(one["title"] == title for one in rows) == 1
                step = row.get("step_position", steps.pop() if len(steps) == 1 and alone else "")
                mine.append((step, title, sum(one[:2] == (step, title) for one in mine)))
            found.append(mine)
        return found

    def videos(self) -> dict[str, list]:
        views, found, same = defaultdict(list), {}, self.same_videos()
        for run, videos in zip(self.runs, same, strict=True):
            for row, video in zip(run.table("video-stats"), videos, strict=True):
                views[video].append(int(row["total_views"]))
        for name in ("videos-watched", "video-devices", "video-continents"):
            shares = defaultdict(list)
            for charts, videos in zip(self.single, same, strict=True):
                for row, video in zip(charts[f"videos/{name}"], videos, strict=True):
                    shares[video].append([Fraction(cell) for cell in row[2:]])
            found[f"videos/{name}"] = texts(
                (*video[:2], *(
                    float(round(sum(map(Fraction.__mul__, column, map(Fraction, views[video]))) / sum(views[video]), 4))
                    for column in zip(*rows, strict=True)
                ))
                for video, rows in shares.items()
            )  # fmt: skip
        counts = defaultdict(list)
        for charts, videos in zip(self.single, same, strict=True):
            for row, video in zip(charts["videos/videos"], videos, strict=True):
                counts[video].append(row[2:])
        found["videos/videos"] = [
            [
                *video[:2],
                next((known for known in seconds[::-1] if known), ""),
                *(str(sum(map(int, column))) if all(column) else "" for column in columns),
            ]
            for video, rows in counts.items()
            for seconds, *columns in [zip(*rows, strict=True)]
        ]
        return found

    def team(self) -> list[list[str]]:
        names, roles, posts, replies = {}, defaultdict(list), Counter(), Counter()
        for run in self.runs:
            team = run.table("team-members")
            for row in team:
                names.setdefault(row["id"], f"{row['first_name']} {row['last_name']}")
                if row["team_role"] not in roles[row["id"]]:
                    roles[row["id"]].append(row["team_role"])
            mine = {row["id"] for row in team if run.counts(row["id"])}
            for row in run.table("comments"):
                if row["author_id"] in mine:
                    (replies if row["parent_id"] else posts)[row["author_id"]] += 1
        return texts((name, " ".join(roles[one]), posts[one], replies[one]) for one, name in names.items())

    def charts(self) -> dict[str, list[list[str]]]:
        """Return every chart's CSV without its header by `page/chart`, choices of an address behind it."""
        found = {}
        # Of two surveys the later one may ask more.
        asked = dict.fromkeys(name for charts in self.single for name in charts if name.startswith(CHART))
        for name in asked | self.single[0]:
            if name.partition("?")[0] in BY_THEMSELVES:
                paths = [run.name.rpartition("-") for run in self.runs]
                found[name] = [
                    [f"{slug}/{number}", *row]
                    for (slug, _dash, number), charts in zip(paths, self.single, strict=True)
                    for row in charts.get(name, [])
                ]  # fmt: skip
            elif name not in OTHERS and "?word=" not in name:
                found[name] = self.added(name)
        return found | {
            "overview/totals": self.totals(), "steps/completion-rate": self.rates(), "team/team-members": self.team(),
            **self.so_far(), **self.tone(), **self.tone_of_words(), **self.words(),
            **self.measures(),
            **self.videos(),
        }  # fmt: skip


OTHERS = {
    "overview/totals", "steps/completion-rate", "team/team-members", *SO_FAR,
    "comments/tone-score", "comments/tone-words", "comments/words-by-step", "measures/correlation-table",
    "measures/comments-per-completion", "measures/comments-in-total", "videos/videos", "videos/videos-watched",
    "videos/video-devices", "videos/video-continents", *(f"comments/words?week={place}" for place in ("all", "1", "2")),
    *(f"comments/words?step={step}&week=1" for step in ("1.2", "2.5", "9.9")),
}  # fmt: skip


def single_charts(run: SlowestOfAll) -> dict[str, list[list[str]]]:
    """Return the CSVs of one run without their headers."""
    found = {
        name: texts(
            (*(key if isinstance(key, tuple) else (key,)), *(count if isinstance(count, tuple) else (count,)))
            for key, count in counts.items()
        )
        for name, counts in run.charts().items()
    }
    return found | run.more_charts()
