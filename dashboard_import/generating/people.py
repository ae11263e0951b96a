"""Invented learners: who they are, as far as FutureLearn asks. The same person may come to a later run again."""

import hashlib
from bisect import bisect
from itertools import accumulate
from random import Random
from typing import NamedTuple

from dashboard_import.generating.course import Run

COMES_AGAIN = 0.06  # of the joiners of a run have been in the run before it (measured: 37,296 joiners, 35,225 people)
SAYS_NOTHING = 0.85  # of the learners answer none of the questions about themselves (measured: 88-90 %)
UNKNOWN = "Unknown"


class Choice:
    """A value drawn by weight."""

    def __init__(self, **weights: float) -> None:
        self.values = tuple(name.replace("__", "-").lstrip("_") for name in weights)
        self.sums = tuple(accumulate(weights.values()))

    @classmethod
    def of(cls, pairs: dict[str, float]) -> "Choice":
        made = cls()
        made.values, made.sums = tuple(pairs), tuple(accumulate(pairs.values()))
        return made

    def draw(self, chance: Random) -> str:
        return self.values[bisect(self.sums, chance.random() * self.sums[-1])]


GENDERS = Choice(female=54, male=44, nonbinary=1, other=1)
AGES = Choice.of({"<18": 3, "18-25": 17, "26-35": 22, "36-45": 17, "46-55": 16, "56-65": 15, ">65": 10})
EDUCATION = Choice(
    less_than_secondary=2, secondary=15, tertiary=13, apprenticeship=2, professional=9, university_degree=36,
    university_masters=19, university_doctorate=4,
)  # fmt: skip
STATUSES = Choice(
    working_full_time=38, working_part_time=13, self_employed=8, full_time_student=13, looking_for_work=7,
    unemployed=4, not_working=5, retired=12,
)  # fmt: skip
AREAS = Choice(
    accountancy_banking_and_finance=4, armed_forces_and_emergency_services=2, business_consulting_and_management=6,
    charities_and_voluntary_work=3, creative_arts_and_culture=5, energy_and_utilities=2,
    engineering_and_manufacturing=6, environment_and_agriculture=3, health_and_social_care=12,
    hospitality_tourism_and_sport=3, it_and_information_services=14, law=2, marketing_advertising_and_pr=3,
    media_and_publishing=3, property_and_construction=2, public_sector=5, recruitment_and_pr=1, retail_and_sales=4,
    science_and_pharmaceuticals=4, teaching_and_education=15, transport_and_logistics=2,
)  # fmt: skip
# NA is Namibia, here on purpose.
COUNTRIES = Choice(
    GB=38, IN=7, US=7, NG=4, AU=4, EG=2, ES=2.5, IT=2, DE=2, FR=2, UA=2, RU=2, BR=2, MX=1.5, CA=2, PK=2, CN=1.5, JP=1,
    SA=1.5, ZA=1.5, KE=1, GH=1, NL=1.2, IE=1.5, GR=1, PL=1, VN=1, ID=1, MY=1, SG=0.7, NZ=1, CO=1, AR=0.8, NA=0.3,
    WF=0.05, BE=0.6, PT=0.6, SE=0.5, TR=0.7, KZ=0.5, AE=0.6, JM=0.3,
)  # fmt: skip
STAFF_ROLES = ("lead_educator", "educator", "educator", "mentor", "mentor", "host", "author", "reviewer")


class Person(NamedTuple):
    """What the enrolments say about somebody; `country` is their own word, `detected` that of the network."""

    gender: str
    country: str
    age: str
    education: str
    status: str
    area: str
    detected: str


def staff_count(run: Run) -> int:
    """Return how many of the first joiners are the course's own people."""
    return min(len(STAFF_ROLES), 1 + run.joiners // 60)


def origin(run: Run, index: int) -> int:
    """Return the number of the run in which joiner `index` of `run` appeared first. Staff are always the same."""
    if index < len(STAFF_ROLES):
        return 1
    number = run.number
    while number > 1 and _share(f"{run.seed}/{run.course.slug}/again/{number}/{index}") < COMES_AGAIN:
        number -= 1
    return number


def learner_id(run: Run, index: int) -> str:
    """Return the id of joiner `index`: unique in the run, and the same for the same person in another run."""
    name = f"{run.seed}/{run.course.slug}/person/{origin(run, index)}/{index}"
    digits = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def person(run: Run, index: int) -> Person:
    """Return what joiner `index` says about themselves, mostly nothing."""
    chance = Random(f"{run.seed}/{run.course.slug}/about/{origin(run, index)}/{index}")  # noqa: S311
    home = COUNTRIES.draw(chance)
    detected = home if chance.random() < 0.93 else COUNTRIES.draw(chance) if chance.random() < 0.7 else "--"
    if chance.random() < SAYS_NOTHING:
        return Person(*[UNKNOWN] * 6, detected)
    drawn = (GENDERS, AGES, EDUCATION, STATUSES, AREAS)
    gender, age, education, status, area = (
        choice.draw(chance) if chance.random() < 0.96 else UNKNOWN for choice in drawn
    )
    return Person(gender, home if chance.random() < 0.96 else UNKNOWN, age, education, status, area, detected)


def _share(name: str) -> float:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) / 2**32
