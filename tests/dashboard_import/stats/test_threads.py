"""The threads of a step over time: which, where their marks lead, what is said where there are none."""

import datetime
import re

import pytest

from dashboard_import import threads
from dashboard_import.models import ThreadComment
from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.runs import comment
from tests.dashboard_import.stats.test_leading import marks
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1/comments"


def reply(key: int, parent: int, day: int, author: str = "b", step: str = "1.1") -> str:
    return (
        comment(key, author, step).replace(f",{author},,", f",{author},{parent},", 1).replace("01-06", f"01-{day:02}")
    )


TALK = [
    comment(1, "a"), comment(2, "c"), reply(3, 2, 7), reply(4, 2, 9, ""), reply(5, 1, 8, "a"),
    comment(6, "a", "1.2"), reply(7, 6, 20, step="1.2"), comment(8, "a"), comment(9, "a", "2.1"),
]  # fmt: skip


def figure(client, query: str = "") -> str:
    html = client.get(f"{HOME}/?{query}").content.decode()
    return re.search(r'id="comment-threads".*?</figure>', html, re.DOTALL)[0]


def test_threads_with_most_replies_stand_first_each_comment_leading_to_itself(bread, staff):
    bread(comments=TALK)
    html = figure(staff)
    assert re.findall(r"<title>(\d\. [^<]*repl[^<]*)</title>", html) == ["1. 2 replies", "2. one reply"]
    assert "Step 1.1, where most comments are." in html
    leads = marks(html, "comment-threads")
    there = [f"{HOME}/read/?thread={thread}" for thread in (2, 1)]
    assert leads == [
        there[0], *(f"{there[0]}#comment-{key}" for key in (2, 3, 4)),
        there[1], *(f"{there[1]}#comment-{key}" for key in (1, 5)),
    ]  # fmt: skip
    for lead in leads:
        page = staff.get(lead.split("#")[0]).content.decode()
        assert f'id="{lead.split("#")[-1]}"' in page or "#" not in lead
    assert f"Reply\n7 Jan 2026, 12:00 UTC\n{pseudonym('b')}" in html
    assert "no name in the file" in html


def test_a_step_can_be_chosen(bread, staff):
    bread(comments=TALK)
    rows = table(staff, f"{HOME}/comment-threads.csv?step=1.2")
    assert [row[3:5] for row in rows[1:]] == [["6", ""], ["7", "6"]]
    assert "Step 1.2." in figure(staff, "step=1.2")
    assert "Nobody has replied on this step." in figure(staff, "step=2.1")
    assert staff.get(f"{HOME}/comment-threads.csv?step=x").status_code == 404


def test_a_part_of_the_time(bread, staff):
    run = bread(comments=TALK)
    run.start = datetime.date(2026, 1, 5)
    run.save()
    rows = table(staff, f"{HOME}/comment-threads.csv?from=2026-01-07&to=2026-01-08")
    assert [row[3] for row in rows[1:]] == ["3", "5"]
    html = figure(staff, "from=3&to=4")
    assert "7 Jan" in html
    assert html.count("<circle") == 2
    assert '<rect class="s1"' not in html
    assert "in this part of the time" in figure(staff, "from=2026-02-01")


def test_no_more_than_the_drawing_has_room_for(bread, staff, monkeypatch):
    monkeypatch.setattr(threads, "MOST_THREADS", 1)
    monkeypatch.setattr(threads, "MOST_COMMENTS", 2)
    monkeypatch.setattr("dashboard_import.stats.threads.MOST_COMMENTS", 2)
    bread(comments=TALK)
    assert [row[3] for row in table(staff, f"{HOME}/comment-threads.csv")[1:]] == ["2", "3"]
    assert "1. 2 replies, the first 1 drawn" in figure(staff)


def test_a_run_loaded_before_says_to_load_it_again(bread, staff):
    bread(comments=TALK)
    ThreadComment.objects.all().delete()
    assert "import_futurelearn --again." in figure(staff)
    assert "import_futurelearn --again." in figure(staff, "step=1.2")


def test_few_replies_are_hidden_where_few_numbers_are(bread, staff, settings):
    bread(comments=TALK)
    settings.STATISTICS_HIDE_BELOW = 5
    assert {row[-1] for row in table(staff, f"{HOME}/comment-threads.csv")[1:]} == {""}
    assert "1. few replies" in figure(staff)


def test_runs_beside_each_other_have_a_figure_each(bread, staff):
    bread(comments=TALK)
    bread("bread-2", comments=[comment(1, "a", "3.1"), reply(2, 1, 7, step="3.1")])
    html = staff.get(f"{HOME}/?with=bread/2").content.decode()
    assert "Step 1.1, where most comments are." in html
    assert "Step 3.1, where most comments are." in html
    assert [row[:2] for row in table(staff, f"{HOME}/comment-threads.csv?with=bread/2")[-2:]] == [
        ["bread/2", "3.1"]
    ] * 2


def test_loading_again_replaces_them_and_a_run_takes_them_along(bread):
    bread(comments=TALK)
    run = bread(comments=TALK[:5])
    assert ThreadComment.objects.count() == 5
    run.delete()
    assert not ThreadComment.objects.exists()
