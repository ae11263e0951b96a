"""How comments sound that have a word: which words are kept, what is said of the others."""

import re

import pytest

from dashboard_import import said, tones
from dashboard_import.models import Tally, WordTone
from tests.dashboard_import.stats.runs import comment, person
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1/comments"
TALK = [
    comment(1, "a", text="The bread is good"), comment(2, "b", text="Bread again, and it was bad"),
    comment(3, "a", "1.2", text="Bread’s smell. Bread!"), comment(4, "", "2.1", text="Soup is lovely"),
    comment(5, "a", "2.1", text="Our bread was bad, really bad"),
]  # fmt: skip


def counts(client, word: str, chart: str = "tone-by-step", of: str = "all") -> list[list[str]]:
    return table(client, f"{HOME}/{chart}.csv?word={word}&of={of}")[1:]


def test_only_comments_with_the_word_are_counted(bread, staff):
    bread(comments=TALK, enrolments=[person("a"), person("b", role="admin")])
    expected = [["1.1", "1", "0", "1"], ["1.2", "0", "1", "0"], ["2.1", "0", "0", "1"]]
    assert [counts(staff, word) for word in ("bread", "BREAD", " Bread ")] == [expected] * 3
    assert counts(staff, "bread", of="learner") == [["1.1", "1", "0", "0"], *expected[1:]]
    assert counts(staff, "bread", "tone-by-week") == [["1", "1", "1", "1"], ["2", "0", "0", "1"]]
    assert [row[:2] for row in counts(staff, "soup", "tone-score")] == [["2.1", "1"]]
    html = staff.get(f"{HOME}/?word=bread").content.decode()
    assert html.count("Only comments with the word “bread” are counted.") == 3
    assert 'href="/stats/futurelearn/bread/1/comments/read/?step=1.2&amp;q=bread"' in html
    assert "tone-by-step.csv?week=all&amp;step=all&amp;word=bread" in html
    assert re.findall(r'<option value="(bread|soup)">', html) == ["bread", "soup"]


@pytest.mark.parametrize("word", ["cake", "two words", "<b>", "%27 OR 1=1 --", "x" * 40, "🙂", "%22%3E"])
def test_a_word_that_is_not_kept_gets_a_sentence(bread, staff, word):
    bread(comments=TALK)
    html = staff.get(f"{HOME}/?word={word}").content.decode()
    assert html.count("is not among the 200 words that most comments of bread 1 have.") == 3
    assert "<b>" not in html
    assert counts(staff, word) == []


@pytest.mark.parametrize("word", ["%00", "x" * 41, "a%0Ab", "%E2%80%AE"])
def test_nonsense_is_not_found(bread, staff, word):
    bread(comments=TALK)
    assert staff.get(f"{HOME}/?word={word}").status_code == 404
    assert staff.get(f"{HOME}/tone-by-step.csv?word={word}").status_code == 404


def test_a_run_loaded_before_says_to_load_it_again(bread, staff):
    bread(comments=TALK)
    WordTone.objects.all().delete()
    Tally.objects.filter(kind=tones.OF_WORD).delete()
    html = staff.get(f"{HOME}/?word=bread").content.decode()
    assert html.count("import_futurelearn --again.") == 3
    assert "import_futurelearn" not in staff.get(f"{HOME}/").content.decode()


def test_runs_beside_each_other(bread, staff, django_assert_max_num_queries):
    bread(comments=TALK)
    bread("bread-2", comments=[comment(1, "a", text="Soup is lovely")])
    with django_assert_max_num_queries(12):
        html = staff.get(f"{HOME}/?word=bread&with=bread/2").content.decode()
    assert html.count("is not among the 200 words that most comments of bread 2 have.") == 3
    assert "of bread 1 have" not in html
    rows = table(staff, f"{HOME}/tone-score.csv?word=soup&with=bread/2")
    assert [row[:3] for row in rows[1:]] == [["bread/1", "2.1", "1"], ["bread/2", "1.1", "1"]]


def test_words_of_other_languages_are_not_kept(bread, staff):
    bread(comments=[comment(1, "a", text="Das ist ein Brot und nicht die Suppe, aber auch das ist gut")])
    assert not WordTone.objects.exists()
    assert "There is nothing of this for what is chosen above." in staff.get(f"{HOME}/?word=brot").content.decode()


def test_words_that_may_be_commonest_are_looked_for_in_a_part_of_the_comments(bread, staff, monkeypatch):
    monkeypatch.setattr(said, "SAMPLE", 2)  # every third comment: the third alone
    monkeypatch.setattr(tones, "MOST_KEPT", 1)
    bread(comments=TALK)
    assert list(WordTone.objects.values_list("word", flat=True)) == ["bread"]
    assert len(counts(staff, "bread")) == 3  # and then counted in all of them


def test_loading_again_replaces_them_and_a_run_takes_them_along(bread):
    bread(comments=TALK)
    run = bread(comments=[comment(1, "a", text="Soup")])
    assert list(WordTone.objects.values_list("word", flat=True)) == ["soup"]
    run.delete()
    assert not WordTone.objects.exists()
