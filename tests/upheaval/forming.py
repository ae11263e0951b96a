"""The groups are made by processes that are killed half-way, and then by two at once."""

import os
import random
import subprocess
import sys
import time
from collections import Counter

from django.db.models import Count

from groups.models import FormingRules, Group, Membership
from tests.torture.crew import ROOT

SIZES = ("--size", "20", "--min", "12", "--max", "28", "--mix", "level")
KILLS = 4
WRITING = 0.02, 2.5 / 14_000  # seconds that making groups takes about: at the least, and for each person


def make_groups(run: int, people: int, draw: random.Random) -> tuple[Counter[str], list[str]]:
    """Make the groups of a course run; return what happened how often, and what was found half made."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for turn in range(KILLS):
        making = _start(run)
        making.stdout.readline()  # the plan is there, and the writing begins
        time.sleep(draw.uniform(turn, turn + 1) / KILLS * (WRITING[0] + WRITING[1] * people))
        making.kill()
        making.communicate()
        counts["makers killed"] += 1
        wrong += _half_made(run, people)
    pair = [_start(run), _start(run)]
    said = [one.communicate()[0] for one in pair]
    counts["made before a kill"] += not any("Made" in text for text in said)
    wrong += [f"make_groups ended with {one.returncode}: {text}" for one, text in zip(pair, said, strict=True)
              if one.returncode]  # fmt: skip
    wrong += _half_made(run, people)
    if not Group.objects.filter(sequence=run).exists():
        wrong.append("No groups were made.")
    return counts, wrong


def _start(run: int) -> subprocess.Popen:
    command = [sys.executable, "manage.py", "make_groups", "--sequence", str(run), *SIZES]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _half_made(run: int, people: int) -> list[str]:
    """Return what is wrong where there are some groups, some members or the rules, but not all of them."""
    groups = Group.objects.filter(sequence=run).annotate(size=Count("memberships"))
    members = Membership.objects.filter(group__sequence=run).count()
    rules = FormingRules.objects.filter(sequence=run).count()
    empty = groups.filter(size=0).count()
    whole = (members, rules, empty) == (people, 1, 0) or (groups.count(), members, rules) == (0, 0, 0)
    return [] if whole else [f"{groups.count()} groups, {empty} of them empty, {members} members, {rules} rules"]
