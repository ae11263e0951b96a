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
