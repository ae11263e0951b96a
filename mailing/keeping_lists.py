"""Keeping mailing lists at the provider in step with who is in which group and course: a little in each tick.

What we know to be on a list stands in ListMember, so that a tick asks only our own database what has changed. Each
list is read at the provider every hour, and after an upload that the provider finishes later. Every step may be
repeated, so a worker that dies in between does no harm.
"""

import datetime
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.models import Group, Post, Preference
from groups.moving import leave_group
from groups.readers import active_members
from mailing import mailgun_lists
from mailing.keeping_step import AGAIN, LONGEST, has_lists
from mailing.mailgun_lists import ListsError, RefusedError
from mailing.models import ListMember, ProviderList
from mailing.talk_readers import organisers_address
from mooc.lib.addresses import fold
from sequence.models import Sequence, title_of
from signup.leaving import leave
from signup.models import Signup

LOT = 1000  # rows a statement
MOST_REMOVED = 50  # addresses a round: each takes a call
SOON, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
PATIENCE = datetime.timedelta(minutes=10)  # how long the provider may take with an upload
MOST_REFUSALS = 25  # of one upload: to find one bad address among 1,000 takes about ten
MOST_PAGES = 5_000  # of 100 members; a provider that leads in a circle must not keep us for ever

Step = Callable[[ProviderList, datetime.datetime], int]


def by_lists() -> bool:
    """Say whether groups talk by the provider's mailing lists: it is wanted, and mail goes by such a provider."""
    return settings.GROUP_DISCUSSION == "lists" and has_lists()


def keep_lists(now: datetime.datetime | None = None, stopping: Callable[[], bool] = lambda: False) -> tuple[int, str]:
    """Bring the lists in step as far as the time goes; return how many changes that were, and a trouble.

    Where groups talk by relay, lists from earlier are removed: else a group would get everything twice. The first
    trouble ends the round, as the provider may be away; it stands at its list for staff, which is left for a minute.
    """
    if not has_lists():
        return 0, ""
    now, end = now or clock.now(), time.monotonic() + LONGEST
    if by_lists():
        _want_lists(now)
    done = 0
    for row, step in _steps(now):
        if stopping() or time.monotonic() > end:
            break
        try:
            done += step(row, now)
        except ListsError as error:
            ProviderList.objects.filter(pk=row.pk).update(tried=now, trouble=str(error))
            said = _("The mailing list %(address)s could not be brought in step: %(why)s")
            return done, said % {"address": row.address, "why": error}
        if row.tried:
            ProviderList.objects.filter(pk=row.pk).update(tried=None, trouble="")
    return done, ""


def _steps(now: datetime.datetime) -> Iterator[tuple[ProviderList, Step]]:
    """Yield what there is to do, list by list. A list is read before it gets anybody: who unsubscribed stays so."""
    wanted = _wanted(now)
    for row in _ready(ProviderList.objects.exclude(pk__in=wanted.values("pk")), now):
        yield row, _drop
    if not by_lists():
        return
    for row in _ready(wanted.filter(made=None), now):
        yield row, _make
    for row in _ready(wanted.filter(made__isnull=False, next_read__lte=now), now):
        while row.next_read <= now:
            yield row, _read_page
    in_use = wanted.filter(made__isnull=False).exclude(next_read__lte=now)
    for row in _ready(in_use.filter(Exists(_missing_members()) | Exists(_missing_people())), now):
        yield row, _add
    for row in _ready(in_use.filter(group__isnull=False).exclude(members__folded=fold(organisers_address())), now):
        yield row, _add_organisers
    for row in _ready(in_use.filter(Exists(_surplus().filter(list=OuterRef("pk")))), now):
        yield row, _remove


def _ready(lists: QuerySet[ProviderList], now: datetime.datetime) -> QuerySet[ProviderList]:
    return lists.filter(Q(tried=None) | Q(tried__lt=now - AGAIN)).order_by(F("tried").asc(nulls_first=True), "pk")[:LOT]


def _first_day(now: datetime.datetime) -> datetime.date:
    """Return the last day of a course whose lists are just kept (see `talking.is_open`)."""
    return now.date() - datetime.timedelta(days=settings.GROUP_OPEN_DAYS)


def _wanted(now: datetime.datetime) -> QuerySet[ProviderList]:
    """Return the lists of groups that talk, or lead to one that does, and of courses that last; none in relay mode.

    `reaches` is the group whose members belong on it.
    """
    if not by_lists():
        return ProviderList.objects.none()
    meant = Q(group__in=_talking(now)) | Q(sequence__end_date__gte=_first_day(now))
    return ProviderList.objects.filter(meant).annotate(reaches=Coalesce("group__merged_into", "group"))


def _talking(now: datetime.datetime) -> QuerySet[Group]:
    open_or_joined = Q(closed=None) | Q(merged_into__closed=None, merged_into__isnull=False)
    return Group.objects.filter(open_or_joined, sequence__end_date__gte=_first_day(now))


def _want_lists(now: datetime.datetime) -> None:
    """Write down a list for each group and course that has none yet."""
    groups = _talking(now).filter(provider_list=None).order_by("pk")
    rows = [ProviderList(address=group.address, group=group) for group in groups[:LOT]]
    people = Signup.objects.active().filter(sequence=OuterRef("pk"))
    courses = Sequence.objects.filter(Exists(people), end_date__gte=_first_day(now), provider_list=None)
    rows += [
        ProviderList(address=f"sequence-{course.pk}@{settings.EMAIL_DOMAIN}", sequence=course)
        for course in courses.order_by("pk")[:LOT]
    ]
    ProviderList.objects.bulk_create(rows, ignore_conflicts=True)


def _members_now() -> QuerySet:
    """Return who belongs on the lists of groups: active members who want each message as it comes."""
    away = Preference.objects.filter(signup=OuterRef("signup")).exclude(mail=Preference.Mail.EACH)
    return active_members().filter(~Exists(away))


def _missing_members() -> QuerySet:
    """Return the memberships that a list (the outer query, with `reaches`) has no row for."""
    there = ListMember.objects.filter(list=OuterRef(OuterRef("pk")), folded=OuterRef("signup__folded"))
    return _members_now().filter(~Exists(there), group=OuterRef("reaches"))


def _missing_people() -> QuerySet[Signup]:
    there = ListMember.objects.filter(list=OuterRef(OuterRef("pk")), folded=OuterRef("folded"))
    return Signup.objects.active().filter(~Exists(there), sequence=OuterRef("sequence"))


def _surplus() -> QuerySet[ListMember]:
    """Return the rows of addresses that must come off a list: who left, and who unsubscribed there."""
    reaches = Coalesce(OuterRef("list__group__merged_into"), OuterRef("list__group"))
    in_group = _members_now().filter(group=reaches, signup__folded=OuterRef("folded"))
    in_course = Signup.objects.active().filter(sequence=OuterRef("list__sequence"), folded=OuterRef("folded"))
    ours = Q(list__group__isnull=False, folded=fold(organisers_address()))
    return ListMember.objects.filter(Q(out=True) | ~ours & ~Exists(in_group) & ~Exists(in_course))


def _drop(row: ProviderList, _now: datetime.datetime) -> int:
    if row.made:
        mailgun_lists.drop_list(row.address)
    row.delete()
    return 1


def _make(row: ProviderList, now: datetime.datetime) -> int:
    name = row.group.name if row.group else title_of(row.sequence)
    new = mailgun_lists.make_list(row.address, name, members_write=row.group is not None)
    # Of one that was there before, nobody knows yet who is on it.
    ProviderList.objects.filter(pk=row.pk).update(made=now, next_read=now + HOUR if new else now)
    return 1


def _add(row: ProviderList, now: datetime.datetime) -> int:
    there = row.members.values("folded")
    if row.group_id:
        members = _members_now().filter(group=row.reaches).exclude(signup__folded__in=there)
        people = members.order_by("pk").values_list("signup__email", "signup__folded")
    else:
        course = Signup.objects.active().filter(sequence=row.sequence_id).exclude(folded__in=there)
        people = course.order_by("pk").values_list("email", "folded")
    return _put_on(row, list(people[: mailgun_lists.MOST_A_CALL]), now)


def _add_organisers(row: ProviderList, now: datetime.datetime) -> int:
    return _put_on(row, [(organisers_address(), fold(organisers_address()))], now)


def _put_on(row: ProviderList, people: list[tuple[str, str]], now: datetime.datetime) -> int:
    """Put (address, folded) pairs on a list and return how many; an address that is refused is left for an hour."""
    parts, refusals, later = [people] if people else [], 0, False
    while parts:
        part, seen = parts.pop(), None
        try:
            there = mailgun_lists.add_members(row.address, [address for address, _folded in part])
            seen, later = now if there else None, later or not there
        except RefusedError:
            refusals += 1
            if refusals > MOST_REFUSALS:
                raise
            if len(part) > 1:
                parts += [part[: len(part) // 2], part[len(part) // 2 :]]
                continue
        except ListsError:
            # Perhaps they are there. The list is read before they are added again.
            ProviderList.objects.filter(pk=row.pk).update(next_read=now)
            raise
        ListMember.objects.bulk_create(
            [ListMember(list=row, address=address, folded=folded, asked=now, seen=seen) for address, folded in part],
            ignore_conflicts=True, batch_size=LOT,
        )  # fmt: skip
    if later:
        ProviderList.objects.filter(pk=row.pk).update(next_read=now + SOON)
    return len(people)


def _remove(row: ProviderList, _now: datetime.datetime) -> int:
    gone = list(_surplus().filter(list=row).order_by("pk")[:MOST_REMOVED])
    for member in gone:
        mailgun_lists.remove_member(row.address, member.address)
        member.delete()
    return len(gone)


@transaction.atomic
def _take_page(row: ProviderList, page: mailgun_lists.Page, now: datetime.datetime) -> int:
    """Write down one page of who is on a list, take out here who unsubscribed there, and return how many those are."""
    addresses = {fold(address): address for address, _subscribed in page.members}
    ListMember.objects.bulk_create(
        [ListMember(list=row, address=address, folded=folded, asked=now) for folded, address in addresses.items()],
        ignore_conflicts=True,
    )
    rows = row.members.filter(folded__in=addresses)
    rows.update(seen=row.read_began)
    left = {fold(address) for address, subscribed in page.members if not subscribed}
    new = rows.filter(folded__in=left, out=False)
    found = list(new.values_list("folded", flat=True))
    for folded in found:
        _take_out(row, folded, now)
    new.update(out=True)
    row.cursor, row.pages = page.following, row.pages + 1
    if not page.following:
        _end_reading(row, now)
    row.save(update_fields=["cursor", "pages", "read_began", "next_read", "checked"])
    return len(found)


def _read_page(row: ProviderList, now: datetime.datetime) -> int:
    if not row.cursor or row.pages >= MOST_PAGES:
        row.read_began, row.pages, row.cursor = now, 0, ""
    try:
        page = mailgun_lists.members_page(row.address, row.cursor)
    except ListsError:
        # What the cursor named may be gone: the next reading begins anew.
        ProviderList.objects.filter(pk=row.pk).update(cursor="")
        raise
    return _take_page(row, page, now)


def _take_out(row: ProviderList, folded: str, now: datetime.datetime) -> None:
    """Take out here who pressed the provider's own link: of the group, or of the course."""
    if row.sequence_id:
        leave(Signup.objects.filter(sequence=row.sequence_id, folded=folded), now)
        return
    for member in active_members().filter(group=row.reaches, signup__folded=folded).select_related("signup"):
        leave_group(member.signup, now)


def _end_reading(row: ProviderList, now: datetime.datetime) -> None:
    """Forget who was not seen on the whole list, but for those whom the provider may still be adding."""
    unseen = row.members.filter(Q(seen=None) | Q(seen__lt=row.read_began))
    unseen.filter(Q(seen__isnull=False) | Q(asked__lt=now - PATIENCE)).delete()
    waits = row.members.filter(seen=None).exists()
    row.checked, row.next_read = now, now + (SOON if waits else HOUR)


def passed_on_by_list(posts: list[Post]) -> set[int]:
    """Return the ids of those posts that the provider's lists have passed on already: mail by somebody on the list.

    What was written on the page, or by somebody who is not on it, we pass on ourselves.
    """
    if not by_lists():
        return set()
    mails = [post for post in posts if post.source == Post.Source.MAIL]
    writers = {post.pk: post.author.folded if post.author else fold(organisers_address()) for post in mails}
    there = ListMember.objects.filter(
        list__group__in={post.group_id for post in mails}, folded__in=set(writers.values()), seen__isnull=False,
        out=False,
    )  # fmt: skip
    known = set(there.values_list("list__group", "folded"))
    return {post.pk for post in mails if (post.group_id, writers[post.pk]) in known}
