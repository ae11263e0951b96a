"""A line the height of a word, for a cell of a table."""

from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

from mooc.lib.charts.marks import px
from mooc.lib.charts.scales import scale

WIDTH, HEIGHT = 100, 24


def sparkline(values: Sequence[float | None], words: str) -> SafeString:
    """Return a small line from zero, which `words` describe; nothing where there are fewer than two values."""
    if sum(value is not None for value in values) < 2:
        return mark_safe("")  # nothing in it
    up = scale(values)
    made, pen = [], "M"
    for at, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        made.append(f"{pen}{px(round(at * WIDTH / (len(values) - 1), 2))} {px(round(HEIGHT * (1 - up.at(value)), 2))}")
        pen = "L"
    # Only `words` come from outside, and they are escaped.
    return mark_safe(
        f'<svg class="sparkline" role="img" aria-label="{escape(words)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}"><path d="{"".join(made)}"/></svg>'
    )
