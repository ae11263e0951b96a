"""A plan's numbers as lines of plain text."""

from collections.abc import Iterator

from groups.plan import Arcs, Plan, Report


def report_lines(numbers: Report, plan: Plan) -> Iterator[str]:
    """Yield what a terminal shows of a plan: counts, sizes, hours beside the least and beside a lot, answers."""
    if not numbers.people:
        yield "Nobody is to be put into a group."
        return
    sizes = numbers.sizes
    many = "group" if numbers.groups == 1 else "groups"
    made = f"{numbers.groups:,} {many} of {min(sizes)} to {max(sizes)}"
    yield f"{numbers.people:,} people in {made} (seed {plan.options.seed})"
    few = sum(count for size, count in sizes.items() if size < plan.options.minimum)
    much = sum(count for size, count in sizes.items() if size > plan.options.maximum)
    if few and numbers.groups == 1:
        yield f"Note: fewer people than the smallest size of {plan.options.minimum}, so all are in one group."
    elif few:
        yield f"Note: {_groups_have(few)} fewer people than the smallest size of {plan.options.minimum}."
    if much:
        yield f"Note: {_groups_have(much)} more people than the largest size of {plan.options.maximum}."
    if plan.stray:
        yield f"Note: {len(plan.stray):,} people are in groups of another language, as too few share theirs."
    yield f"Hours apart: {_arcs(numbers.arcs)}; least possible {_arcs(numbers.least)}; by lot {_arcs(numbers.by_lot)}"
    awake = f"at least {numbers.waking:g}, typically {numbers.typical_waking:g}"
    yield f"Hours a day when all of a group are awake: {awake}"
    yield f"Expected to have {plan.options.lively} active people in week two: {numbers.life:.0%} of the groups"
    for one in numbers.mixing:
        yield f"{one.key} ({one.how}): {one.score:.2f} (0 as by lot, 1 as good as whole people allow)"


def _groups_have(count: int) -> str:
    return "1 group has" if count == 1 else f"{count:,} groups have"


def _arcs(arcs: Arcs) -> str:
    return f"widest {arcs.widest:g}, all groups together {arcs.total:g}"
