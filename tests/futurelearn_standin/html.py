"""The pages themselves, as text. Written from public descriptions of the real ones, era by era."""

import datetime
from collections.abc import Iterable
from html import escape
from itertools import groupby

from dashboard_import.generating import Run, Step
from dashboard_import.generating.around import step_id
from tests.futurelearn_standin.eras import Era

TILE_LETTERS = {"video": ("video-articles", "VI"), "article": ("articles", "AR"), "discussion": ("discussions", "DI"),
                "quiz": ("quizzes", "QU"), "test": ("quizzes", "QU"), "exercise": ("exercises", "EX"),
                "assignment": ("assignments", "AS"), "review": ("assignment_reviews", "RV")}  # fmt: skip


def page(body: str, token: str = "") -> str:
    """Return a whole page; with a token that of somebody signed in, who can sign out on every page."""
    head = f'<meta name="csrf-param" content="authenticity_token"><meta name="csrf-token" content="{token}">'
    bar = (
        '<form class="m-admin-bar__sign-out-form" action="/sign-in" method="post"><input name="utf8" type="hidden" '
        'value="&#x2713;"><input type="hidden" name="_method" value="delete"><input type="hidden" '
        f'name="authenticity_token" value="{token}"></form><script>window.csrf = "{token}"</script>'
    )
    return f"<!DOCTYPE html><html><head>{head if token else ''}</head><body>{bar if token else ''}{body}</body></html>"


def sign_in(token: str, said: str = "") -> str:
    return page(
        f'<p>{said}</p><form action="/sign-in" accept-charset="UTF-8" method="post"><input name="utf8" type="hidden" '
        f'value="&#x2713;"><input type="hidden" name="authenticity_token" value="{token}"><input type="email" '
        'name="email" id="email"><input type="password" name="password" id="password">'
        '<button name="button" type="submit">Sign in</button></form>'
    )


def list_of_courses(era: Era, institution: str, runs: Iterable[Run]) -> str:
    courses = [(course, list(own)[::-1]) for course, own in groupby(runs, key=lambda run: run.course)]
    body = "".join(globals()[era.list_shape](era, course, own) for course, own in courses)
    if era.list_shape == "lines_2020":
        body = f'<form class="m-table-filter__checkboxes"></form><table><tbody>{body}</tbody></table>'
    elif era.list_shape == "cards_2026":
        body = f"<ul>{body}</ul>"
    else:
        name = {"2016-07": "table course-runs", "2016-08": "table course-runs"}.get(
            era.name, "m-table m-table--bookended"
        )
        body = f'<table class="{name}"><thead><tr><th>Run</th></tr></thead>{body}</table>'
    return f'<div class="{era.institution}">\n {escape(institution)} </div>{body}'


def spans_2016_07(era: Era, course: object, runs: list[Run]) -> str:
    return _body(era, course, runs, lambda run: (_day(run.start), run.status.capitalize()))


def spans_2016_12(era: Era, course: object, runs: list[Run]) -> str:
    return _body(era, course, runs, lambda run: (f"Run {run.number}", run.status.capitalize(), _day(run.start)))


def spans_2017_06(era: Era, course: object, runs: list[Run]) -> str:
    def spans(run: Run) -> tuple[str, ...]:
        invited = ("invite-only",) if run.number % 2 == 0 else ()
        return (f"Run {run.number}", *invited, run.status.capitalize(), _day(run.start))

    return _body(era, course, runs, spans)


def _body(era: Era, course: object, runs: list[Run], spans: object) -> str:
    rows = []
    for run in runs:
        path = f"/admin/courses/{course.slug}/{run.number}"
        details, stats = (' title="Run details"', ' title="View stats"') if era.named_links else ("", "")
        cells = " ".join(f"<span>{text}</span>" for text in spans(run))
        title = escape(course.title, quote=True)
        rows.append(
            f'<tr><td><a href="{path}" title="{title}">{title}</a></td><td>{cells}</td><td><a href="{path}"{details}>'
            f'Details</a> <a href="{path}/stats-dashboard"{stats}>Stats</a></td></tr>'
        )
    return f"<tbody>{''.join(rows)}</tbody>"


def lines_2020(_era: Era, course: object, runs: list[Run]) -> str:
    return "".join(
        f'<tr>\n<td class="course-meta__title"><a href="/admin/courses/{course.slug}/{run.number}">'
        f"{escape(course.title)}</a>\n<p>\n{course.slug}\n</p>\n</td>\n"
        f'<td class="a-flag flag--green">{run.status.capitalize()}</td>\n<td>\n'
        f"<td data-order='{run.start}'>{_day(run.start)}</td>\n<td></td>\n</tr>"
        for run in runs
    )


def cards_2026(_era: Era, course: object, runs: list[Run]) -> str:
    rows = "".join(
        f'<tr class="m-course-list__row"><td><a href="/admin/courses/{course.slug}/{run.number}">Run {run.number}</a>'
        f'</td><td><span class="a-flag">{run.status.capitalize()}</span></td><td>{_day(run.start)}</td></tr>'
        for run in runs
    )
    return (
        f'<li class="m-course-list__item" id="{course.slug}"><h4 class="m-course-list__course-title">\n'
        f'{escape(course.title)} <span>(CODE)</span> <a href="/admin/edit">Edit Course</a></h4>'
        f'<p class="a-course-meta--subtle">Science. 12 learners have added</p><table class="m-table '
        f'm-table--manage-courses"><tbody>{rows}</tbody></table></li>'
    )


def details(era: Era, run: Run) -> str:
    weeks = run.course.weeks
    return "<h1>Run</h1>" + era.duration.format("1 week" if weeks == 1 else f"{weeks} weeks")


def statistics(era: Era, run: Run, names: Iterable[str]) -> str:
    path = f"/admin/courses/{run.course.slug}/{run.number}/stats-dashboard/data"
    links = "".join(f'<li><a href="{path}/{name}">{name}</a></li>' for name in names)
    own = f' class="{era.dataset_class}"' if era.dataset_class else ""
    others = "<ul><li>Details</li></ul>" * (era.lists_before - 1)
    return f"{breadcrumb(era, run)}{others}<ul{own}>{links}</ul>"


def totals(era: Era, run: Run, table: dict[str, tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{name}</th><td>{one}</td><td>{two}</td></tr>" for name, (one, two) in table.items())
    return breadcrumb(era, run) + (f'<table class="{era.table}">{rows}</table>' if rows else "")


def breadcrumb(era: Era, run: Run) -> str:
    item = era.breadcrumb.split()[0].replace("-list", "")
    text = f"Run: {escape(run.course.title)} - {_day(run.start)}"
    own = f'<li class="{item}-item"><a href="/admin/courses/{run.course.slug}/{run.number}">{text}</a></li>'
    first = f'<li class="{item}-item"><a href="/admin">Admin</a></li>' if "-list" in era.breadcrumb else ""
    return f'<ul class="{era.breadcrumb} breadcrumb">{first}{own}</ul>'


def overview(era: Era, run: Run) -> str:
    shape = _row if era.steps == "rows" else _tile
    return breadcrumb(era, run) + "".join(shape(run, step) for step in run.course.steps)


def _row(run: Run, step: Step) -> str:
    return (
        f'<div class="m-overview__step-row"><span class="m-overview__step-number"> {step.name} </span><span '
        f'class="m-overview__step-title">\n{escape(step.title)}\n</span><span class="m-overview__step-type">{step.type}'
        f'</span><a class="m-overview__step-edit js-action-edit" href="{_edit(run, step)}">Edit</a></div>'
    )


def _tile(run: Run, step: Step) -> str:
    letters = TILE_LETTERS[step.type][1]
    return f'<a href="{_edit(run, step)}" title="{escape(step.title)}">{step.name} {letters}</a>\n'


def _edit(run: Run, step: Step) -> str:
    return f"/admin/{TILE_LETTERS[step.type][0]}/{step_id(run, step)}"


def _day(day: datetime.date) -> str:
    return f"{day.day} {day:%b %Y}"
