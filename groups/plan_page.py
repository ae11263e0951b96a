"""What the pages about forming show of a plan, and of the groups as they stand: numbers, the strip, tables, samples."""

from collections import Counter

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from groups import forming
from groups.clockline import stretch
from groups.formation import Plan, PlanGroup, Report, report
from groups.measuring import spreads
from groups.models import FormingRules
from groups.plan import MIX
from mooc.lib.charts.strip import Stretch, offset_words, strip
from sequence.models import Sequence
from signup.models import Question, Signup

SAMPLES = 3


def preview_context(found: forming.Preview) -> dict[str, object]:
    """Return everything that the preview shows, by name."""
    rules, run = found.rules, found.sequence
    context: dict[str, object] = {
        "people": len(found.people),
        "told": forming.eligible(run).count(),
        "left_out": forming.left_out(run, rules.confirmed_only),
        "unknown_zones": forming.unknown_zones(run),
        "rules": rules,
        "warn_unconfirmed": not rules.proven,
        "mark": found.mark,
    }
    if not found.people:
        return context
    return context | numbers_context(found.plan, rules) | {"samples": samples(found.plan)}


def made_context(run: Sequence) -> dict[str, object]:
    """Return everything that the page shows of groups that are made: the numbers of the groups as they stand."""
    rules = forming.rules_of(run)
    plan = forming.as_they_stand(rules)
    empty = forming.open_groups(run).count() - len(plan.groups)
    waiting = forming.eligible(run, rules.confirmed_only).count()
    context: dict[str, object] = {"made": True, "rules": rules, "empty": empty, "waiting": waiting}
    return context | (numbers_context(plan, rules) if plan.groups else {})


def numbers_context(plan: Plan, rules: FormingRules) -> dict[str, object]:
    """Return what is shown of any plan that has groups: the same for a preview and for groups as they stand."""
    numbers = report(plan, confirmed=rules.proven)
    labels = dict(Question.objects.filter(sequence=rules.sequence).values_list("key", "label"))
    return {
        "plan": plan,
        "numbers": numbers,
        "smallest": min(numbers.sizes),
        "largest": max(numbers.sizes),
        "sizes": sorted(numbers.sizes.items()),
        "strip": day_strip(plan),
        "compared": compared(numbers, labels),
        "life": round(numbers.life * 100),
        "answers": answers(plan, numbers, labels),
    }


def day_strip(plan: Plan) -> SafeString:
    """Return the 24-hour strip of a plan."""
    people = Counter(learner.hours for group in plan.groups for learner in group.members)
    covered = Counter(stretch(learner.hours for learner in group.members) for group in plan.groups)
    stretches = [Stretch(start, length, count) for (start, length), count in covered.items()]
    caption = _("Where people are on the clock, and the stretches that groups cover (with the number of groups)")
    return strip(sorted(people.items()), stretches, caption)


def compared(numbers: Report, labels: dict[str, str]) -> list[tuple[str, float, float, float]]:
    """Return [(what, this plan, by lot, the best there can be)]: hours, then how well each answer is mixed."""
    mixed = [(one.key, one.score) for one in numbers.mixing if one.how == MIX]
    return [
        (_("Widest group, in hours"), numbers.arcs.widest, numbers.by_lot.widest, numbers.least.widest),
        (_("All groups added up, in hours"), numbers.arcs.total, numbers.by_lot.total, numbers.least.total),
        *(
            (_("Mixed: %(question)s") % {"question": labels.get(key, key)}, round(score, 2), 0, 1)
            for key, score in mixed
        ),
    ]


def answers(plan: Plan, numbers: Report, labels: dict[str, str]) -> list[dict[str, object]]:
    """Return for each question of the rules how its answers are spread over the groups, in per cent."""
    rows = []
    for number, one in enumerate(numbers.mixing):
        lines = [
            (each.answer or _("no answer"), *(round(100 * share) for share in (each.share, each.low, each.high)))
            for each in spreads(plan, number)
        ]  # fmt: skip
        more = len(one.shares) - len(lines)
        rows.append({
            "label": labels.get(one.key, one.key), "mixed": one.how == MIX, "score": one.score, "lines": lines,
            "more": more,
        })  # fmt: skip
    return rows


def samples(plan: Plan) -> list[dict[str, object]]:
    """Return three groups to look at, from the beginning, the middle and the end of the line; one query."""
    last = len(plan.groups) - 1
    chosen = [plan.groups[place] for place in sorted({0, last // 2, last})][:SAMPLES]
    ids = [learner.id for group in chosen for learner in group.members]
    people = Signup.objects.in_bulk(ids)
    return [_sample(group, people) for group in chosen]


def _sample(group: PlanGroup, people: dict[int, Signup]) -> dict[str, object]:
    start, length = stretch(learner.hours for learner in group.members)
    here = [people[learner.id] for learner in group.members if learner.id in people]
    names = sorted(person.first_name for person in here if person.first_name)
    where = offset_words(start)
    if length:
        where = _("%(start)s to %(end)s") % {"start": where, "end": offset_words(start + length)}
    cities = Counter(person.timezone.rpartition("/")[2].replace("_", " ") for person in here).most_common(4)
    return {
        "number": group.number, "size": group.size, "where": where, "language": group.apart,
        "names": names, "nameless": group.size - len(names), "cities": cities,
    }  # fmt: skip
