"""From the people of a course run to its groups: who is in, as what plan, and made all at once or not at all."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.clockline import hours_on_clock
from groups.formation import Learner, Options, Plan, PlanGroup, form
from groups.models import FormingRules, Group, Membership, new_group
from groups.plan import MIX
from groups.still_in import silent
from mooc.lib.digests import digest
from mooc.lib.zones import known_zones
from sequence.models import Sequence
from signup.answers import in_words
from signup.models import Question, Signup

UNCONFIRMED_SIZES = {"target": 40, "minimum": 24, "maximum": 56}  # of these people fewer than half as many turn up
ROWS = 2000  # a statement
MOST = 140  # people in each of several groups: how long a plan takes grows with their square
FIELDS = ("pk", "timezone", "answers")


def rules_of(sequence: Sequence) -> FormingRules:
    """Return the remembered rules of a course run, or unsaved ones: every question that is answered by choosing is
    mixed, in the order of the form, as that costs no hours."""
    found = FormingRules.objects.filter(sequence=sequence).first()
    if found:
        found.sequence = sequence
        return found
    sizes = {} if sequence.confirm_addresses else UNCONFIRMED_SIZES
    asked = [one.key for one in Question.objects.filter(sequence=sequence) if one.is_choice]
    return FormingRules(sequence=sequence, questions=[[key, MIX] for key in asked], **sizes)


def eligible(sequence: Sequence, confirmed_only: bool = True) -> QuerySet[Signup]:
    """Return who is to be put into a group: they asked for one, are here, can be reached, and are in none."""
    wanting = Signup.objects.filter(sequence=sequence, wants_group=True, left=None, bounced=None)
    if confirmed_only:
        wanting = wanting.filter(confirmed__isnull=False)
    if sequence.leave_silent_out:
        wanting = wanting.exclude(pk__in=silent(sequence).values("pk"))
    return wanting.filter(~Exists(Membership.objects.filter(signup=OuterRef("pk"), left=None)))


def left_out(sequence: Sequence, confirmed_only: bool = True) -> list[tuple[str, int]]:
    """Return [(why, how many)] of those who are not to be put into a group; each person counts once."""
    everybody = Signup.objects.filter(sequence=sequence)
    here = everybody.filter(left=None)
    wanting = here.filter(wants_group=True)
    grouped = Q(Exists(Membership.objects.filter(signup=OuterRef("pk"), left=None)))
    free = wanting.filter(~grouped)
    reachable = free.filter(bounced=None)
    counts = [
        (_("left the course"), everybody.exclude(left=None).count()),
        (_("asked to work on their own"), here.filter(wants_group=False).count()),
        (_("are in a group already"), wanting.filter(grouped).count()),
        (_("cannot be reached: their mail bounces"), free.exclude(bounced=None).count()),
    ]
    if confirmed_only:
        counts.append((_("have not confirmed their address"), reachable.filter(confirmed=None).count()))
        reachable = reachable.filter(confirmed__isnull=False)
    if sequence.leave_silent_out:
        quiet = reachable.filter(pk__in=silent(sequence).values("pk"))
        counts.append((_("were asked whether they are still in and did not answer"), quiet.count()))
    return [(why, count) for why, count in counts if count]


def learners(people: QuerySet[Signup], sequence: Sequence, options: Options, *, held: bool = False) -> list[Learner]:
    """Return people as the pure functions take them; one query. An unknown zone counts as UTC.

    `held`, inside a transaction, locks them until its end: nobody stops wanting a group while they are put into one.
    """
    rows = people.order_by("pk").values_list(*FIELDS)
    if held:
        rows = rows.select_for_update(no_key=True, of=("self",))
    return [learner_of(row, sequence, options) for row in rows.iterator(chunk_size=ROWS)]


def learner_of(row: tuple[int, str, dict], sequence: Sequence, options: Options) -> Learner:
    """Return one person from (id, zone, answers)."""
    person, zone_name, answers = row
    name = zone_name if zone_name in known_zones() else "UTC"
    hours = hours_on_clock(name, sequence.start_date, max(sequence.end_date, sequence.start_date))
    said = tuple([_said(answers.get(rule.key)) for rule in options.questions])
    spoken = answers.get(options.apart) if options.apart else None
    return Learner(person, hours, said, _said(spoken[0] if isinstance(spoken, list) and spoken else spoken))


def _said(answer: object) -> str:
    """Return a stored answer as text; two spellings of one answer are one."""
    if type(answer) is str:
        return answer.strip()
    return "" if answer is None else in_words(answer).strip()


def standing(sequence: Sequence, options: Options, active: Iterable[int] = ()) -> Plan:
    """Return the open groups of a course run as a plan; two queries."""
    groups = dict.fromkeys(open_groups(sequence).values_list("number", flat=True))
    members: dict[int, list[Learner]] = defaultdict(list)
    current = Membership.objects.current().filter(group__sequence=sequence, group__closed=None).order_by("pk")
    fields = ("group__number", *(f"signup__{name}" for name in FIELDS))
    for number, *row in current.values_list(*fields).iterator(chunk_size=ROWS):
        members[number].append(learner_of(tuple(row), sequence, options))
    alive = set(active)
    found = []
    for number in groups:
        people = tuple(members[number])
        spoken = Counter(learner.apart for learner in people).most_common(1)
        lively = sum(learner.id in alive for learner in people) if alive else 0
        found.append(PlanGroup(number, people, spoken[0][0] if spoken else "", lively))
    return Plan(tuple(found), options)


def as_they_stand(rules: FormingRules) -> Plan:
    """Return the open groups that have members, for a report by these rules."""
    plan = standing(rules.sequence, rules.options())
    return Plan(tuple(group for group in plan.groups if group.members), plan.options)


@dataclass(frozen=True)
class Preview:
    """What would be made of the people of now. `mark` changes when the people or the rules do."""

    sequence: Sequence
    rules: FormingRules
    options: Options
    people: list[Learner]

    @cached_property
    def plan(self) -> Plan:
        return form(self.people, self.options)

    @cached_property
    def mark(self) -> str:
        people = "\n".join(f"{one.id} {one.hours} {one.apart} {one.answers}" for one in self.people)
        return digest("forming", f"{self.sequence.pk} {self.options}\n{people}")


def preview(rules: FormingRules, *, held: bool = False) -> Preview:
    """Return what the rules would make of the people of now. Raises ValidationError on sizes that cannot be.

    `held` locks these people, as `learners` does.
    """
    try:
        options = rules.options()
    except ValueError as error:
        raise ValidationError(str(error)) from None
    people = learners(eligible(rules.sequence, rules.confirmed_only), rules.sequence, options, held=held)
    if options.maximum > MOST and len(people) >= 2 * options.minimum:
        raise ValidationError(
            _("Several groups of more than %(most)s people each cannot be planned in a reasonable time. Choose a "
              "smaller size, or one over the number of people for a single group.") % {"most": MOST}
        )  # fmt: skip
    return Preview(rules.sequence, rules, options, people)


def unknown_zones(sequence: Sequence) -> int:
    """Return how many people of a course run have a zone that this machine does not know."""
    named = Signup.objects.live().filter(sequence=sequence).order_by().values_list("timezone", flat=True).distinct()
    strange = [name for name in named if name not in known_zones()]
    return Signup.objects.live().filter(sequence=sequence, timezone__in=strange).count() if strange else 0


def open_groups(sequence: Sequence) -> QuerySet[Group]:
    """Return the open groups of a course run."""
    return Group.objects.open().filter(sequence=sequence)


def has_groups(sequence: Sequence) -> bool:
    """Say whether groups were made for a course run and are open."""
    return open_groups(sequence).exists()


def commit(rules: FormingRules, mark: str | None = None) -> int:
    """Make the groups of a course run by these rules, remember the rules, and return how many groups.

    All in one transaction. `mark` is that of the preview which the organiser saw. Raises ValidationError where there
    are groups, nobody is to be grouped, or the people are no longer those of the preview.
    """
    changed = _("Somebody joined, left or changed an answer since you looked. Nothing was made: look at the new plan.")
    try:
        with transaction.atomic():
            sequence = rules.sequence = locked(rules.sequence)
            if has_groups(sequence):
                raise ValidationError(_("The groups of this course run were made already. Nothing was changed."))
            seen = preview(rules, held=True)
            if mark is not None and mark != seen.mark:
                raise ValidationError(changed)
            if not seen.people:
                raise ValidationError(_("Nobody is to be put into a group, so no group was made."))
            rules.save()
            return len(insert(sequence, seen.plan.groups))
    except IntegrityError:
        # One of them was erased, or put into a group by hand, while we wrote.
        raise ValidationError(changed) from None


def locked(sequence: Sequence) -> Sequence:
    """Lock a course run against others who make or fill groups, until the transaction ends, and return it anew."""
    return Sequence.objects.select_for_update(no_key=True).get(pk=sequence.pk)


def insert(
    sequence: Sequence, groups: Iterable[PlanGroup], now: datetime.datetime | None = None,
    came_from: Mapping[Hashable, int] = MappingProxyType({}),
) -> list[Group]:  # fmt: skip
    """Write groups with their members, numbered after those there are, and return them. Inside a transaction.

    `came_from` is {sign-up's id: id of the group} of those whom an organiser took out of another.
    """
    now = now or clock.now()
    first = next_number(sequence)
    planned = list(groups)
    made = Group.objects.bulk_create(
        [new_group(sequence, first + place) for place in range(len(planned))], batch_size=ROWS
    )  # fmt: skip
    Membership.objects.bulk_create(
        (
            Membership(group=group, signup_id=learner.id, joined=now, came_from_id=came_from.get(learner.id))
            for group, plan in zip(made, planned, strict=True) for learner in plan.members
        ),
        batch_size=ROWS,
    )  # fmt: skip
    return made


def next_number(sequence: Sequence) -> int:
    """Return the number of the next group of a course run; a number is never used again."""
    return (Group.objects.filter(sequence=sequence).aggregate(last=Max("number"))["last"] or 0) + 1
