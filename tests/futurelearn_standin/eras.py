"""How the pages looked, era by era, as data: which paths there were and which shape each part of a page had."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Era:
    """One state of FutureLearn's pages. The shapes are names of functions in html.py.

    `lists` are the paths where the courses are listed, with {org} for the organisation. `lists_before` counts the
    `ul` that stand before the list of datasets. `totals` is the path under the statistics page, empty for itself.
    """

    name: str
    lists: tuple[str, ...]
    list_shape: str
    institution: str
    duration: str
    totals: str
    table: str
    breadcrumb: str
    lists_before: int
    steps: str = ""
    named_links: bool = True
    page_size: int = 0
    dataset_class: str = ""


OLD_TABLE = "table table-condensed table-striped table-fixed run-stats-dashboard-table"
_first = Era("2016-07", ("/admin/courses",), "spans_2016_07", "org_name", '<p class="run-data">Duration: {}</p>', "",
             OLD_TABLE, "m-breadcrumb-list", 1, dataset_class="datasets")  # fmt: skip
_summer = replace(
    _first, name="2016-08", totals="/overview", duration='<span class="m-key-info__data">Duration: {}</span>'
)
_winter = replace(_summer, name="2016-12", list_shape="spans_2016_12", institution="a-heading", named_links=False,
                  table="m-table m-table--condensed", lists_before=3, dataset_class="")  # fmt: skip
_spring = replace(_winter, name="2017-03", institution="m-action-bar__title", breadcrumb="m-breadcrumb-old-list",
                  duration='<span class="m-metadata__title">Duration {}</span>', named_links=True)  # fmt: skip
_invited = replace(_spring, name="2017-06", list_shape="spans_2017_06")
_autumn = replace(_invited, name="2017-09", breadcrumb="m-breadcrumb m-breadcrumb--with-icon", lists_before=4,
                  steps="rows")  # fmt: skip
_2018 = replace(_autumn, name="2018", lists=("/admin/organisations/{org}/courses",), breadcrumb="m-breadcrumb",
                duration='<span class="m-metadata__content">\n{}\n</span>', lists_before=5)  # fmt: skip
_2020 = replace(_2018, name="2020", lists=("/admin/organisations/{org}/runs",), list_shape="lines_2020", steps="tiles")
_2026 = replace(_2018, name="2026", lists=("/admin/organisations/{org}/courses-all",), list_shape="cards_2026",
                totals="/totals", page_size=20)  # fmt: skip

ERAS = {era.name: era for era in (_first, _summer, _winter, _spring, _invited, _autumn, _2018, _2020, _2026)}
