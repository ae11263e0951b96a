"""What is compared at the end: the provider's own truth, what people did, and what our ledger says."""

from collections import Counter
from dataclasses import dataclass, field

from mailing.mailgun_events import events
from mailing.models import Batch, Delivery, Email
from mooc.lib.addresses import fold
from signup.models import LinkRequest, Signup
from tests.torture.course import Course
from tests.torture.people import People

Status, Kind = Delivery.Status, Delivery.Kind
WAITS = (Status.QUEUED, Status.SENDING)
QUESTION = (Status.FAILED, Status.UNSURE)
SHOWN = 5  # examples of each kind of fault
EVENTS = "failed OR complained OR unsubscribed"


@dataclass
class Verdict:
    """The four numbers, each as the list of what is wrong, and what a person is asked."""

    doubled: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    after_leaving: list[str] = field(default_factory=list)
    open_ends: list[str] = field(default_factory=list)
    questions: Counter[str] = field(default_factory=Counter)

    def numbers(self) -> dict[str, int]:
        """Return the four numbers by name; all must be 0."""
        lists = (self.doubled, self.missing, self.after_leaving, self.open_ends)
        return dict(zip(("doubled", "missing", "after leaving", "without an end"), map(len, lists), strict=True))

    def examples(self) -> list[str]:
        """Return some of each kind of what is wrong."""
        named = zip(self.numbers(), (self.doubled, self.missing, self.after_leaving, self.open_ends), strict=True)
        return [f"{name}: {one}" for name, found in named for one in found[:SHOWN]]


def compare(course: Course, people: People, truth: dict) -> Verdict:
    """Compare; `truth` is the report of the stand-in."""
    made = Verdict()
    rows = {row.pk: row for row in Delivery.objects.select_related("batch")}
    batches = {batch.message_id: batch for batch in Batch.objects.all()}
    _doubled(made, truth, rows, batches)
    _after_leaving(made, people, truth, rows, batches)
    _missing(made, course, people, {copy[1] for copy in truth["copies"]}, rows)
    _open_ends(made, rows)
    for row in rows.values():
        if row.status in QUESTION:
            made.questions[f"{row.status}: {row.reason}"] += 1
    return made


def _doubled(made: Verdict, truth: dict, rows: dict[int, Delivery], batches: dict[str, Batch]) -> None:
    for address, number, times in truth["doubled"]:
        calls = [
            f"{batches[message_id].claimed:%X.%f} -> {moment:.3f}"
            for to, key, message_id, moment, _list in truth["copies"]
            if (fold(to), key) == (address, number)
        ]
        made.doubled.append(f"{times} copies for {address} of {rows[int(number)]}: {', '.join(calls)}")
    # A second promise of one e-mail to one address would have another delivery's id.
    promises = {(fold(to), key, batches[message_id].bundle) for to, key, message_id, *_more in truth["copies"]}
    of_email = Counter((to, bundle) for to, _key, bundle in promises if bundle.startswith("email:"))
    known = {address for address, _number, _times in truth["doubled"]}
    made.doubled += [
        f"{pair} was promised twice" for pair, times in of_email.items() if times > 1 and pair[0] not in known
    ]


def _after_leaving(
    made: Verdict, people: People, truth: dict, rows: dict[int, Delivery], batches: dict[str, Batch]
) -> None:
    for address, number, message_id, _moment, _list in truth["copies"]:
        person, row = people.people.get(fold(address)), rows[int(number)]
        claimed = batches[message_id].claimed.timestamp()
        gone = [one for one in people.left.get(person, ()) if one.since < claimed < one.until]
        steady = person not in people.returned | people.newcomers
        bounced = people.bounced.get(person, claimed) if steady and row.kind >= Kind.WELCOME else claimed
        if gone or bounced < claimed:
            made.after_leaving.append(f"{row}, gone at {gone or bounced}, claimed at {claimed}")


def _missing(made: Verdict, course: Course, people: People, accepted: set[str], rows: dict[int, Delivery]) -> None:
    for pk, row in rows.items():
        if row.status in WAITS or (row.status not in (*QUESTION, Status.SKIPPED) and str(pk) not in accepted):
            made.missing.append(f"{row} is {row.status} ({row.reason}) and has no copy")
    stopped = {fold(item["recipient"]) for item in events(course.sequence.date_created, event=EVENTS) if _stops(item)}
    steady = {pk for address, pk in people.people.items() if address not in stopped and pk not in people.touched}
    promised = {(f"email:{email.pk}", pk) for email in course.emails for pk in steady - people.newcomers}
    promised |= {(f"welcome:{pk}", pk) for pk in steady & people.pressed}
    held = {(row.key, row.signup_id): row for row in rows.values()}
    for key, pk in promised:
        row = held.get((key, pk))
        if row is None or row.status == Status.SKIPPED:
            made.missing.append(f"{key} for {pk}: {row and row.reason}")
    asked = {int(row.key.partition(":")[2]) for row in rows.values() if row.kind in (Kind.CONFIRM, Kind.LINK)}
    for request in LinkRequest.objects.filter(used=None).exclude(pk__in=asked):
        made.missing.append(f"{request} of {request.signup} was never promised")


def _stops(item: dict) -> bool:
    return item["event"] != "failed" or item["severity"] == "permanent"


def _open_ends(made: Verdict, rows: dict[int, Delivery]) -> None:
    made.open_ends += [f"{row} is {row.status}" for row in rows.values() if row.status in WAITS]
    made.open_ends += [f"{row} is {row.status} without a reason" for row in rows.values() if _is_mute(row)]
    unended = Batch.objects.filter(outcome__in=(Batch.Outcome.HELD, Batch.Outcome.OPEN))
    made.open_ends += [f"call {batch} is {batch.outcome}" for batch in unended]
    made.open_ends += [f"{email} is {email.state}" for email in Email.objects.exclude(state=Email.State.SENT)]
    unwelcomed = Signup.objects.active().filter(welcomed=None)
    made.open_ends += [f"{person} has no welcome" for person in unwelcomed]


def _is_mute(row: Delivery) -> bool:
    return row.status in (*QUESTION, Status.SKIPPED) and not row.reason
