"""The harness of the benchmarks: which there are, what they return, what is printed."""

import http.client
import sys
from types import ModuleType
from urllib.parse import urlsplit

import dj_database_url
import psycopg2
import pytest
import requests

from benchmarks import __main__ as harness
from benchmarks.mail_door import door, seen
from benchmarks.mail_floor import floor
from benchmarks.servers import gunicorn, postgres, production
from benchmarks.table import Row, draw


def test_a_table_says_what_was_missed():
    rows = [
        Row("sign-ups", 1234.5, 2000, "a second", at_least=0.5),
        Row("page", 3, 2, "ms", at_most=1.2),
        Row("import", 7, 7, "s"),
    ]
    assert draw(rows).splitlines() == [
        "figure    ours   floor  unit      ratio  wanted",
        "sign-ups  1,234  2,000  a second  0.62   at least 0.5",
        "page      3      2      ms        1.50   at most 1.2  MISSED",
        "import    7      7      s         1.00",
    ]


@pytest.mark.parametrize(("floor", "code"), [(2, 0), (3, 1)])
def test_the_exit_code_says_whether_all_was_reached(monkeypatch, capsys, floor, code):
    made = ModuleType("benchmarks.bench_toy")
    made.run = lambda: [Row("toys", 1, floor, "a day", at_least=0.5)]
    monkeypatch.setitem(sys.modules, made.__name__, made)
    monkeypatch.setattr(harness, "found", lambda: ["toy"])
    assert harness.main([]) == code
    assert "toys" in capsys.readouterr().out


def test_sizes_go_to_those_that_can_use_them(monkeypatch, capsys):
    asked = []

    def toy(people):
        asked.append(people)
        return []

    def fixed():
        return []

    for run in (toy, fixed):
        made = ModuleType(f"benchmarks.bench_{run.__name__}")
        made.run = run
        monkeypatch.setitem(sys.modules, made.__name__, made)
    monkeypatch.setattr(harness, "found", lambda: ["toy", "fixed"])
    assert harness.main(["toy", "--people", "7", "--people", "8"]) == 0
    assert harness.main([]) == 0
    assert asked == [[7, 8], ()]


def test_the_stand_in_of_sending_counts_what_it_gets_and_keeps_the_connection():
    fields = {"from": "a@b.org", "to": ["c@d.org", "e@f.org"], "h:Message-Id": "<one@b.org>"}
    with door(0) as address, requests.Session() as session:
        for _ in range(2):
            answer = session.post(f"{address}/v3/b.org/messages", fields)
        assert answer.json() == {"id": "<one@b.org>", "message": "Queued. Thank you."}
        assert len(session.get(f"{address}/body/1").content) == len(answer.request.body)
        assert seen(address) == {"calls": 2, "recipients": 4, "bytes": 2 * len(answer.request.body)}
        assert seen(address)["calls"] == 0
        assert floor(address, 2) > 0
        assert seen(address)["calls"] == 2


def test_an_unknown_name_is_a_sentence(capsys):
    assert harness.main(["nothing"]) == 2
    assert capsys.readouterr().err.startswith("There is no benchmark nothing. There are: ")


def test_servers_of_its_own(monkeypatch):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    with postgres("course") as address:
        parts = dj_database_url.parse(address)
        connection = psycopg2.connect(host=parts["HOST"], user=parts["USER"], dbname=parts["NAME"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database(), upper('é')")
            assert cursor.fetchone() == ("course", "É")
        connection.close()
        with gunicorn("wsgiref.simple_server:demo_app", production(address), workers=1) as site:
            request = http.client.HTTPConnection(urlsplit(site).netloc)
            request.request("GET", "/")
            assert b"Hello world!" in request.getresponse().read()
            request.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(host=parts["HOST"], user=parts["USER"], dbname=parts["NAME"])
