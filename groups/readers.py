"""Who reads what in a group: names as members see them, who gets a post at once, and when a digest is due."""

import datetime
import re
import unicodedata

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from groups.models import Membership
from groups.posts import Mute, Post, Preference
from sequence.models import Sequence
from signup.models import Signup

MORNING = datetime.time(7)
DAY = datetime.timedelta(days=1)


def shown_name(signup: Signup) -> str:
    """Return the name that other members see, never an address: some people type theirs as their name.

    Nobody is called as the organisers are.
    """
    name = " ".join(signup.name.split())
    taken = not name or _letters(name) == _letters(_("Course team"))
    return _("A member") if taken or "@" in name else name


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name)).casefold()


def author_name(post: Post) -> str:
    """Return the name that stands at a post."""
    return shown_name(post.author) if post.author else _("Course team")


def active_members() -> QuerySet[Membership]:
    """Return the current members of all groups who may be sent mail."""
    return Membership.objects.current().filter(signup__confirmed__isnull=False, signup__bounced=None)


def readers_now(post: Post) -> QuerySet[Membership]:
    """Return who gets a post as a message of its own: not its author, unless they want that; not who muted them."""
    away = Preference.objects.filter(signup=OuterRef("signup")).exclude(mail=Preference.Mail.EACH)
    found = active_members().filter(~Exists(away), group=post.group_id)
    if post.author_id is None:
        return found
    mutes = Mute.objects.filter(by=OuterRef("signup"), muted=post.author_id)
    echo = Q(signup__preference__echo=True) | ~Q(signup=post.author_id)
    return found.filter(~Exists(mutes), echo)


def muted_by(person: Signup) -> set[int]:
    """Return the sign-ups whose posts somebody does not want to read."""
    return set(Mute.objects.filter(by=person).values_list("muted", flat=True))


def still_in(group: int, people: list[int]) -> set[int]:
    """Return which of these sign-ups are in the group now."""
    members = Membership.objects.current().filter(group=group, signup__in=people)
    return set(members.values_list("signup", flat=True))


def next_morning(signup: Signup, now: datetime.datetime) -> datetime.datetime:
    """Return the next moment after `now` at which it is seven in the morning where the learner lives, in UTC."""
    day = now.astimezone(signup.zone).date()
    return next(moment for moment in (_morning(signup, day), _morning(signup, day + DAY)) if moment > now)


def last_morning(whose: Signup | Sequence, now: datetime.datetime) -> datetime.datetime:
    """Return the last moment up to `now` at which it was seven in the morning where somebody or a course is, in UTC."""
    day = now.astimezone(whose.zone).date()
    return next(moment for moment in (_morning(whose, day), _morning(whose, day - DAY)) if moment <= now)


def _morning(whose: Signup | Sequence, day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, MORNING, whose.zone).astimezone(datetime.UTC)


def set_preference(person: Signup, mail: str, echo: bool, now: datetime.datetime) -> Preference:
    """Keep how somebody wants the group's mail. A first digest begins with what is written from now on."""
    row, _made = Preference.objects.get_or_create(signup=person)
    daily = mail == Preference.Mail.DAILY
    if daily and row.mail != Preference.Mail.DAILY:
        row.digest_from = now
    row.mail, row.echo = mail, echo
    row.digest_next = next_morning(person, now) if daily else None
    row.save()
    return row
