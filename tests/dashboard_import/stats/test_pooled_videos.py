"""Videos of runs whose files are of different years: which of them are one, and their numbers once more, slowly."""

import pytest

from dashboard_import.generating import LAYOUTS, make_runs, write_flat
from tests.dashboard_import.stats.slow_pool import SlowPool, readings_of
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
ALL = "/stats/futurelearn/bread/all/videos"


@pytest.fixture
def listed(tmp_path, load):
    """Return a function that loads runs of a course, whose videos are (step, title, views) in files of some year."""

    def made(*runs: tuple[str, list[tuple[str, str, int]]]) -> None:
        for number, (year, videos) in enumerate(runs, start=1):
            head = LAYOUTS[year].headers["video-stats"]
            rows = [
                ",".join(
                    {"step_position": step, "title": title, "total_views": str(views)}.get(column, "")
                    for column in head.split(",")
                )
                for step, title, views in videos
            ]
            (tmp_path / f"bread-{number}_video-stats.csv").write_text("\n".join([head, *rows, ""]))
        assert "ERROR" not in load(tmp_path)

    return made


def views(client) -> list[list[str]]:
    """Return the step, the title and the views of each video of all runs."""
    return [[row[0], row[1], row[3]] for row in table(client, f"{ALL}/videos.csv")[1:]]


def test_a_title_without_a_step_is_the_video_that_alone_has_it(listed, staff):
    listed(("2017", [("", "Dough", 10), ("", "Ovens", 5)]), ("2018", [("1.2", "Dough", 30), ("2.1", "Salt", 2)]))
    assert views(staff) == [["1.2", "Dough", "40"], ["2.1", "Salt", "2"], ["", "Ovens", "5"]]
    html = staff.get(f"{ALL}/").content.decode()
    assert "Files of 2017 name no step: there the title alone tells, if one video alone has it." in html


def test_a_title_of_two_videos_tells_nothing(listed, staff):
    listed(
        ("2017", [("", "Dough", 10)]), ("2018", [("1.2", "Dough", 30), ("2.2", "Dough", 7)]),
        ("2017", [("", "Salt", 1), ("", "Salt", 2)]), ("2018", [("1.3", "Salt", 5)]),
    )  # fmt: skip
    assert views(staff) == [
        ["1.2", "Dough", "30"], ["1.3", "Salt", "5"], ["2.2", "Dough", "7"],
        ["", "Dough", "10"], ["", "Salt", "1"], ["", "Salt", "2"],
    ]  # fmt: skip


def test_runs_of_2017_alone_have_their_videos_by_title_and_order(listed, staff):
    listed(("2017", [("", "Dough", 10), ("", "Dough", 1)]), ("2017", [("", "Dough", 20), ("", "Dough", 2)]))
    assert views(staff) == [["", "Dough", "30"], ["", "Dough", "3"]]


def test_every_number_of_three_years_is_that_of_a_slow_reading(tmp_path, load, staff):
    runs = [make_runs(5, runs=3, joiners=40, layout=year)[at] for at, year in enumerate(("2017", "2018", "2026"))]
    write_flat(runs, tmp_path / "files")
    assert "ERROR" not in load(tmp_path / "files")
    names = dict.fromkeys(run.name for run in runs)
    slow = SlowPool(readings_of(tmp_path / "files", names), names, "all").videos()
    assert len(slow) == 4
    assert any(row[0] == "" for row in slow["videos/videos"])  # titles of several videos stay apart
    for name, expected in slow.items():
        rows = table(staff, f"/stats/futurelearn/{runs[0].course.slug}/all/{name}.csv")[1:]
        assert [row[:2] for row in sorted(rows)] == [row[:2] for row in sorted(expected)]
        for row, other in zip(sorted(rows), sorted(expected), strict=True):
            # A mean that ends in 5 may be rounded either way.
            assert [float(cell or -1) for cell in row[2:]] == pytest.approx(
                [float(cell or -1) for cell in other[2:]], abs=1.1e-4
            )
