"""A drawing made a figure: caption, definition, legend, the same numbers as a table, a file, and how old they are."""

import datetime
from collections.abc import Sequence
from html import escape

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from mooc.lib.charts.marks import NONE, Amount, Drawing, Say, number
from mooc.lib.moments import in_utc

LARGE = 60  # a table of more rows, or of more columns than fit, is not printed
WIDE = 12


def cell(value: object, say: Say) -> str:
    """Return one cell of a table's body."""
    if not is_number(value):
        return f"<td>{escape(value)}</td>"
    if isinstance(value, Amount):
        return f'<td class="number">{escape(value)}</td>'
    return f'<td class="number">{NONE if value is None else say(value)}</td>'


def is_number(value: object) -> bool:
    """Say whether a cell stands on the right."""
    return isinstance(value, Amount) or not isinstance(value, str)


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    links: Sequence[str] = (),
    say: Say = number,
    anchors: Sequence[str] = (),
) -> SafeString:
    """Return a table whose first column names the rows; numbers are set right.

    `links` are one for each row, and so are `anchors`, their ids on the page.
    """
    first_row = rows[0] if rows else [""] * len(heads)
    kinds = [' class="number"' * (at > 0 and is_number(value)) for at, value in enumerate(first_row)]
    top = "".join(f'<th scope="col"{kind}>{escape(head)}</th>' for kind, head in zip(kinds, heads, strict=True))
    known: dict[tuple[type, object], str] = {}  # a heat map has few values and 20,000 cells
    body = []
    for at, (first, *rest) in enumerate(rows):
        name = escape(say(first) if isinstance(first, int | float) else first)
        if links and links[at]:
            name = f'<a href="{escape(links[at])}">{name}</a>'
        anchor = f' id="{escape(anchors[at])}"' if anchors else ""
        line = [f'<tr{anchor}><th scope="row">{name}</th>']
        for value in rest:
            key = (type(value), value)
            if key not in known:
                known[key] = cell(value, say)
            line.append(known[key])
        body.append("".join(line) + "</tr>")
    # Every piece of text above is escaped.
    return mark_safe(f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>")


def figure(
    drawing: Drawing,
    *,
    slug: str,
    title: str,
    definition: str,
    as_of: datetime.datetime | None,
    csv: str,
    level: int = 2,
    say: Say = number,
) -> SafeString:
    """Return the whole figure. `slug` is its id on the page; `as_of` (aware) is when the numbers were true;
    `csv` is the path of its file; `level` is that of its heading. Without `definition` another figure has it."""
    return render_to_string(
        "charts/figure.html",
        {
            "drawing": drawing,
            "inner": mark_safe(drawing.inner),  # built by mooc.lib.charts, which escapes all text
            "table": table(drawing.heads, drawing.rows, drawing.links, drawing.say or say, drawing.anchors),
            "large": len(drawing.rows) > LARGE or len(drawing.heads) > WIDE,
            "height": f"{drawing.height:g}",
            "slug": slug,
            "title": title,
            "definition": definition,
            "as_of": in_utc(as_of) if as_of else "",
            "csv": csv,
            "level": level,
        },
    )
