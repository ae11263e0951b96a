"""Measures, team, videos, campaigns and peer review: choices of an address, lists in pages, few queries, odd files."""

import re

import pytest

from dashboard_import.generating import make_runs, write_tree
from dashboard_import.models import CourseRun, LearnerSum, Moments, TeamComment
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"
TEAM = ["a,Ann,O’Hara,lead_educator,organisation_admin", "a,Ann,O’Hara,host,organisation_admin"]


def test_four_full_runs_ask_no_more_queries(tmp_path, load, staff, django_assert_max_num_queries):
    write_tree(make_runs(3, runs=4, joiners=60, layout="2026"), tmp_path / "four")
    assert "ERROR" not in load(tmp_path / "four")
    slug = CourseRun.objects.first().slug
    beside = "&".join(f"with={slug}/{number}" for number in (2, 3, 4))
    for page in PAGES:
        with django_assert_max_num_queries(12):
            assert staff.get(f"/stats/futurelearn/{slug}/1/{page}/?{beside}").status_code == 200


@pytest.mark.parametrize("query", ["x=nonsense", "y=", "x=steps&y=%00", "x=comments~steps"])
def test_only_known_measures_can_be_chosen(bread, staff, query):
    bread(enrolments=[person("a")])
    expected = 200 if query == "y=" else 404
    assert staff.get(f"{HOME}/measures/?{query}").status_code == expected
    assert staff.get(f"{HOME}/measures/correlations.csv?{query}").status_code == expected


def test_two_measures_either_way_and_one_with_itself(bread, staff):
    steps = [visit("a", "1.1", completed="2026-01-08"), visit("b", "1.1"), visit("b", "1.2", completed="2026-01-08")]
    bread(step_activity=[*steps, visit("c", "1.1")], comments=[comment(1, "a"), comment(2, "a"), comment(3, "d")])
    path = f"{HOME}/measures/correlations.csv"
    forth, back = table(staff, f"{path}?x=steps&y=comments")[1:], table(staff, f"{path}?x=comments&y=steps")[1:]
    assert sorted(forth) == [["0", "0", "1"], ["0", "1", "1"], ["50", "0", "1"], ["50", "2", "1"]]
    assert sorted(back) == sorted([y, x, count] for x, y, count in forth)
    assert table(staff, f"{path}?x=steps&y=steps")[1:] == []
    page = staff.get(f"{HOME}/measures/?x=comments&y=steps").content.decode()
    assert "Slope of the line: 9.09. Correlation (r): 0.30." in page
    assert '<option value="comments" selected>' in page
    assert "correlations.csv?x=comments&amp;y=steps" in page
    assert "Choose two different measures." in staff.get(f"{HOME}/measures/?x=steps&y=steps").content.decode()


def test_small_groups_of_learners_are_hidden(bread, staff, settings):
    settings.STATISTICS_HIDE_BELOW = 5
    bread(step_activity=[visit("a", "1.1")], comments=[comment(1, "a")])
    assert table(staff, f"{HOME}/measures/comments-per-completion.csv")[1:] == [["0", "", "", ""]]
    for page in PAGES:
        assert staff.get(f"{HOME}/{page}/?as=percent").status_code == 200


def test_the_teams_comments_come_in_pages_and_the_file_has_all(bread, staff):
    bread(team_members=TEAM, comments=[comment(key, "a", text=f"Number {key}.") for key in range(1, 121)])
    first = staff.get(f"{HOME}/team/?with=bread/1&of=all").content.decode()
    assert [first.count(f"Number {key}.") for key in (120, 71, 70)] == [1, 1, 0]
    assert "1 to 50 of 120." in first
    assert re.findall(r'<a href="([^"]+)" rel="(\w+)"', first) == [("?with=bread%2F1&amp;of=all&amp;p=2", "next")]
    last = staff.get(f"{HOME}/team/?p=3").content.decode()
    assert "101 to 120 of 120." in last
    assert 'href="https://www.futurelearn.com/courses/bread/1/comments/1"' in last
    assert len(table(staff, f"{HOME}/team/team-comments.csv?p=3")) == 121
    assert table(staff, f"{HOME}/team/team-members.csv")[1:] == [["Ann O’Hara", "lead_educator host", "120", "0"]]
    assert staff.get(f"{HOME}/team/?p=0").status_code == 404
    assert staff.get(f"{HOME}/team/?p=x").status_code == 404
    assert staff.get(f"{HOME}/team/?p=99").status_code == 200


def test_learners_own_words_are_text_on_the_page_and_in_the_file(bread, staff):
    bread(team_members=TEAM, comments=[comment(1, "a", text="<script>alert(1)</script>"), comment(2, "a", text="=1+1")])
    html = staff.get(f"{HOME}/team/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert table(staff, f"{HOME}/team/team-comments.csv")[1][3] == "'=1+1"


def test_videos_and_campaigns_with_holes(bread, staff):
    video = "," + ",".join(["Hello", ""] + [""] * 25)
    bread(video_stats=[video], campaigns=["None,None,None,None,None,,,,"])
    assert table(staff, f"{HOME}/videos/videos.csv")[1] == ["", "Hello", "", "", "", "", ""]
    assert table(staff, f"{HOME}/campaigns/campaigns.csv")[1][-3:] == ["", "", ""]
    for page in ("videos", "campaigns"):
        assert staff.get(f"{HOME}/{page}/?as=percent").status_code == 200


def test_a_run_that_is_deleted_takes_its_sums_along(bread):
    run = bread(team_members=TEAM, comments=[comment(1, "a")], step_activity=[visit("a", "1.1")])
    assert all(model.objects.exists() for model in (LearnerSum, Moments, TeamComment))
    run.delete()
    assert not any(model.objects.exists() for model in (LearnerSum, Moments, TeamComment))
