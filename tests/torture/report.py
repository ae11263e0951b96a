"""What is printed about a run."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

HEADS = (
    "database", "seed", "calls", "before the faults ended", "copies", "kills", "stops", "faults", "unclear", "again",
    "asked of a person", "settled in", "doubled", "missing", "after leaving", "without an end",
)  # fmt: skip
LAST_LINE = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit)\b.*", re.MULTILINE)


def story(result: dict) -> str:
    """Return everything about one run, in some lines."""
    lines = [
        f"{result['database']}, seed {result['seed']}, {result['seconds']:g} s, {result['learners']:,} learners",
        f"  workers     {_counts(result['crew'])}",
        f"  people      {_counts(result['people'])}",
        f"  provider    {result['calls']:,} calls, {result['tortured']:,} of them before the faults ended",
        f"              {result['copies']:,} copies, {result['webhooks']:,} webhooks",
        f"  faults      {_counts(result['faults'])}",
        f"  our ledger  {_counts(result['ledger'])}",
        f"  settled     {_settled(result)}",
        f"  questions   {_counts(result['questions'])}",
        f"  raised      {_counts(raised(result['log']))}",
        f"  verdict     {_counts(result['numbers'], zeros=True)}",
    ]
    return "\n".join([*lines, *(f"    {one}" for one in result["examples"])])


def raised(log: str) -> Counter[str]:
    """Return the last lines of the tracebacks in what all processes wrote, with how often each came."""
    return Counter(line[:150] for line in LAST_LINE.findall(log))


def row(result: dict) -> tuple[str, ...]:
    """Return the line of one run in the table."""
    ledger = result["ledger"]
    values = (
        result["database"], result["seed"], result["calls"], result["tortured"], result["copies"],
        result["crew"].get("kills", 0), result["crew"].get("stops", 0), sum(result["faults"].values()),
        ledger.get("calls settled", 0) + ledger.get("calls unsure", 0), ledger["again"],
        sum(result["questions"].values()), _settled(result), *result["numbers"].values(),
    )  # fmt: skip
    return tuple(f"{value:,}" if isinstance(value, int) else value for value in values)


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Return lines as a table in Markdown."""
    lines = [HEADS, tuple("---" for _head in HEADS), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _counts(counts: Mapping[str, int], *, zeros: bool = False) -> str:
    named = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if zeros:
        return ", ".join(f"{name} {number:,}" for name, number in counts.items())
    return ", ".join(f"{name} {number:,}" for name, number in named if number) or "none"


def _settled(result: dict) -> str:
    return "not in time" if result["settled"] is None else f"{result['settled']:g} s"
