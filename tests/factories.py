"""Rows for tests, by plain functions: name what matters to the test, the rest is filled in."""

import datetime
import itertools

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone as clock

from groups.models import Group, Membership, Post, create_group
from mailing.models import Delivery, Email
from mailing.queue import queue_confirmations
from sequence.models import Sequence
from signup.models import LinkRequest, Question, Signup

DAY = datetime.timedelta(days=1)
numbers = itertools.count(1)


def sequence(**fields) -> Sequence:
    """Make a course run that takes sign-ups for a week and starts when that week is over."""
    today = clock.now().date()
    first = fields.get("start_date", today + 7 * DAY)
    close = fields.get("signup_close_date", first)
    given = {"title": "Bread for beginners", "end_date": max(first, close) + 42 * DAY}
    return Sequence.objects.create(**{**given, "start_date": first, "signup_close_date": close, **fields})


def question(**fields) -> Question:
    """Make a question of a course run: short text unless told otherwise."""
    if "sequence" not in fields:
        fields["sequence"] = sequence()
    return Question.objects.create(**{"label": "Why are you here?", "key": "goal", **fields})


def signup(**fields) -> Signup:
    """Make a confirmed person in a course run of their own; `sequence=None` puts them on the waiting list."""
    if "sequence" not in fields:
        fields["sequence"] = sequence()
    confirmed = fields.get("confirmed", clock.now())
    given = {"email": f"learner{next(numbers)}@example.org", "confirmed": confirmed, "first_confirmed": confirmed}
    return Signup.objects.create(**{**given, **fields})


def link(person: Signup | None = None) -> LinkRequest:
    """Let the mail room queue what was asked for, and return the newest link (of that person)."""
    queue_confirmations()
    found = LinkRequest.objects.filter(signup=person) if person else LinkRequest.objects
    return found.latest("pk")


def email(**fields) -> Email:
    """Make a draft, or a scheduled e-mail where `scheduled_for` is given."""
    if "sequence" not in fields:
        fields["sequence"] = sequence()
    state = Email.State.SCHEDULED if fields.get("scheduled_for") else Email.State.DRAFT
    given = {"subject": "Week one", "html": "<p>Hello {{ name|there }}, we begin.</p>", "state": state}
    return Email.objects.create(**{**given, **fields})


def group(*members: Signup, **fields) -> Group:
    """Make a group of these people, in the course run of the first; they know of it unless `told=None`."""
    run = fields.pop("sequence", None) or (members[0].sequence if members else sequence())
    told = fields.pop("told", clock.now())
    made = create_group(run, fields.pop("number", next(numbers)), **fields)
    for member in members:
        Membership.objects.create(group=made, signup=member, told=told)
    Group.objects.filter(pk=made.pk).update(introduced=told and clock.now())
    made.refresh_from_db()
    return made


def post(group: Group, **fields) -> Post:
    """Make a post to a group that is shown: by `author`, a sign-up, or by the organisers."""
    made = fields.get("made", clock.now())
    given = {"text": "Shall we meet at six?", "source": "page", "origin": f"test{next(numbers)}", "made": made}
    return Post.objects.create(**{**given, "group": group, "shown": made, **fields})


def delivery(**fields) -> Delivery:
    """Make the promise of one message to one address: an e-mail to a sign-up, waiting, unless told otherwise."""
    if "email" not in fields:
        fields["email"] = email()
    if "signup" not in fields:
        fields["signup"] = signup(sequence=fields["email"].sequence)
    about = f"email:{fields['email'].pk}" if fields["email"] else f"other:{next(numbers)}"
    address = fields["signup"].email if fields["signup"] else f"stranger{next(numbers)}@example.org"
    given = {"key": about, "bundle": about, "address": address, "kind": Delivery.Kind.EMAIL}
    return Delivery.objects.create(**{**given, **fields})


def staff(*permissions: str) -> User:
    """Make somebody who may enter the admin: an administrator, or with only these permissions ("app.codename")."""
    user = User.objects.create(username=f"staff{next(numbers)}", is_staff=True, is_superuser=not permissions)
    for permission in permissions:
        app, _dot, codename = permission.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def staff_client(*permissions: str) -> Client:
    """Return a browser in which somebody of the staff has logged in; see `staff` for the permissions."""
    client = Client()
    client.force_login(staff(*permissions), backend="django.contrib.auth.backends.ModelBackend")
    return client
