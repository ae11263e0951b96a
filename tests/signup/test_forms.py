"""The form of one course, made from its questions: whatever their keys, whatever is left out of it."""

import pytest

from signup.forms import PersonForm, SignupForm, form_class
from signup.keys import validate_key
from signup.models import Signup
from tests import factories

pytestmark = pytest.mark.django_db
# Every name that a form's class, its bases or its instances use for themselves, as far as it may be a key.
NAMES = sorted(name for name in {*dir(SignupForm({})), "course", "questions"} if not name.startswith("_"))


def allowed(key: str) -> bool:
    try:
        validate_key(key)
    except Exception:  # noqa: BLE001  (whatever is refused cannot be asked)
        return False
    return True


def test_a_question_may_be_called_like_anything_in_a_form(client):
    run = factories.sequence()
    keys = [name for name in NAMES if allowed(name)]
    assert {"questions", "prefix", "field_order", "clean", "data"} <= set(keys)
    for key in keys:
        factories.question(sequence=run, key=key, label=f"What is {key}?", required=True)
    page = client.get("/").content.decode()
    assert all(f"What is {key}?" in page for key in keys)
    refused = client.post("/signup", {"email": "ada@example.org"}).content.decode()
    assert all(f'id="id_{key}_error"' in refused for key in keys)
    response = client.post("/signup", {"email": "ada@example.org", **{key: f"my {key}" for key in keys}})
    assert response.status_code == 302
    row = Signup.objects.get()
    assert row.answers == {key: f"my {key}" for key in keys}
    assert client.get(f"/me/{row.key}/edit/").status_code == 200


def test_what_is_left_out_of_a_form_says_nothing():
    run = factories.sequence(timezone="Asia/Tokyo")
    form = form_class(SignupForm, run, ())({"email": "ada@example.org"})
    assert form.is_valid()
    row = Signup(timezone="Europe/Paris", wants_group=False, name="Ada")
    row.take(form.said())
    assert (row.name, row.timezone, row.wants_group) == ("Ada", "Europe/Paris", False)


@pytest.mark.parametrize("zone", ["US/Eastern", "Mars/Olympus"])
def test_a_zone_that_the_list_does_not_offer_stays_chosen(zone):
    shown = str(form_class(PersonForm, None, ())(initial={"timezone": zone})["timezone"])
    assert f'<option value="{zone}" selected>' in shown
    assert shown.count(" selected") == 1
    assert zone not in str(form_class(PersonForm, None, ())()["timezone"])


def test_what_is_wrong_is_said_in_our_words(client):
    run = factories.sequence()
    factories.question(sequence=run, key="level", kind="one", choices="new\nold", required=True)
    factories.question(sequence=run, key="days", kind="many", choices="Monday\nTuesday", label="Which days?")
    form = {"email": "ada@example.org", "name": "x" * 101, "goal": "y" * 301, "level": "other", "days": "Sunday"}
    factories.question(sequence=run, key="goal", label="What for?")
    page = client.post("/signup", form).content.decode()
    for words in ("101 characters. At most 100 fit", "301 characters. At most 300 fit"):
        assert words in page
    assert page.count("Choose among the answers") >= 2
    page += client.post("/signup", {}).content.decode()
    for words in ("This field is required", "Ensure this value", "valid choice", "Enter a"):
        assert words not in page
    assert Signup.objects.count() == 0
