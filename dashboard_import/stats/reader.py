"""The reader of comments: one page of a run's comments, or one thread, found by step, by who wrote and by words."""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from dashboard_import.models import Comment, CommentType, CourseRun, Talker, TeamMember
from dashboard_import.placing import QUESTIONS
from dashboard_import.stats import placed
from dashboard_import.stats.kinds import ONE
from dashboard_import.stats.links import on_futurelearn, reading
from dashboard_import.stats.lists import PER_PAGE
from dashboard_import.stats.reading import step_name, step_of
from dashboard_import.stats.selection import choice, find_run, page_number
from dashboard_import.stats.talkers import author_of, pseudonym
from dashboard_import.talk import TALKERS, TYPES

LONGEST_SEARCH = 100
LIKES = re.compile(r"-?\d{1,10}", re.ASCII)  # files may have any number of 32 bits
BATCH = 200  # comments of a file for which types are looked up at once
COLUMNS = (
    "id", "date", "step", "author", "author_type", "type", "thread", "team_replied", "text", "likes", "link",
)  # fmt: skip
LONGEST_THREAD = 1_000
LAST_PAGE = 2_000  # further ones would be counted off, row by row
BY = {
    "all": _("everyone"), "learners": _("people who are not of the team"), "team": _("the team"),
    "nobody": _("nobody that the file names"),
}  # fmt: skip
KIND = {"all": _("posts and replies"), "posts": _("posts"), "replies": _("replies")}
TYPE = {"all": _("all kinds"), **{kind: ONE[kind] for kind in TYPES}}
TALKER = {"all": _("all kinds of people"), **{kind: ONE[kind] for kind in TALKERS}}
THREADED = {"all": _("in a thread or not"), "yes": _("in a thread"), "no": _("in no thread")}
HELPED = {"all": _("answered by the team or not"), "yes": _("the team replied"), "no": _("the team did not reply")}


@dataclass(frozen=True)
class Wanted:
    """What an address of the reader asks for."""

    run: CourseRun
    search: str
    step: str
    week: str
    day: str
    by: str
    kind: str
    type: str
    talker: str
    threaded: str
    helped: str
    likes: str
    replies: str
    who: str
    thread: int | None
    at: int

    @property
    def is_all(self) -> bool:
        """Whether nothing is looked for: all of the run's comments are wanted."""
        return not (
            self.search or self.step or self.week or self.day or self.who or self.by != "all" or self.kind != "all"
            or self.likes or self.replies or self.is_narrow
        )  # fmt: skip

    @property
    def is_narrow(self) -> bool:
        """Whether it is asked for how people talked: kinds of comments, of people, of threads."""
        return any(choice != "all" for choice in (self.type, self.talker, self.threaded, self.helped))

    @property
    def is_placed(self) -> bool:
        """Whether an index of placed comments has what is asked for, and the order of the course would be slow."""
        is_rare = self.is_narrow or self.by in ("team", "nobody") or self.likes or self.replies
        return bool(is_rare) and not (self.search or self.day or self.who)


def wanted(request: HttpRequest, slug: str, number: int) -> Wanted:
    """Read an address; one query. Raises Http404 for what makes no sense."""
    search = request.GET.get("q", "").replace("\0", "")[:LONGEST_SEARCH].strip()
    step, thread, at = request.GET.get("step", ""), request.GET.get("thread", ""), page_number(request)
    who, week, day, likes, replies = (request.GET.get(name, "") for name in ("who", "week", "day", "likes", "replies"))
    if at > LAST_PAGE or (step and step_of(step) is None) or not ((who.isascii() and who.isalnum()) or not who):
        raise Http404
    if (week and step_of(f"{week}.1") is None) or (day and moments_of(day) is None):
        raise Http404
    for asked, digits in ((thread, 18), (replies, 9)):
        if asked and not (asked.isascii() and asked.isdigit() and len(asked) <= digits):
            raise Http404
    if likes and not (LIKES.fullmatch(likes) and abs(int(likes)) < 1 << 31):
        raise Http404
    known = {"by": BY, "kind": KIND, "type": TYPE, "talker": TALKER, "threaded": THREADED, "helped": HELPED}
    choices = {name: choice(request, name, words, "all") for name, words in known.items()}
    run = find_run(slug, number)
    return Wanted(
        run, search, step, week, day, **choices, likes=likes, replies=replies, who=who,
        thread=int(thread) if thread else None, at=at,
    )  # fmt: skip


def moments_of(day: str) -> tuple[datetime.datetime, datetime.datetime] | None:
    """Return the first and the last moment of a day (UTC) such as `2026-01-31`; None for what is no day."""
    try:
        date = datetime.date.fromisoformat(day)
    except ValueError:
        return None
    return tuple(datetime.datetime.combine(date, time, datetime.UTC) for time in (datetime.time.min, datetime.time.max))


def matching(one: Wanted) -> QuerySet[Comment]:
    """Return the comments that an address asks for, in the order of the course."""
    rows = of_run(one.run)
    if one.step:
        week, number = step_of(one.step)
        rows = rows.filter(week=week, step=number)
    if one.week:
        rows = rows.filter(week=int(one.week))
    if one.day:
        rows = rows.filter(timestamp__range=moments_of(one.day))
    if one.who:
        rows = rows.filter(author_id=author_of(one.run, one.who))
    if one.by == "nobody":
        rows = rows.filter(author_id="")
    elif one.by != "all":
        rows = rows.filter(of_team=one.by == "team").exclude(author_id="")
    if one.kind != "all":
        rows = rows.filter(parent_id__isnull=one.kind == "posts")
    if one.likes:
        rows = rows.annotate(liked=Coalesce("likes", 0)).filter(liked=int(one.likes))
    if one.replies:
        got = Comment.objects.filter(run=OuterRef("run"), parent_id=OuterRef("comment_id")).order_by()
        counted = got.values("parent_id").annotate(count=Count("*")).values("count")
        rows = rows.filter(parent_id__isnull=True).annotate(got=Coalesce(Subquery(counted), 0))
        rows = rows.filter(got=int(one.replies))
    if one.search:
        rows = rows.filter(text__icontains=one.search)
    return by_talk(rows, one)


def by_talk(rows: QuerySet[Comment], one: Wanted) -> QuerySet[Comment]:
    """Return those of the comments that are as people talked."""
    if one.type != "all":
        kept = CommentType.objects.filter(run=OuterRef("run"), type=one.type, comment_id=OuterRef("comment_id"))
        rows = rows.filter(Exists(kept))
    if one.talker != "all":
        rows = rows.filter(author_id__in=Talker.objects.filter(run=one.run, type=one.talker).values("learner_id"))
    if one.threaded != "all":
        alone = Q(parent_id__isnull=True, answered=False)
        rows = rows.filter(~alone if one.threaded == "yes" else alone)
    if one.helped != "all":
        replies = of_run(one.run).filter(parent_id=OuterRef("first"), of_team=True)
        rows = rows.annotate(first=Coalesce("parent_id", "comment_id"))
        rows = rows.filter(Exists(replies) if one.helped == "yes" else ~Exists(replies))
    return rows.order_by("week", "step", "timestamp", "row")


def lacks_types(one: Wanted) -> bool:
    """Say whether a kind is asked for of a run that was loaded before kinds were kept; one query."""
    return one.type != "all" and not CommentType.objects.filter(run=one.run).exists()


def found(one: Wanted) -> list[Comment]:
    """Return the comments of one page, and one more where there is a next page; or those of one thread."""
    if one.thread is not None:
        return thread(of_run(one.run), one.thread)
    first = (one.at - 1) * PER_PAGE
    listed = placed_page(one, first) if one.is_placed else None
    if listed is not None:
        rows = {row.comment_id: row for row in of_run(one.run).filter(comment_id__in=listed)}
        return [rows[comment] for comment in listed if comment in rows]
    return list(matching(one)[first : first + PER_PAGE + 1])


def placed_page(one: Wanted, first: int) -> list[int] | None:
    """Return the comments of a page by index, and one more; None for a run loaded before there was that index."""
    wanted = {question: getattr(one, question) for question in QUESTIONS}
    numbers = {name: int(asked) for name in ("likes", "replies") if (asked := getattr(one, name))}
    place = {"week": int(one.week)} if one.week else {}
    if one.step:
        week, step = step_of(one.step)
        if place.setdefault("week", week) != week:
            return []
        place["step"] = step
    return placed.page(one.run, wanted, numbers, place, first, PER_PAGE + 1)


def of_run(run: CourseRun) -> QuerySet[Comment]:
    """Return a run's comments, each with whether it has replies and whether somebody of the team wrote it."""
    replies = Comment.objects.filter(run=OuterRef("run"), parent_id=OuterRef("comment_id"))
    team = TeamMember.objects.filter(run=OuterRef("run"), person_id=OuterRef("author_id"))
    return Comment.objects.filter(run=run).annotate(answered=Exists(replies), of_team=Exists(team))


def thread(rows: QuerySet[Comment], first: int) -> list[Comment]:
    """Return a post and its replies in order of time. Raises Http404 where there is none."""
    replies = rows.filter(parent_id=first).order_by(F("timestamp").asc(nulls_last=True), "row")[:LONGEST_THREAD]
    made = [*rows.filter(comment_id=first), *replies]
    if not made:
        raise Http404
    return made


def shown(run: CourseRun, rows: Sequence[Comment]) -> list[dict]:
    """Return comments as the page has them; of the people who wrote them, no more than a name that we made.

    Four queries: the types of comments and of talkers, who is of the team, and in which threads they replied.
    """
    threads = {row.parent_id or row.comment_id for row in rows}
    kept = CommentType.objects.filter(run=run, type__in=TYPES, comment_id__in=[row.comment_id for row in rows])
    types = dict(kept.values_list("comment_id", "type"))  # none of a run loaded before they were kept
    # Names have an index, learners have none.
    talkers = Talker.objects.filter(run=run, name__in={pseudonym(row.author_id) for row in rows if row.author_id})
    type_of = dict(talkers.values_list("learner_id", "type"))
    # The team is asked for first: a database that starts from its members reads all that they wrote.
    team = set(TeamMember.objects.filter(run=run).values_list("person_id", flat=True))
    answers = Comment.objects.filter(run=run, parent_id__in=threads).order_by()
    helped = {thread for thread, author in answers.values_list("parent_id", "author_id") if author in team}
    made = []
    for row in rows:
        name = pseudonym(row.author_id) if row.author_id else ""
        step = "" if row.week is None or row.step is None else step_name((row.week, row.step))
        first = row.parent_id or row.comment_id
        made.append({
            "id": row.comment_id, "name": name, "step": step, "text": row.text, "moment": row.timestamp,
            "likes": row.likes or 0, "team": row.of_team, "is_reply": row.parent_id is not None,
            "type": types.get(row.comment_id, ""), "talker": type_of.get(row.author_id, ""), "helped": first in helped,
            "hidden": row.moderation_state == "hidden", "original": on_futurelearn(run, row.comment_id),
            "by": reading(run, who=name) if name else "", "on": reading(run, step=step) if step else "",
            "first": first, "in_thread": row.parent_id is not None or row.answered,
            "thread": reading(run, thread=first) if row.parent_id is not None or row.answered else "",
            "type_words": kind_words(row, types.get(row.comment_id, "")),
            "talker_words": ONE.get(type_of.get(row.author_id)),
        })  # fmt: skip
    return made


def kind_words(row: Comment, kind: str) -> str:
    """Return what a comment is among comments that do not stand in their threads: a reply always says so."""
    if row.parent_id is not None and kind == "lone":
        return str(_("Reply to their own lone post"))
    return str(ONE.get(kind, ""))


def as_rows(one: Wanted) -> Iterator[tuple]:
    """Return the header and the rows of the file of what an address asks for, however many; three queries a batch.

    Raises Http404 at once, before a file is begun, for a thread that there is not.
    """
    rows = found(one) if one.thread is not None else matching(one).iterator(chunk_size=BATCH)
    return in_batches(one.run, iter(rows))


def in_batches(run: CourseRun, rows: Iterator[Comment]) -> Iterator[tuple]:
    """Yield the header and a row for each comment."""
    yield COLUMNS
    while batch := list(islice(rows, BATCH)):
        for each in shown(run, batch):
            moment = f"{each['moment']:%Y-%m-%d %H:%M:%S} UTC" if each["moment"] else ""
            yield (
                each["id"], moment, each["step"], each["name"], each["talker"], each["type"],
                each["first"] if each["in_thread"] else "", "true" if each["helped"] else "false", each["text"],
                each["likes"], each["original"],
            )  # fmt: skip
