"""The session with FutureLearn, over real HTTP: polite, patient, on one host, and silent about its secrets."""

import io
import logging

import pytest
import requests

from dashboard_import import futurelearn as client
from dashboard_import.futurelearn import MOST_IN_VAIN, FetchError, MissingError, NotATableError, Session, SignInError
from dashboard_import.generating import pieces
from tests.futurelearn_standin import PASSWORD, USERNAME, StandIn
from tests.futurelearn_standin.faults import KINDS

COURSES = "/admin/organisations/northumbria-sands/courses-all?&page=1"


@pytest.fixture
def session(futurelearn, waits) -> Session:
    made = Session(futurelearn.url, USERNAME, PASSWORD, pause=0)
    made.sign_in()
    return made


@pytest.fixture
def file(seven) -> str:
    return f"/admin/courses/{seven[0].course.slug}/{seven[0].number}/stats-dashboard/data/comments"


def test_signing_in_and_reading(session, futurelearn):
    assert "m-course-list__item" in session.page(COURSES)
    assert [method for method, path, _, _ in futurelearn.asked if path == "/sign-in"] == ["GET", "POST"]
    assert len(futurelearn.agents) == 1
    assert "mechanical-mooc" in futurelearn.agents.pop()


@pytest.mark.parametrize(("name", "word"), [(USERNAME, "wrong"), ("nobody@example.org", PASSWORD)])
def test_the_form_again_means_wrong_credentials(futurelearn, waits, name, word):
    with pytest.raises(SignInError, match="user name or the password is wrong") as refusal:
        Session(futurelearn.url, name, word, pause=0).sign_in()
    assert name not in str(refusal.value)
    assert word not in str(refusal.value).replace("is wrong", "")
    assert [method for method, _, _, _ in futurelearn.asked].count("POST") == 1  # a password is tried once


def test_a_sign_in_page_without_a_form(futurelearn, waits):
    futurelearn.faults.add("changed", "GET /sign-in")
    with pytest.raises(FetchError, match="no form that we know"):
        Session(futurelearn.url, USERNAME, PASSWORD, pause=0).sign_in()


def test_a_session_that_ended_is_begun_again_once(session, futurelearn):
    futurelearn.sessions.clear()
    assert "m-course-list__item" in session.page(COURSES)
    futurelearn.faults.add("signed-out", COURSES)
    for _ in range(MOST_IN_VAIN - 1):
        with pytest.raises(FetchError, match="may not see it") as refusal:
            session.page(COURSES)
        assert not isinstance(refusal.value, SignInError)
    with pytest.raises(SignInError, match="may not see it"):
        session.page(COURSES)


def test_a_file_is_fetched_as_it_is(session, seven, file):
    target = io.BytesIO()
    assert session.download(file, target) == len(target.getvalue())
    assert target.getvalue() == b"".join(pieces(seven[0], "comments"))


def test_a_file_of_an_ended_session_too(session, futurelearn, seven, file):
    futurelearn.sessions.clear()
    target = io.BytesIO()
    session.download(file, target)
    assert target.getvalue() == b"".join(pieces(seven[0], "comments"))
    futurelearn.faults.add("signed-out", "/data/comments")
    with pytest.raises(FetchError, match="may not see it"):
        session.download(file, target)
    futurelearn.faults.rules.clear()
    session.download(file, target)
    assert target.getvalue() == b"".join(pieces(seven[0], "comments"))


@pytest.mark.parametrize("kind", ["error", "cut", "reset"])
def test_what_passes_is_asked_again_with_growing_waits(session, futurelearn, waits, seven, file, kind):
    futurelearn.faults.add(kind, "/data/comments", times=3)
    target = io.BytesIO()
    session.download(file, target)
    assert target.getvalue() == b"".join(pieces(seven[0], "comments"))
    assert 2 <= waits[0] < 3 < 8 <= waits[1] < 11 < 30 <= waits[2] < 40
    assert len(futurelearn.downloads) == 4


@pytest.mark.parametrize("kind", ["error", "cut", "reset"])
def test_what_does_not_pass_is_given_up(session, futurelearn, file, kind):
    futurelearn.faults.add(kind, "/data/comments")
    with pytest.raises(FetchError, match="4 times"):
        session.download(file, io.BytesIO())
    assert len(futurelearn.downloads) == 4


def test_retry_after_is_honoured(session, futurelearn, waits, file):
    futurelearn.faults.add("busy", "/data/comments", times=1, seconds=17)
    session.download(file, io.BytesIO())
    assert waits == [17]


def test_retry_after_of_hours_is_not_waited_for(session, futurelearn, waits, file):
    futurelearn.faults.add("busy", "/data/comments", seconds=7200)
    with pytest.raises(FetchError, match="asks to wait for 7,200 seconds"):
        session.download(file, io.BytesIO())
    assert waits == []
    assert len(futurelearn.downloads) == 1


def test_slow_is_not_wrong(session, futurelearn, seven, file):
    futurelearn.faults.add("slow", "/data/comments", seconds=0.2)
    assert session.download(file, io.BytesIO()) > 0


def test_an_answer_that_never_comes(session, futurelearn, monkeypatch, file):
    monkeypatch.setattr(client, "TIMEOUT", (1, 0.05))
    futurelearn.faults.add("slow", "/data/comments", seconds=0.5)
    with pytest.raises(FetchError, match=r"failed \(ReadTimeout\), 4 times"):
        session.download(file, io.BytesIO())


def test_no_request_leaves_the_host(session, futurelearn, file):
    futurelearn.faults.add("elsewhere", "/data/comments")
    with pytest.raises(FetchError, match=r"another host, example\.org: not followed"):
        session.download(file, io.BytesIO())
    with pytest.raises(FetchError, match="another host"):
        session.page("//example.org/admin")
    with pytest.raises(FetchError, match="another host"):
        session.page(f"https{futurelearn.url.removeprefix('http')}/admin")


def test_redirects_end(session, futurelearn, file):
    futurelearn.faults.add("loop", "/data/comments")
    with pytest.raises(FetchError, match="without an end"):
        session.download(file, io.BytesIO())


def test_html_is_no_table(session, futurelearn, file):
    futurelearn.faults.add("html", "/data/comments")
    target = io.BytesIO()
    with pytest.raises(NotATableError, match="a page instead of a table"):
        session.download(file, target)
    assert target.getvalue() == b""


def test_a_csv_may_call_itself_html(session, futurelearn, seven, monkeypatch, file):
    futurelearn.files[seven[0].name, "comments"] = b"id,text\n1,<html>\n"
    target = io.BytesIO()
    assert session.download(file, target) == 17


@pytest.mark.parametrize(("kind", "error"), [("missing", MissingError), ("forbidden", FetchError)])
def test_a_definite_no_is_asked_once(session, futurelearn, file, kind, error):
    futurelearn.faults.add(kind, "/data/comments")
    with pytest.raises(error, match=r"404|403"):
        session.download(file, io.BytesIO())
    assert len(futurelearn.downloads) == 1


def test_nobody_there(waits):
    with StandIn([]) as gone:
        url = gone.url
    with pytest.raises(FetchError, match=r"failed \(ConnectionError\), 4 times") as failure:
        Session(url, USERNAME, PASSWORD).sign_in()
    assert failure.value.__cause__ is None or USERNAME not in str(failure.value.__cause__)


def test_one_at_a_time_with_the_pause_between(futurelearn):
    session = Session(futurelearn.url, USERNAME, PASSWORD, pause=0.1)
    session.sign_in()
    session.page(COURSES)
    ends = [end for _, _, _, end in futurelearn.asked]
    begins = [begin for _, _, begin, _ in futurelearn.asked]
    assert len(begins) == 4  # the form, the password, the page it leads to, the list
    assert all(begin - end >= 0.1 for end, begin in zip(ends, begins[1:], strict=False))


def test_work_between_requests_counts_for_the_pause(futurelearn, waits, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(client, "monotonic", lambda: now[0])
    session = Session(futurelearn.url, USERNAME, PASSWORD, pause=3)
    session.sign_in()
    waits.clear()
    now[0] += 2
    session.page(COURSES)
    assert waits == [1]
    now[0] += 60
    session.page(COURSES)
    assert waits == [1]


def test_no_secret_in_an_error_a_log_or_a_copy(session, futurelearn, file, caplog):
    caplog.set_level(logging.DEBUG)
    said = [repr(session)]
    for kind in KINDS:
        futurelearn.faults.rules.clear()
        futurelearn.faults.add(kind, "/data/comments", seconds=0.01)
        try:
            session.download(file, io.BytesIO())
        except FetchError as error:
            said.append(f"{error!r} {error.__cause__!r}")
    futurelearn.faults.add("changed", "/courses-all")
    said.append(session.without_secrets(session.page(COURSES)))
    everything = "\n".join([*said, caplog.text])
    assert "All new" in everything
    assert "/data/comments" in caplog.text
    for secret in (USERNAME, PASSWORD, *futurelearn.secrets):
        assert secret not in everything


def test_a_page_without_an_end_is_not_read(session, monkeypatch):
    monkeypatch.setattr(client, "LARGEST_PAGE", 100)
    with pytest.raises(FetchError, match="more than 100 bytes"):
        session.page(COURSES)


@pytest.mark.parametrize("bits", [(b"\n", b"<", b"!doctype html><p>"), (b"<!-- made", b" at night --><html>")])
def test_a_page_that_comes_bit_by_bit_is_no_table(bits):
    answer = requests.Response()
    answer.status_code, answer.headers["Content-Type"] = 200, "text/csv"
    answer.iter_content = lambda _size: iter(bits)
    target = io.BytesIO()
    with pytest.raises(NotATableError):
        Session("http://127.0.0.1", "a", "b", pause=0)._save(answer, target)
    assert target.getvalue() == b""


def test_a_table_that_comes_bit_by_bit_is_whole():
    whole = b"id,text\n" + b"1,<html>\n" * 1_000
    answer = requests.Response()
    answer.iter_content = lambda _size: iter([whole[place : place + 7] for place in range(0, len(whole), 7)])
    target = io.BytesIO()
    assert Session("http://127.0.0.1", "a", "b", pause=0)._save(answer, target) == len(whole)
    assert target.getvalue() == whole
