"""Every kind of file that FutureLearn gives, as data: its names, its columns, the table it goes into.

Columns are found by name, as FutureLearn asks partners to do ("rely on the column names rather than their position"),
so all layouts since 2016 are one description: what came later, or went away, is optional.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from django.db import models as django_models

from dashboard_import import models
from dashboard_import.cells import Cell, Flag, Moment, Place, Share, Text, Whole, Word

Small, Count = partial(Whole, 16), partial(Whole, 64)


@dataclass(frozen=True)
class Column:
    """One column: what its cells are, which fields they fill, whether a file without it is another kind of file.

    With `filled` a row whose cell is empty is rejected. `also` are other names seen for it.
    """

    name: str
    cell: Callable[[], Cell] = Word
    fields: tuple[str, ...] = ()
    needed: bool = False
    filled: bool = False
    also: tuple[str, ...] = ()

    @property
    def into(self) -> tuple[str, ...]:
        return self.fields or (self.name,)


@dataclass(frozen=True)
class Dataset:
    """One kind of file. `key` names the fields that no two rows of a run share, where there are such.

    Of a `guessed` kind nobody outside has seen the columns' names: a file without those that we think of is taken all
    the same, with all its columns unknown.

    `place` names the column with the step and, beside it, those that say the same in two numbers: they are compared,
    not stored.
    """

    kind: str
    model: type[django_models.Model]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    place: tuple[str, str, str] = ("step", "week_number", "step_number")
    also: tuple[str, ...] = ()
    guessed: bool = False
    by_name: dict[str, Column] = field(init=False, compare=False)

    def __post_init__(self):
        names = {name: column for column in self.columns for name in (column.name, *column.also)}
        object.__setattr__(self, "by_name", names)

    @property
    def dashed(self) -> str:
        """The name as files have it; `kind` is the name as addresses have it."""
        return self.kind.replace("_", "-")

    @property
    def needed(self) -> list[str]:
        return [column.name for column in self.columns if column.needed]

    @property
    def compared(self) -> tuple[str, ...]:
        """The two columns that repeat the step in numbers, where this kind has its step in one column."""
        return tuple(filter(None, self.place[1:])) if self.place[0] in self.by_name else ()

    def knows(self, name: str) -> bool:
        return name in self.by_name or name in self.compared


def words(*names: str, most: int = 64) -> tuple[Column, ...]:
    return tuple(Column(name, partial(Word, most)) for name in names)


def moments(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Moment) for name in names)


def counts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Count) for name in names)


def shares(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Share) for name in names)


def texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Text) for name in names)


def own_id(name: str) -> Column:
    """Return the column `id`, a number that no two rows share."""
    return Column("id", Count, (name,), needed=True, filled=True)


STEP = Column("step", Place, ("week", "step"), needed=True, filled=True)
LEARNER = Column("learner_id", needed=True, filled=True)
DEMOGRAPHICS = (
    "gender", "country", "age_range", "highest_education_level", "employment_status", "employment_area",
    "detected_country",
)  # fmt: skip
REGION = (
    Column("country_name", partial(Word, 200), also=("country", "name")),
    Column("country_code", partial(Word, 20), needed=True, also=("code",)),
    Column("country_continent", partial(Word, 100), also=("continent",)),
    Column("joiner_count", Count, also=("joiners",)),
    Column("active_learner_count", Count, also=("active_learners",)),
)
VIEWED = ("hd", "five_percent", "ten_percent", "twentyfive_percent", "fifty_percent", "seventyfive_percent",
          "ninetyfive_percent", "onehundred_percent")  # fmt: skip
DEVICES = ("console", "desktop", "mobile", "tv", "tablet", "unknown")
CONTINENTS = ("europe", "oceania", "asia", "north_america", "south_america", "africa", "antarctica")
SURVEY = (
    Column("id", partial(Word, 100), ("response_id",), also=("response_id",)),
    Column("learner_id", Word, also=("partner_export_id",)),
    Column("responded_at", Moment, also=("submitted_at",)),
)

DATASETS = {
    dataset.kind: dataset
    for dataset in (
        Dataset("enrolments", models.Enrolment, (
            LEARNER,
            Column("enrolled_at", Moment, needed=True),
            Column("unenrolled_at", Moment, needed=True),
            *words("role", *DEMOGRAPHICS),
            *moments("fully_participated_at", "purchased_statement_at"),
        ), key=("learner_id",)),
        Dataset("step_activity", models.StepActivity, (
            LEARNER, STEP,
            Column("first_visited_at", Moment, needed=True),
            Column("last_completed_at", Moment, needed=True),
        )),  # (learner, step) is unique in all files seen; asking takes longer than all other checks
        Dataset("comments", models.Comment, (
            own_id("comment_id"),
            Column("author_id", needed=True),
            Column("parent_id", Count, needed=True),
            STEP,
            Column("text", Text, needed=True),
            Column("timestamp", Moment, needed=True),
            Column("likes", partial(Whole, 32)),
            *moments("first_reported_at"),
            *words("first_reported_reason", most=500),
            *words("moderation_state", "moderated"),
        ), key=("comment_id",)),
        Dataset("question_response", models.QuizResponse, (
            Column("learner_id", needed=True),
            Column("quiz_question", partial(Word, 100), needed=True),
            *words("question_type", most=100),
            Column("week_number", Small, ("week",)),
            Column("step_number", Small, ("step",)),
            Column("question_number", Small),
            Column("response", Text, needed=True),
            *texts("cloze_response"),
            *moments("submitted_at"),
            Column("correct", Flag, needed=True),
        )),
        Dataset("team_members", models.TeamMember, (
            Column("id", Word, ("person_id",), needed=True, filled=True),
            *words("first_name", "last_name", most=200),
            Column("team_role", needed=True),
            *words("user_role"),
        )),
        Dataset("video_stats", models.VideoStats, (
            Column("step_position", Place, ("week", "step")),
            Column("title", partial(Word, 500), needed=True),
            Column("total_views", Count, needed=True),
            *counts("total_downloads", "total_caption_views", "total_transcript_views"),
            *shares("video_duration", *(f"viewed_{part}" for part in VIEWED)),
            *shares(*(f"{device}_device_percentage" for device in DEVICES)),
            *shares(*(f"{continent}_views_percentage" for continent in CONTINENTS)),
        )),
        Dataset("campaigns", models.Campaign, (
            Column("utm_source", partial(Word, 500), needed=True),
            Column("utm_campaign", partial(Word, 500), needed=True),
            *words("utm_medium", "utm_term", "utm_content", "domain", most=500),
            *counts("enrolments", "active_learners", "upgrades_purchased"),
        )),
        Dataset("leaving_survey_responses", models.LeavingResponse, (
            Column("id", Count, ("response_id",)),
            Column("learner_id", needed=True),
            Column("left_at", Moment, needed=True),
            Column("leaving_reason", partial(Word, 500), needed=True),
            *moments("last_completed_step_at"),
            Column("last_completed_step", Place, ("week", "step")),
        ), place=("last_completed_step", "last_completed_week_number", "last_completed_step_number")),
        Dataset("archetype_survey_responses", models.Archetype, (
            Column("id", Count, ("response_id",)),
            Column("learner_id", needed=True),
            Column("responded_at", Moment, needed=True),
            Column("archetype", partial(Word, 100), needed=True),
        )),
        Dataset("weekly_sentiment_survey_responses", models.WeeklySentiment, (
            Column("id", Count, ("response_id",)),
            Column("responded_at", Moment, needed=True),
            Column("week_number", Small, needed=True),
            Column("experience_rating", Small, needed=True),
            *texts("reason"),
        )),
        Dataset("peer_review_assignments", models.PeerAssignment, (
            own_id("assignment_id"), STEP,
            Column("author_id", needed=True),
            Column("text", Text, needed=True),
            *moments("first_viewed_at"),
            Column("submitted_at", Moment, needed=True),
            *words("moderated"),
            Column("review_count", partial(Whole, 32), needed=True),
        ), key=("assignment_id",)),
        Dataset("peer_review_reviews", models.PeerReview, (
            own_id("review_id"), STEP,
            Column("reviewer_id", needed=True),
            Column("assignment_id", Count, needed=True),
            *texts(*(f"guideline_{number}_feedback" for number in ("one", "two", "three"))),
            *moments("created_at"),
        ), key=("review_id",)),
        Dataset("post_course_survey_data", models.PostCourseResponse, SURVEY, guessed=True),
        Dataset("post_course_survey_free_text", models.PostCourseText, SURVEY, guessed=True),
        Dataset("country_subdivisions", models.CountrySubdivision, (
            Column("subdivision_first", partial(Word, 200), needed=True, also=("subdivision", "subdivision_name")),
            Column("subdivision_first_code", partial(Word, 20), also=("subdivision_code",)),
            *REGION,
        ), guessed=True),
        Dataset("countries", models.Country, REGION, guessed=True),
        Dataset("extract_links", models.Link, (
            Column("week_number", Small, needed=True),
            Column("step_number", Small, needed=True),
            *words("step_title", most=500),
            *words("step_url", most=2000),
            *words("part", "field", most=200),
            Column("link_target", partial(Word, 4000), needed=True),
            *texts("link_caption"),
        )),
        Dataset("course_overview", models.CourseStep, (
            Column("step_number", Place, ("week", "step"), needed=True, filled=True),
            Column("step_title", partial(Word, 500), needed=True),
            Column("step_type", partial(Word, 100), needed=True),
            *words("step_edit_url", "step_url", most=1000),
        ), key=("week", "step"), place=("step_number", "", ""), also=("scraped_links",)),
    )
}  # fmt: skip

# Browsers call the second download of a file `enrolments (1).csv`.
NAME = re.compile(
    r"(?:(?P<slug>.+?)-(?P<run>\d{1,9})_)?(?P<kind>[a-z_-]+?)(?:-dataset)?(?: ?\(\d+\))?\.csv", re.IGNORECASE
)
KINDS = {name: dataset.kind for dataset in DATASETS.values() for name in (dataset.kind, *dataset.also)}


def from_name(name: str) -> tuple[str, str, int | None]:
    """Return (kind, slug, run) of a file's name such as `cyber-security-1_step-activity.csv`.

    Underscores and dashes are the same. The kind is empty where we do not know it; without slug and run they are
    an empty text and None.
    """
    found = NAME.fullmatch(name)
    if not found:
        return "", "", None
    kind = KINDS.get(found["kind"].lower().replace("-", "_"), "")
    return kind, found["slug"] or "", int(found["run"]) if found["run"] else None


def normal(name: str) -> str:
    """Return a column's name as we compare it: `Week Number` is `week_number`."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def best_match(names: Iterable[str]) -> Dataset | None:
    """Return the kind that most of these columns belong to, among those whose needed columns are all there."""
    names = set(names)
    fitting = [dataset for dataset in DATASETS.values() if dataset.needed and names.issuperset(dataset.needed)]
    return max(fitting, key=lambda dataset: sum(map(dataset.knows, names)), default=None)
