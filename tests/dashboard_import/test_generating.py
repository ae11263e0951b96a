"""The generator: the same bytes for the same seed, the layouts of real files, and the shares of real courses."""

import csv
import datetime
import hashlib
import io
import tracemalloc
from collections import Counter
from itertools import islice

import pytest
from django.core.management import call_command

from dashboard_import.generating import KINDS, LAYOUTS, QUIRKS, header, kinds, make_runs, pieces, rows, write_tree


def finished(**options):
    return make_runs(1, runs=2, **({"joiners": 1500, "layout": "2026"} | options))[0]


def whole(run, kind: str) -> bytes:
    return b"".join(pieces(run, kind))


def table(run, kind: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(whole(run, kind).decode(), newline="")))


def test_the_same_seed_gives_the_same_bytes():
    def print_of(seed) -> str:
        runs = make_runs(seed, courses=2, runs=4, joiners=60)
        return hashlib.sha256(b"".join(whole(run, kind) for run in runs for kind in kinds(run))).hexdigest()

    assert print_of(1) == print_of("1")
    assert print_of(1) != print_of(2)


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_has_its_files_and_columns(name):
    run = finished(layout=name, joiners=300)
    assert kinds(run) == list(LAYOUTS[name].headers)
    for kind in kinds(run):
        assert whole(run, kind).decode().partition("\n")[0] == LAYOUTS[name].headers[kind]
        assert all(len(row) == len(header(run, kind)) for row in rows(run, kind))


def test_all_kinds_have_rows():
    run = finished()
    assert [kind for kind in KINDS if not any(rows(run, kind))] == []


def test_the_shares_are_those_of_real_courses():
    run = finished(joiners=3000)
    people, acts = table(run, "enrolments"), table(run, "step-activity")
    learners = {row["learner_id"] for row in acts}
    active = {row["learner_id"] for row in acts if row["last_completed_at"]}
    assert len(people) == 3000 == len({row["learner_id"] for row in people})
    assert 0.45 < len(learners) / len(people) < 0.6
    assert 0.75 < len(active) / len(learners) < 0.9
    assert 0.2 < sum(bool(row["fully_participated_at"]) for row in people) / len(learners) < 0.28
    assert 0.08 < sum(bool(row["unenrolled_at"]) for row in people) / len(people) < 0.15
    weeks = Counter(row["week_number"] for row in acts)
    assert weeks["1"] > weeks["2"] > weeks["3"]
    assert {"NA", "--"} <= {row["detected_country"] for row in people}
    assert all(row["first_visited_at"].endswith(" UTC") for row in acts)
    assert len({(row["learner_id"], row["step"]) for row in acts}) == len(acts)
    assert {"1.1", "1.10"} <= {row["step"] for row in acts}


def test_people_join_before_the_start_and_then_ever_fewer():
    for run in make_runs(1, runs=2, joiners=6000):
        days = [datetime.date.fromisoformat(row[1][:10]) for row in rows(run, "enrolments")]
        weeks = Counter((day - run.start).days // 7 for day in days)
        assert 0.65 < sum(day < run.start for day in days) / len(days) < 0.8
        assert weeks[-1] > weeks[-3] > weeks[-6] > weeks[-10]
        after = sorted({week for week in weeks if week >= 0})
        assert [weeks[week] for week in after[:4]] == sorted((weeks[week] for week in after[:4]), reverse=True)
        # No day at either end holds those who would have come before or after it.
        by_day = Counter(days)
        assert by_day[max(days)] <= by_day[run.start]
        assert by_day[min(days)] < len(days) / 500


def test_people_come_again_to_a_later_run():
    first, second = make_runs(1, runs=2, joiners=800)
    known = {row[0] for row in rows(first, "enrolments")}
    again = sum(row[0] in known for row in rows(second, "enrolments"))
    assert 0.02 < again / second.joiners < 0.12


def test_a_thread_is_one_reply_deep():
    talk = table(finished(), "comments")
    top = {row["id"] for row in talk if not row["parent_id"]}
    replies = [row["parent_id"] for row in talk if row["parent_id"]]
    assert replies
    assert set(replies) <= top
    assert len({row["id"] for row in talk}) == len(talk)
    texts = "".join(row["text"] for row in talk)
    assert all(mark in texts for mark in ('"', "\n", "\\", "’", ","))


def test_quizzes_hold_what_breaks_careless_readers():
    answers = table(finished(joiners=6000), "question-response")
    assert any(not row["learner_id"] for row in answers)
    assert any("," in row["response"] for row in answers)
    assert max(Counter(tuple(row.values()) for row in answers).values()) > 1


def test_a_person_has_several_roles_in_the_team():
    assert max(Counter(row["id"] for row in table(finished(), "team-members")).values()) == 2


def test_a_run_that_has_not_begun_has_enrolments_only(monkeypatch):
    run = make_runs(1, runs=1)[0]
    object.__setattr__(run, "today", run.start.replace(year=run.start.year - 1))
    assert run.status == "upcoming"
    assert kinds(run) == ["enrolments"]


def test_nothing_is_younger_than_today():
    run = make_runs(1, runs=1, joiners=800)[0]
    assert run.status == "in progress"
    latest = max(row["first_visited_at"] for row in table(run, "step-activity"))
    assert latest < f"{run.today} 00:00:00 UTC"


def test_step_rows_are_exact():
    assert sum(1 for _ in rows(finished(step_rows=4321), "step-activity")) == 4321


def test_memory_does_not_grow_with_the_rows():
    run = finished(step_rows=5_000_000)
    source = rows(run, "step-activity")

    def peak(count: int) -> int:
        tracemalloc.start()
        sum(1 for _ in islice(source, count))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(2_000)
    assert peak(24_000) < 2 * peak(4_000) + 200_000


LOOKS = {
    "bom": lambda text: text.startswith(b"\xef\xbb\xbf"),
    "crlf": lambda text: b"moderated\r\n" in text,
    "unended": lambda text: not text.endswith(b"\n"),
    "nul": lambda text: b"\0" in text,
    "gbk": lambda text: b"\xa1\xaf" in text and b"\xe2\x80\x99" not in text,
    "extra": lambda text: b",something_new\n" in text,
    "shuffled": lambda text: not text.startswith(b"id,author_id"),
}


@pytest.mark.parametrize("quirk", LOOKS)
def test_quirks_on_demand(quirk):
    assert LOOKS[quirk](whole(finished(joiners=400, quirks=frozenset({quirk})), "comments"))
    assert not LOOKS[quirk](whole(finished(joiners=400), "comments"))


def test_the_other_quirks():
    assert {*LOOKS, "upper", "strangers"} == set(QUIRKS)
    upper = finished(joiners=300, quirks=frozenset({"upper"}))
    assert {row["correct"] for row in table(upper, "question-response")} == {"TRUE", "FALSE"}
    strangers = finished(joiners=3, quirks=frozenset({"strangers"}))
    missing = {row[0] for row in rows(strangers, "step-activity")} - {row[0] for row in rows(strangers, "enrolments")}
    assert len(missing) == 2


def test_the_command_writes_the_old_tool_s_folders(tmp_path):
    call_command("generate_futurelearn", tmp_path, "--joiners=30", "--runs=3", "--courses=2", verbosity=0)
    homes = sorted(path.parent.relative_to(tmp_path) for path in tmp_path.glob("*/*/*/metadata.csv"))
    assert len(homes) == 3
    for home in homes:
        number, start, end = home.name.split(" - ", 2)
        facts = (tmp_path / home / "metadata.csv").read_text().splitlines()
        assert facts[0] == "uni_name,course_name,run,start_date,end_date,duration_weeks"
        assert facts[1].endswith(f",{number},{start},{end},3")
    assert list(tmp_path.glob("*/update.txt"))


def test_or_one_flat_folder(tmp_path):
    call_command("generate_futurelearn", tmp_path, "--joiners=30", "--runs=1", "--flat", verbosity=0)
    assert "cyber-security-safety-at-home-1_step-activity.csv" in {path.name for path in tmp_path.iterdir()}


def test_a_tree_and_the_pieces_are_the_same(tmp_path):
    run = finished(joiners=40)
    write_tree([run], tmp_path)
    for kind in kinds(run):
        (path,) = tmp_path.glob(f"*/*/*/{kind}.csv")
        assert path.read_bytes() == whole(run, kind)
