"""More numbers once more, slowly, in plain Python: measures, team, videos, campaigns, peer review.

Each is a chart's CSV without its header: lists of texts, in any order.
"""

import math
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import combinations

from tests.dashboard_import.stats.slow import SlowRun

GROUPS = {
    "work_and_study": {"Advancers", "Explorers", "Preparers"}, "personal_life": {"Fixers", "Flourishers"},
    "leisure": {"Hobbyists", "Vitalisers"},
}  # fmt: skip
MEASURES = ("steps", "comments", "replies", "likes", "answers", "correct", "wrong", "questions")
SHARES = ("steps", "correct", "wrong", "questions")
LISTED = ("timestamp", "step", "text", "likes")
CAMPAIGN = (
    "utm_source", "utm_campaign", "utm_medium", "utm_term", "utm_content", "domain", "enrolments", "active_learners",
    "upgrades_purchased",
)  # fmt: skip


def texts(rows) -> list[list[str]]:
    """Return rows as a CSV says them: nothing for None, no needless decimals."""
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def values(counts: Counter) -> list[list[str]]:
    return texts((value, count) for value, count in counts.items() if count)


def whole_percent(part: int, whole: int) -> int:
    """Return a share in whole per cent, halves up."""
    return math.floor(Fraction(100 * part, whole) + Fraction(1, 2)) if whole else 0


def class_width(most: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50 … with which at most twenty classes reach to `most`."""
    wide, factors = 1, (2, Fraction(5, 2), 2)
    for factor in (factors * 12) if most else ():
        if most <= wide * 20:
            break
        wide = int(wide * factor)
    return wide


class SlowerRun(SlowRun):
    """The further charts of a run."""

    def groups(self) -> dict[str, list]:
        groups = Counter()
        for row in self.table("archetype-survey-responses"):
            if self.counts(row["learner_id"]):
                groups[next((name for name, members in GROUPS.items() if row["archetype"] in members), "other")] += 1
        return {"surveys/archetype-groups": values(groups)}

    def videos(self) -> dict[str, list]:
        rows = self.table("video-stats")

        def numbers(row, *columns):
            return (row.get("step_position", ""), row["title"], *(row.get(column) or None for column in columns))

        def shares(row, *columns):
            return (*numbers(row)[:2], *(float(row[column]) for column in columns))

        parts = ("five", "ten", "twentyfive", "fifty", "seventyfive", "ninetyfive", "onehundred")
        devices = ("desktop", "mobile", "tablet", "tv", "console", "unknown")
        continents = ("europe", "asia", "north_america", "africa", "south_america", "oceania", "antarctica")
        counts = ("total_views", "total_downloads", "total_caption_views", "total_transcript_views")
        return {
            "videos/videos": texts(
                (
                    *numbers(row),
                    float(row["video_duration"]) if "video_duration" in row else None,
                    *numbers(row, *counts)[2:],
                )
                for row in rows
            ),
            "videos/videos-watched": texts(shares(row, *(f"viewed_{part}_percent" for part in parts)) for row in rows),
            "videos/video-devices": texts(
                shares(row, *(f"{one}_device_percentage" for one in devices)) for row in rows
            ),
            "videos/video-continents": texts(
                shares(row, *(f"{one}_views_percentage" for one in continents)) for row in rows
            ),
        }

    def campaigns(self) -> dict[str, list]:
        rows = self.table("campaigns")
        domains = Counter()
        for row in rows:
            domains[row["domain"]] += int(row["enrolments"])
        return {
            "campaigns/campaigns": texts([row.get(column, "") for column in CAMPAIGN] for row in rows),
            "campaigns/campaign-domains": texts(domains.items()),
        }

    def peer_review(self) -> dict[str, list]:
        made = [row for row in self.table("peer-review-assignments") if self.counts(row["author_id"])]
        reviews = [row for row in self.table("peer-review-reviews") if self.counts(row["reviewer_id"])]
        return {
            "peer-review/peer-review-totals": texts([
                ("assignments", len(made)), ("authors", len({row["author_id"] for row in made})),
                ("moderated", sum(row["moderated"] != "" for row in made)), ("reviews", len(reviews)),
                ("reviewers", len({row["reviewer_id"] for row in reviews})),
            ]),
            "peer-review/reviews-per-assignment": values(Counter(row["review_count"] for row in made)),
            "peer-review/assignments-per-day": values(Counter(row["submitted_at"][:10] for row in made)),
            "peer-review/reviews-per-day": values(Counter(row["created_at"][:10] for row in reviews)),
        }  # fmt: skip

    def team(self) -> dict[str, list]:
        comments, members, roles = self.table("comments"), {}, defaultdict(list)
        for row in self.table("team-members"):
            members[row["id"]] = f"{row['first_name']} {row['last_name']}"
            roles[row["id"]].append(row["team_role"])
        posts, replies = (
            Counter(row["author_id"] for row in comments if bool(row["parent_id"]) is wanted)
            for wanted in (False, True)
        )
        slug, number = self.name.rsplit("-", 1)
        site = f"https://www.futurelearn.com/courses/{slug}/{number}/comments"
        listed = [
            (members[row["author_id"]], *(row[name] for name in LISTED), f"{site}/{row['id']}")
            for row in comments
            if row["author_id"] in members
        ]
        counted = {one: self.counts(one) for one in members}
        return {
            "team/team-members": texts(
                (name, " ".join(roles[one]), posts[one] * counted[one], replies[one] * counted[one])
                for one, name in members.items()
            ),
            "team/team-comments": texts(listed),
        }

    def learners(self) -> dict[str, dict[str, int | None]]:
        """Return the measures of each person who did anything."""
        known = defaultdict(lambda: dict.fromkeys(("done", *MEASURES), 0) | {"asked": set()})
        for row in self.table("step-activity"):
            known[row["learner_id"]]["done"] += row["last_completed_at"] != ""
        for row in self.table("comments"):
            if row["author_id"]:
                one = known[row["author_id"]]
                one["comments"] += 1
                one["replies"] += row["parent_id"] != ""
                one["likes"] += int(row["likes"])
        rows = self.table("question-response")
        for row in rows:
            if row["learner_id"]:
                one = known[row["learner_id"]]
                one["answers"] += 1
                one["correct"] += row["correct"].lower() == "true"
                one["asked"].add(row["quiz_question"])
        questions = len({row["quiz_question"] for row in rows})
        for one in known.values():
            right, answers = one["correct"], one["answers"]
            one["steps"] = whole_percent(one["done"], len(self.all_steps))
            one["questions"] = whole_percent(len(one["asked"]), questions)
            one["correct"] = whole_percent(right, answers) if answers else None
            one["wrong"] = whole_percent(answers - right, answers) if answers else None
        return known

    def measures(self) -> dict[str, list]:
        everybody = self.learners()
        most = {name: max((one[name] or 0 for one in everybody.values()), default=0) for name in MEASURES}
        wide = {name: 5 if name in SHARES else class_width(most[name]) for name in MEASURES}
        known = {who: one for who, one in everybody.items() if self.counts(who)}
        found, table = {}, []
        for x, y in combinations(MEASURES, 2):
            pairs = [(one[x], one[y]) for one in known.values() if None not in (one[x], one[y])]
            classes = Counter((a // wide[x] * wide[x], b // wide[y] * wide[y]) for a, b in pairs)
            found[x, y] = texts((*pair, count) for pair, count in classes.items())
            table.append((x, y, len(pairs), *slope_and_r(pairs)))
        visitors = {row["learner_id"] for row in self.steps}
        buckets = defaultdict(list)
        for who in visitors:
            buckets[known[who]["steps"] // 5 * 5].append(known[who]["comments"])
        comments = [row for row in self.table("comments") if self.everyone or row["author_id"] in self.who]
        replies, authors = (
            sum(row["parent_id"] != "" for row in comments),
            {row["author_id"] for row in comments} - {""},
        )
        return {
            "measures/comments-per-completion": texts(
                (at, len(some), sum(some), round(sum(some) / len(some), 4)) for at, some in buckets.items()
            ),
            "measures/comments-in-total": texts(
                (name, count, *(round(count / len(people), 4) if people else None for people in (visitors, authors)))
                for name, count in (
                    ("posts", len(comments) - replies), ("replies", replies), ("comments", len(comments))
                )
            ),
            "measures/correlation-table": texts(table),
            "measures/correlations": found["steps", "comments"],
            **{
                f"measures/correlations?x={x}&y={y}": rows for (x, y), rows in found.items()
            },
            "measures/correlations?x=likes&y=steps": [[b, a, count] for a, b, count in found["steps", "likes"]],
        }  # fmt: skip

    def more_charts(self) -> dict[str, list]:
        """Return the CSVs by `page/chart`, with the choices of an address behind it."""
        parts = (self.groups, self.videos, self.campaigns, self.peer_review, self.team, self.measures)
        return {name: rows for part in parts for name, rows in part().items()}


def slope_and_r(pairs: list[tuple[int, int]]) -> tuple[float | None, float | None]:
    """Return the slope of the least-squares line and the correlation, by their definitions."""
    if not pairs:
        return None, None
    mean_x, mean_y = (Fraction(sum(pair[at] for pair in pairs), len(pairs)) for at in (0, 1))
    across = sum((x - mean_x) ** 2 for x, _y in pairs)
    up = sum((y - mean_y) ** 2 for _x, y in pairs)
    both = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    if not across:
        return None, None
    return round(float(both / across), 6), round(float(both) / math.sqrt(across * up) if up else 0.0, 6)
