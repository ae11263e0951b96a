"""Reading comments: found by step, by who wrote and by words, thread by thread."""

import re
from random import Random
from urllib.parse import urlencode

import pytest

from dashboard_import.models import CommentType, CourseRun, PlacedComment, Tally
from dashboard_import.placing import CODES
from dashboard_import.stats import reader
from dashboard_import.stats.lists import PER_PAGE
from dashboard_import.stats.reader import COLUMNS
from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.runs import comment, write
from tests.dashboard_import.stats.slow_talk import TYPES, SlowestRun
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
READER = "/stats/futurelearn/bread/1/comments/read/"
TEAM = "t,Tea,Cher,educator,organisation_admin"
HOSTILE = "<script>alert(1)</script>"


def reply(key: int, author: str, parent: int, text: str) -> str:
    return f'{key},{author},{parent},1.1,1,1,"{text}",2026-01-07 12:00:00 UTC,,3'


@pytest.fixture
def talk(tmp_path, load) -> CourseRun:
    rows = [
        comment(1, "anna", text="Rye is best"), reply(2, "t", 1, "Why rye?"), reply(3, "anna", 1, "It keeps"),
        comment(4, "bob", "2.10", HOSTILE), comment(5, "", "2.1", "100% wheat_flour"),
    ]  # fmt: skip
    assert "ERROR" not in load(write(tmp_path / "bread", comments=rows, team_members=[TEAM]))
    return CourseRun.objects.get()


def ids(client, query: str = "") -> list[int]:
    response = client.get(READER + query)
    assert response.status_code == 200
    return [int(key) for key in re.findall(r'id="comment-(\d+)"', response.content.decode())]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 5, 4]), ("?step=2.10", [4]), ("?step=2.1", [5]), ("?by=team", [2]), ("?by=learners", [1, 3, 4]),
        ("?by=nobody", [5]), ("?kind=replies", [2, 3]), ("?kind=posts&step=1.1", [1]), ("?q=RYE", [1, 2]),
        ("?q=%25", [5]), ("?q=t_f", [5]), ("?q=%00", [1, 2, 3, 5, 4]), ("?thread=1", [1, 2, 3]), ("?thread=4", [4]),
        ("?week=1", [1, 2, 3]), ("?week=2&step=2.1", [5]), ("?day=2026-01-06", [1, 5, 4]), ("?day=0001-01-01", []),
        ("?type=lone", [5, 4]), ("?type=initiating", [1]), ("?type=first_reply&by=team", [2]),
        ("?type=further_reply", []),
        ("?talker=initiator_responding", [1, 3]), ("?talker=replier", [2]), ("?threaded=yes", [1, 2, 3]),
        ("?threaded=no", [5, 4]), ("?helped=yes", [1, 2, 3]), ("?helped=no&by=learners", [4]),
        ("?helped=yes&type=initiators_reply&talker=initiator_responding&threaded=yes&q=keeps", [3]),
        ("?likes=3", [2, 3]), ("?likes=0", [1, 5, 4]), ("?likes=3&by=team", [2]), ("?likes=3&q=keeps", [3]),
        ("?likes=0&day=2026-01-06", [1, 5, 4]), ("?likes=999999999", []), ("?replies=2", [1]), ("?replies=0", [5, 4]),
        ("?replies=2&q=rye", [1]), ("?replies=0&day=2026-01-06", [5, 4]), ("?replies=2&kind=replies", []),
        ("?replies=0&likes=0&step=2.1", [5]), ("?week=1&by=team", [2]), ("?week=2&step=1.1&by=team", []),
        ("?helped=yes&day=2026-01-07", [2, 3]), ("?talker=replier&q=rye", [2]), ("?threaded=no&who=abc", []),
        ("?day=9999-12-31", []), ("?week=0", []), ("?step=9.9", []), ("?who=abc", []), ("?p=2", []),
    ],
)  # fmt: skip
def test_comments_are_found(talk, staff, query, expected):
    assert ids(staff, query) == expected


def test_a_reply_is_set_in_within_its_thread_alone_and_says_everywhere_what_it_is(tmp_path, load, staff):
    rows = [comment(1, "anna"), comment(2, "bob"), reply(3, "anna", 1, "It keeps"), reply(4, "anna", 2, "Thank you")]
    load(write(tmp_path / "bread", comments=rows))
    assert 'class="reply"' not in staff.get(READER).content.decode()
    assert staff.get(f"{READER}?thread=1").content.decode().count('class="reply"') == 1
    html = staff.get(READER).content.decode()
    assert html.count("<span>Reply to their own lone post</span>") == html.count("<span>First reply</span>") == 1


def test_a_name_leads_to_what_its_person_wrote_and_shows_no_id(talk, staff):
    assert ids(staff, f"?who={pseudonym('anna')}") == [1, 3]
    html = staff.get(READER).content.decode()
    assert pseudonym("anna") in html
    assert "anna" not in html
    assert HOSTILE not in html
    assert "thread=1" in html
    assert "thread=4" not in html


@pytest.mark.parametrize(
    "query",
    ["?step=1", "?step=a.b", "?step=²", "?p=0", "?p=x", "?p=9999", "?by=me", "?kind=x", "?thread=x", "?thread=99",
     "?who=%00", "?week=x", "?week=99999", "?day=x", "?day=2026-02-30", "?day=²", "?week=²",
     "?type=x", "?type=loner", "?talker=lone", "?threaded=maybe", "?helped=1", "?type=%00",
     "?likes=x", "?likes=--1", "?likes=2147483648", "?likes=9999999999", "?replies=²", "?replies=1.5", "?who=a'b",
     "?thread=99999999999999999999"],
)  # fmt: skip
def test_nonsense_is_not_found(talk, staff, query):
    assert staff.get(READER + query).status_code == 404


def test_only_staff_with_the_permission_read(talk, client, staff):
    assert client.get(READER).status_code == 302
    assert client.get(f"{READER}comments.csv").status_code == 302
    assert staff.post(READER).status_code == 405


def test_a_page_is_one_page_in_few_queries(tmp_path, load, staff, django_assert_num_queries):
    load(write(tmp_path / "bread", comments=[comment(key, f"a{key}") for key in range(1, PER_PAGE + 2)]))
    with django_assert_num_queries(10):
        assert len(ids(staff)) == PER_PAGE
    with django_assert_num_queries(12):
        assert len(ids(staff, "?type=lone&likes=0")) == PER_PAGE
    assert ids(staff, "?p=2") == [PER_PAGE + 1]
    assert "comments/read/?step=1.1" in staff.get("/stats/futurelearn/bread/1/comments/").content.decode()


def test_a_comment_says_what_kind_it_is_and_whether_the_team_replied(talk, staff):
    html = staff.get(f"{READER}?thread=1").content.decode()
    html = html[html.index('<ol class="stats-comments">') :]
    assert [html.count(words) for words in ("Initiating post", "First reply", "Initiator’s reply")] == [1, 1, 1]
    assert html.count("by: Initiator who responds") == 2
    assert html.count("The team replied") == 2  # the team's own reply does not say it
    assert "The team replied" not in staff.get(f"{READER}?step=2.10").content.decode()


def test_the_file_has_all_that_the_address_asks_for(talk, staff):
    header, *rows = table(staff, f"{READER}comments.csv?step=1.1&p=7")
    assert header == list(COLUMNS)
    assert rows[1] == [
        "2", "2026-01-07 12:00:00 UTC", "1.1", pseudonym("t"), "replier", "first_reply", "1", "true", "Why rye?", "3",
        "https://www.futurelearn.com/courses/bread/1/comments/2",
    ]  # fmt: skip
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert len(table(staff, f"{READER}comments.csv?thread=1")) == 4
    assert staff.get(f"{READER}comments.csv?step=x").status_code == 404
    assert staff.get(f"{READER}comments.csv?thread=999").status_code == 404
    assert "comments.csv?step=1.1" in staff.get(f"{READER}?step=1.1").content.decode()


@pytest.mark.parametrize("layout", ["2015", "2026"], indirect=True)
def test_kinds_in_the_file_are_those_of_a_slow_reading(generated, staff, monkeypatch):
    monkeypatch.setattr(reader, "BATCH", 50)
    run = CourseRun.objects.first()
    slow = SlowestRun(generated, f"{run.slug}-{run.number}", "all")
    talkers = {row[0]: row[1] for row in slow.talkers()}
    expected = {
        row["id"]: (kind, row["author_id"] and talkers[pseudonym(row["author_id"])], row["step"], row["likes"] or "0")
        for kind, row, _after in slow.typed()
    }
    path = f"/stats/futurelearn/{run.slug}/{run.number}/comments/read/comments.csv"
    found = {row[0]: (row[5], row[4], row[2], row[9]) for row in table(staff, path)[1:]}
    assert found == expected
    for kind in TYPES:
        some = {row[0] for row in table(staff, f"{path}?type={kind}")[1:]}
        assert some == {key for key, facts in expected.items() if facts[0] == kind}
    threads = {row["parent_id"] or row["id"]: set() for row in slow.table("comments")}
    team = {row["id"] for row in slow.table("team-members")}
    for row in slow.table("comments"):
        threads[row["parent_id"] or row["id"]].add(row["author_id"] if row["parent_id"] else "post")
    for name, test in (("helped", lambda who: bool(who & team)), ("threaded", lambda who: bool(who - {"post"}))):
        asked = {row[0] for row in table(staff, f"{path}?{name}=yes")[1:]}
        rows = slow.table("comments")
        assert asked == {row["id"] for row in rows if test(threads[row["parent_id"] or row["id"]])}
        assert len({row[0] for row in table(staff, f"{path}?{name}=no")[1:]}) == len(rows) - len(asked)


QUESTIONS = {
    "type": reader.TYPE, "talker": reader.TALKER, "threaded": reader.THREADED, "helped": reader.HELPED, "by": reader.BY,
    "kind": reader.KIND, "likes": ("", "0", "1", "2"), "replies": ("", "0", "1", "3"), "step": ("", "1.2"),
    "week": ("", "2"),
}  # fmt: skip


@pytest.mark.parametrize("layout", ["2015", "2026"], indirect=True)
def test_a_page_by_index_has_what_a_search_through_all_comments_finds(generated, staff, monkeypatch):
    monkeypatch.setattr(reader, "PER_PAGE", 7)
    run, chance = CourseRun.objects.first(), Random(3)
    read = f"/stats/futurelearn/{run.slug}/{run.number}/comments/read/"
    asked = [{name: value} for name, values in QUESTIONS.items() for value in values]
    asked += [{name: chance.choice([*values]) for name, values in QUESTIONS.items() if chance.random() < 0.4}
              for _ in range(60)]  # fmt: skip
    found = 0
    for one in asked:
        query = urlencode(one)
        every = [int(row[0]) for row in table(staff, f"{read}comments.csv?{query}")[1:]]
        for page, first in ((1, 0), (2, 7)):
            html = staff.get(f"{read}?{query}&p={page}").content.decode()
            assert [int(key) for key in re.findall(r'id="comment-(\d+)"', html)] == every[first : first + 7], query
        found += len(every)
    assert found > 1_000


def test_the_team_s_file_may_come_last_and_a_run_loaded_before_is_searched_through(tmp_path, load, staff):
    load(write(tmp_path / "one", comments=[comment(1, "anna"), reply(2, "t", 1, "Why?")]))
    assert ids(staff, "?by=team") == ids(staff, "?helped=yes") == []
    load(write(tmp_path / "two", team_members=[TEAM]))
    assert (ids(staff, "?by=team"), ids(staff, "?helped=yes")) == ([2], [1, 2])
    Tally.objects.filter(kind=CODES).delete()
    PlacedComment.objects.all().delete()
    assert (ids(staff, "?by=team"), ids(staff, "?helped=yes&likes=3")) == ([2], [2])


def test_a_run_that_is_deleted_takes_its_places_along(talk):
    assert PlacedComment.objects.count() == 5
    talk.delete()
    assert not PlacedComment.objects.exists()


def test_a_run_loaded_before_says_to_load_it_again(talk, staff):
    CommentType.objects.all().delete()
    Tally.objects.filter(kind=CODES).delete()
    html = staff.get(f"{READER}?type=lone").content.decode()
    assert "import_futurelearn --again." in html
    assert "import_futurelearn" not in staff.get(f"{READER}?q=nowhere").content.decode()


def test_a_kind_stays_chosen_in_the_form(talk, staff):
    html = staff.get(f"{READER}?type=lone&helped=no").content.decode()
    assert '<option value="lone" selected>Lone post</option>' in html
    assert "comments.csv?type=lone&amp;helped=no" in html
    assert '<details class="stats-beside" open>' in html
    assert '<details class="stats-beside">' in staff.get(READER).content.decode()


def test_a_run_without_comments_says_so(staff):
    CourseRun.objects.create(slug="bread", number=1, course="Bread")
    assert "has no comments here" in staff.get(READER).content.decode()
