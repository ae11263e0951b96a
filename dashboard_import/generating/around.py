"""The files about a run itself: its team, videos, campaigns, countries and links. None grows with the learners."""

from collections import Counter
from collections.abc import Iterator
from random import Random

from dashboard_import.generating.course import Run, Step
from dashboard_import.generating.journey import journey
from dashboard_import.generating.people import STAFF_ROLES, learner_id, person, staff_count

NAMES = (
    ("Ann", "O’Hara"), ("Bo", "Lindqvist"), ("Chipo", "Moyo"), ("Dilys", "Rees"), ("Émile", "Roy"), ("Fatima", "Khan"),
    ("Gil", "de Souza"), ("Hana", "Sato"),
)  # fmt: skip
CAMPAIGNS = (
    ("Unknown",) * 6, ("None", "None", "None", "None", "None", "direct/no referrer"),
    ("None", "None", "None", "None", "None", "www.google.co.uk"),
    ("fl_mailing", "fl_newsletter_jan", "email", "None", "top,left", "www.futurelearn.com"),
    ("twitter", "launch", "social", "None", "None", "t.co"),
    ("university", "open_day", "web", "bread+wine", "a", "None"),
)  # fmt: skip
PLACES = {"GB": ("United Kingdom", "Europe"), "IN": ("India", "Asia"), "US": ("United States", "North America"),
          "NG": ("Nigeria", "Africa"), "AU": ("Australia", "Oceania"), "NA": ("Namibia", "Africa"),
          "BR": ("Brazil", "South America")}  # fmt: skip
SUBDIVISIONS = {"GB": (("England", "ENG"), ("Scotland", "SCT"), ("Wales", "WLS")), "US": (("Texas", "TX"),),
                "IN": (("Kerala", "KL"),), "NA": (("Khomas", "KH"),)}  # fmt: skip


def team(run: Run) -> Iterator[tuple]:
    """id, first_name, last_name, team_role, user_role: a row for each role, so that a person may stand there twice."""
    for index in range(staff_count(run)):
        who = (learner_id(run, index), *NAMES[index])
        yield (*who, STAFF_ROLES[index], "organisation_admin")
        if index % 3 == 0:
            yield (*who, "host" if STAFF_ROLES[index] != "host" else "educator", "organisation_admin")


def videos(run: Run) -> Iterator[tuple]:
    """step_position, title, video_duration, views and shares in per cent, one row a video."""
    for step in run.course.steps:
        if step.type != "video":
            continue
        chance = run.random("video", step.name)
        views = int(run.joiners * 0.8 / step.week**0.7 * (0.5 + chance.random())) + 1
        counts = [int(views * share) for share in (0.06, 0.2, 0.09)]
        watched = [round(99 - part * (3 + chance.random() * 4), 2) for part in range(7)]
        yield (
            step.name, step.title, chance.randint(60, 900), views, *counts, round(chance.random() * 30, 2), *watched,
            *_shares(chance, (1, 640, 250, 5, 90, 14)), *_shares(chance, (600, 40, 180, 120, 30, 29, 1)),
        )  # fmt: skip


def _shares(chance: Random, weights: tuple[int, ...]) -> list[float]:
    drawn = [weight * (0.7 + 0.6 * chance.random()) for weight in weights]
    return [round(100 * weight / sum(drawn), 2) for weight in drawn]


def campaigns(run: Run) -> Iterator[tuple]:
    """utm_source … domain, enrolments, active_learners, upgrades_purchased. None and Unknown are words here."""
    chance, left = run.random("campaigns"), run.joiners
    for names in CAMPAIGNS:
        joined = left * chance.randint(10, 50) // 100
        left -= joined
        yield (*names, joined, joined * 2 // 5, joined // 50)


def countries(run: Run) -> Iterator[tuple]:
    """country_name, country_code, country_continent, joiner_count, active_learner_count."""
    joined, active = _by_country(run)
    for code, (name, continent) in PLACES.items():
        if joined[code]:
            yield name, code, continent, joined[code], active[code]


def subdivisions(run: Run) -> Iterator[tuple]:
    """subdivision_first, subdivision_first_code, country_name, country_code, country_continent and two counts."""
    joined, active = _by_country(run)
    for code, parts in SUBDIVISIONS.items():
        for number, (name, short) in enumerate(parts):
            share = 2**number
            if joined[code] >= share:
                yield name, short, PLACES[code][0], code, PLACES[code][1], joined[code] // share, active[code] // share


def _by_country(run: Run) -> tuple[Counter[str], Counter[str]]:
    joined, active = Counter(), Counter()
    for index in range(run.joiners):
        country = person(run, index).detected
        joined[country] += 1
        active[country] += any(visit.completed for visit in journey(run, index).visits)
    return joined, active


def step_path(run: Run, step: Step) -> str:
    """Return the public address of a step on FutureLearn's site."""
    return f"/courses/{run.course.slug}/{run.number}/steps/{step_id(run, step)}"


def step_id(run: Run, step: Step) -> int:
    """Return the number a step has on FutureLearn's site."""
    return 100_000 * run.number + 1_000 * step.week + step.number


def links(run: Run) -> Iterator[tuple]:
    """Week Number, Step Number, Step Title, Step URL, Part, Field, Link Target, Link Caption."""
    for step in run.course.steps:
        if step.type in ("article", "exercise"):
            address = f"https://www.futurelearn.com{step_path(run, step)}"
            chance = run.random("links", step.name)
            for number in range(chance.randint(0, 2)):
                target = f"https://example.org/{run.course.slug}/{step.name}?n={number}"
                yield (
                    step.week,
                    step.number,
                    step.title,
                    address,
                    "body",
                    "text",
                    target,
                    f"Source {number + 1}, “quoted”",
                )
