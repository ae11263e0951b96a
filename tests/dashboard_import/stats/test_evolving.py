"""How a run went on: how far people came, who replied to whom by which day, sums up to each day."""

import pytest

from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_leading import marks
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"
STEPS = [f"1.{number}" for number in range(1, 21)]
# Five people who came ever further; the last completed 19 steps of 20.
VISITS = [
    visit(who, step, completed="2026-01-08" if at <= last else "")
    for who, last in (("b", 5), ("c", 5), ("d", 5), ("e", 19))
    for at, step in enumerate(STEPS, start=1)
]
WROTE = [comment(at * 10 + number, who) for at, who in enumerate("cdea") for number in range(5)]


def handed_in(key: int, who: str) -> str:
    """Return a row of peer review assignments."""
    return f"{key},1.3,1,3,{who},Text,,2026-01-09 10:00:00 UTC,,1"


# Somebody who handed in without having written does not come that far.
HANDED_IN = [handed_in(at, who) for at, who in enumerate("bde")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (HANDED_IN, [("joined", 5), ("steps", 4), ("comments", 3), ("assignment", 2), ("completion", 1)]),
        ([handed_in(1, "d")],
         [("joined", 5), ("steps", 4), ("comments", 3), ("assignment", 1), ("completion", 0)]),
        ([], [("joined", 5), ("steps", 4), ("comments", 3), ("completion", 1)]),
    ],
)  # fmt: skip
def test_each_stage_is_of_those_who_came_through_the_one_before(bread, staff, assignments, expected):
    bread(
        enrolments=[person(who) for who in "abcde"], step_activity=VISITS, comments=WROTE,
        peer_review_assignments=assignments,
    )  # fmt: skip
    rows = table(staff, f"{HOME}/overview/funnel.csv")[1:]
    assert rows == [[stage, str(count)] for stage, count in expected]
    html = staff.get(f"{HOME}/overview/?of=learner").content.decode()
    led = marks(html, "funnel")
    assert led[:3] == [f"{HOME}/{page}/?of=learner" for page in ("enrolments", "steps", "comments")]
    assert all(staff.get(path).status_code == 200 for path in led)


def test_a_stage_that_nobody_of_a_group_reached_is_there_with_none(bread, staff):
    bread(
        enrolments=[person("e", role="educator")], step_activity=VISITS, comments=WROTE,
        peer_review_assignments=HANDED_IN,
    )  # fmt: skip
    rows = table(staff, f"{HOME}/overview/funnel.csv?of=learner")[1:]
    assert rows == [[stage, "0"] for stage in ("joined", "steps", "comments", "assignment", "completion")]


def talk() -> list[str]:
    """Return comments: b and c reply to a on two days, a replies to b on a third, and to nobody's post on a fourth."""
    return [
        comment(1, "a"), comment(2, "b", parent=1, day="2026-01-07"), comment(3, "c", parent=1, day="2026-01-08"),
        comment(4, "b", day="2026-01-08"), comment(5, "a", parent=4, day="2026-01-10"),
        comment(6, "", day="2026-01-10"), comment(7, "a", parent=6, day="2026-01-12"),
        comment(8, "b", parent=1, day="2026-01-12"),
    ]  # fmt: skip


def test_a_connection_is_returned_from_the_day_on_which_both_have_replied(bread, staff):
    bread(comments=talk())
    assert table(staff, f"{HOME}/conversation/network-reciprocity.csv")[1:] == [
        ["2026-01-07", "1", "0", "0.0"], ["2026-01-08", "2", "0", "0.0"], ["2026-01-10", "3", "2", "0.666667"],
    ]  # fmt: skip
    html = staff.get(f"{HOME}/conversation/").content.decode()
    assert "Sat 10 Jan 2026\nReturned: 66.7 %" in html
    assert "Fri 9 Jan 2026\nReturned: 0.0 %" in html
    assert 'Sat 10 Jan 2026</a></th><td class="number">66.7 %</td>' in html


def test_who_talked_with_most_others_by_day(bread, staff):
    bread(comments=talk())
    a, b, c = map(pseudonym, "abc")
    assert sorted(table(staff, f"{HOME}/conversation/most-connected.csv")[1:]) == sorted([
        ["2026-01-07", a, "1"], ["2026-01-08", a, "2"], ["2026-01-07", b, "1"], ["2026-01-08", c, "1"],
    ])  # fmt: skip
    # What was before a part of the time counts on in it.
    html = staff.get(f"{HOME}/conversation/?from=2026-01-08&to=2026-01-08").content.decode()
    assert f"Thu 8 Jan 2026\n{a}: 2\n{min(b, c)}: 1\n{max(b, c)}: 1" in html


def test_only_the_seven_most_connected_are_drawn(bread, staff):
    posts = [comment(at, f"p{at}") for at in range(1, 10)]
    replies = [
        comment(100 + 10 * at + number, f"r{number}", parent=at, day="2026-01-07")
        for at in range(1, 10)
        for number in range(at)
    ]
    bread(comments=[*posts, *replies])
    names = {row[1] for row in table(staff, f"{HOME}/conversation/most-connected.csv")[1:]}
    assert names == {pseudonym(who) for who in ("p9", "r0", "p8", "r1", "p7", "r2", "p6")}


def test_sums_up_to_each_day(bread, staff):
    likes = comment(3, "b", day="2026-01-08").removesuffix("0") + "4"
    bread(
        enrolments=[person("a"), person("b", day="2026-01-06", unenrolled_at="2026-01-09 10:00:00 UTC")],
        comments=[comment(1, "a"), comment(2, "b", parent=1), likes],
        question_response=["a,2.8.1,MultipleChoice,2,8,1,1,,2026-01-08 10:00:00 UTC,true"],
    )
    assert table(staff, f"{HOME}/measures/sums-so-far.csv")[1:] == [
        ["2026-01-05", "1", "0", "0", "0", "0"], ["2026-01-06", "2", "2", "1", "0", "0"],
        ["2026-01-08", "2", "3", "1", "4", "1"], ["2026-01-09", "1", "3", "1", "4", "1"],
    ]  # fmt: skip
    html = staff.get(f"{HOME}/measures/?from=2026-01-07&as=percent").content.decode()  # no shares of anything
    assert "Wed 7 Jan 2026\nEnrolled: 2\nComments: 2" in html
