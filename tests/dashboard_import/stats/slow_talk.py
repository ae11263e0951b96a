"""Conversation and paths once more, slowly, in plain Python. Of ours is only the name that stands for a person."""

import itertools
from collections import Counter, defaultdict
from functools import cached_property, lru_cache

from dashboard_import.stats.stop_words import STOP_WORDS
from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.slow_more import SlowerRun, texts, values

TYPES = ("lone", "initiating", "first_reply", "further_reply", "initiators_reply")
DRAWN = 100


def most_connected(since: dict[tuple[str, str], str]) -> list[list]:
    """Return, for who knows most others, how many those were on each day on which they became more."""
    firsts = defaultdict(dict)
    for pair, day in since.items():
        for one, other in (pair, pair[::-1]):
            firsts[one][other] = min(firsts[one].get(other, "9"), day)
    top = sorted(firsts, key=lambda who: (-len(firsts[who]), who))[:7]
    return [
        [day, pseudonym(who), sum(first <= day for first in firsts[who].values())]
        for who in top
        for day in {*firsts[who].values()}
    ]


def key(step: str) -> tuple[int, ...]:
    return tuple(map(int, step.split(".")))


class SlowestRun(SlowerRun):
    """The further charts of a run, with how people talked and which ways they took."""

    def threads(self) -> list[list[dict]]:
        """Return each thread's comments, the post first, then replies in order of time."""
        found = {row["id"]: [row] for row in self.table("comments") if not row["parent_id"]}
        replies = [row for row in self.table("comments") if row["parent_id"]]
        for row in sorted(replies, key=lambda row: row["timestamp"]):
            found[row["parent_id"]].append(row)
        return list(found.values())

    def typed(self) -> list[tuple[str, dict, int]]:
        """Return the type of each comment, the comment, and how many replies by others came after it."""
        made = []
        for post, *replies in self.threads():
            whos = [row["author_id"] or row["id"] for row in (post, *replies)]
            is_alone = set(whos) == {whos[0]}
            for at, row in enumerate((post, *replies)):
                if is_alone:
                    kind = "lone"
                elif at == 0:
                    kind = "initiating"
                elif whos[at] == whos[0]:
                    kind = "initiators_reply"
                else:
                    kind = "further_reply" if whos[at] in whos[:at] else "first_reply"
                made.append((kind, row, sum(who != whos[at] for who in whos[at + 1 :])))
        return made

    def talkers(self) -> list[list]:
        people = defaultdict(lambda: [Counter(), 0, 0])
        for kind, row, after in self.typed():
            if row["author_id"]:
                one = people[row["author_id"]]
                one[0][kind] += 1
                one[1] += after if kind in ("initiating", "first_reply") else 0
                one[2] += int(row["likes"] or 0)
        return [
            [pseudonym(who), talker(counts), *(counts[kind] for kind in TYPES), received, likes, sum(counts.values())]
            for who, (counts, received, likes) in people.items()
            if self.counts(who)
        ]

    def conversation(self) -> dict[str, list]:
        typed = [(kind, row) for kind, row, _after in self.typed() if self.counts(row["author_id"])]
        steps, days = defaultdict(Counter), defaultdict(Counter)
        for kind, row in typed:
            steps[row["step"]][kind] += 1
            days[row["timestamp"][:10]][kind] += 1
        talkers = self.talkers()
        return {
            "conversation/comment-types": values(Counter(kind for kind, _row in typed)),
            "conversation/comment-types-by-step": texts(
                [step, *(counts[kind] for kind in TYPES)] for step, counts in steps.items()
            ),
            "conversation/comment-types-by-day": texts(
                [day, *(counts[kind] for kind in TYPES)] for day, counts in days.items()
            ),
            "conversation/learner-types": values(Counter(row[1] for row in talkers)),
            "conversation/learners": texts(talkers),
        }

    def network(self) -> dict[str, list]:
        replies, since, met = Counter(), {}, {}
        for post, *rest in self.threads():
            for row in rest:
                pair = (row["author_id"], post["author_id"])
                if "" not in pair and pair[0] != pair[1]:
                    replies[pair] += 1
                    since[pair] = min(since.get(pair, "9"), row["timestamp"][:10])
        strength = Counter()
        for pair, count in replies.items():
            for who in pair:
                strength[who] += count
                met[who] = min(met.get(who, "9"), since[pair])
        drawn = set(sorted(strength, key=lambda who: (-strength[who], who))[:DRAWN])
        density = []
        for day in sorted({*since.values()}):
            people, pairs = (sum(first <= day for first in firsts.values()) for firsts in (met, since))
            density.append([day, people, pairs, round(pairs / (people * (people - 1)), 6)])
        returned = []
        for day in sorted({*since.values()}):
            pairs = {pair for pair, first in since.items() if first <= day}
            both = sum(pair[::-1] in pairs for pair in pairs)
            returned.append([day, len(pairs), both, round(both / len(pairs), 6)])
        return {
            "conversation/network-reciprocity": texts(returned),
            "conversation/most-connected": texts(most_connected(since)),
            "conversation/reply-network": texts(
                [pseudonym(a), pseudonym(b), count] for (a, b), count in replies.items() if {a, b} <= drawn
            ),
            "conversation/network-density": texts(density),
        }

    def paths(self) -> dict[str, list]:
        ways = defaultdict(list)
        for row in sorted(self.steps, key=lambda row: row["last_completed_at"]):
            if row["last_completed_at"]:
                ways[row["learner_id"]].append(row["step"])
        by_week, by_step, ends = Counter(), defaultdict(Counter), defaultdict(lambda: [0, 0])
        for steps in ways.values():
            weeks = [step.split(".")[0] for step in steps]
            ends[weeks[0]][0] += 1
            ends[weeks[-1]][1] += 1
            by_week.update({(a, b) for a, b in itertools.pairwise(weeks) if a != b})
            for week in set(weeks):
                mine = [step for step in steps if step.split(".")[0] == week]
                by_step[week].update(set(itertools.pairwise(mine)))
        return {
            "paths/paths-by-week": texts([a, b, count] for (a, b), count in by_week.items()),
            "paths/path-ends": texts([week, *counts] for week, counts in ends.items()),
        } | {
            f"paths/paths-by-step?week={week}": texts([a, b, count] for (a, b), count in by_step[week].items())
            for week in ("1", "2", "3")
        }

    @cached_property
    def said(self) -> dict[str, Counter]:
        """Return how many comments have each word: on each step, such as 1.2, in each week, such as 1, and in all."""
        places = defaultdict(Counter)
        for row in self.table("comments"):
            if not self.counts(row["author_id"]):
                continue
            for place in ("all", row["step"].split(".")[0], row["step"]):
                places[place].update(told(row["text"]))
        return places

    def words(self) -> dict[str, list]:
        places = self.said
        found = {f"comments/words?week={place}": texts(first(places[place], 100)) for place in ("all", "1", "2")}
        steps = [place for place in places if "." in place]
        by_step = [(step, *row) for step in steps for row in first(places[step], 10)]
        for step in ("1.2", "2.5", "9.9"):
            found[f"comments/words?step={step}&week=1"] = texts(first(places[step], 50))
        return found | {"comments/words-by-step": texts(by_step)}

    def more_charts(self) -> dict[str, list]:
        return super().more_charts() | self.conversation() | self.network() | self.paths() | self.words()


@lru_cache(maxsize=10_000)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text, but for addresses."""
    text = " ".join(part for part in text.split() if not part.lower().startswith("http"))
    letters = "".join(letter if letter.isalpha() or letter in "'’" else " " for letter in text)
    return tuple(word.strip("'’").lower().replace("’", "'") for word in letters.split())


@lru_cache(maxsize=10_000)
def told(text: str) -> frozenset[str]:
    """Return the words of a text that say something."""
    return frozenset(word for word in tokens(text) if 2 <= len(word) <= 40 and word not in STOP_WORDS["en"])


def first(counts: Counter, most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:most]


def talker(counts: Counter) -> str:
    """Return what kind of talker somebody is, as the page defines it."""
    came_back = counts["initiators_reply"] or counts["further_reply"]
    posted, replied = counts["initiating"] or counts["lone"], counts["first_reply"]
    if not replied:
        if not counts["initiating"]:
            return "loner"
        return "initiator_responding" if counts["initiators_reply"] else "initiator"
    if not posted:
        return "replier"
    if counts["initiating"] and came_back:
        return "active"
    return "reluctant" if counts["further_reply"] else "active_without_turns"
