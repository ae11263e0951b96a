"""The programs' door: /api/signup/, /count/N/, /export/N/."""

import json

import pytest

from signup.models import Signup
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_cross_origin_form_signs_up(client):
    run = factories.sequence()
    response = client.post("/api/signup/", {"email": "ada@example.org"}, HTTP_ORIGIN="https://elsewhere.example")
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.json() == {"sequence": run.pk, "confirmation_sent": True}
    assert Signup.objects.get().email == "ada@example.org"


def test_json_signs_up_too(client):
    run = factories.sequence()
    factories.question(sequence=run, key="many", kind="many", choices="a\nb")
    factories.question(sequence=run, key="sure", kind="yes")
    body = {"email": "ada@example.org", "many": ["a", "b"], "sure": True, "wants_group": False, "sequence": run.pk}
    assert client.post("/api/signup/", json.dumps(body), content_type="application/json").status_code == 200
    row = Signup.objects.get()
    assert (row.answers, row.wants_group) == ({"many": ["a", "b"], "sure": True}, False)


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "1", '{"email": {"a": 1}}', '{"email": "a\\ud800@example.org"}', "[" * 100_000]
)
def test_unreadable_json_is_a_400(client, body):
    factories.sequence()
    response = client.post("/api/signup/", body, content_type="application/json")
    assert response.status_code == 400
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.json()["errors"]


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=é"])
def test_a_form_that_cannot_be_taken_apart_is_a_400_too(client, kind):
    factories.sequence()
    response = client.post("/api/signup/", "email=ada@example.org", content_type=kind)
    assert response.status_code == 400
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.json()["errors"]


def test_errors_come_as_json_by_field(client, settings):
    factories.sequence()
    response = client.post("/api/signup/", {"email": "no"})
    assert response.status_code == 400
    assert response.json()["errors"] == {
        "email": ["This does not look like an e-mail address. It should look like name@example.org."]
    }
    assert client.post("/api/signup/", {"email": "a@example.org", "sequence": "9999"}).status_code == 400
    assert client.post("/api/signup/", {f"f{n}": "x" for n in range(3000)}).status_code == 400
    settings.SIGNUP_LIMIT = 1
    client.post("/api/signup/", {"email": "a@example.org"})
    assert client.post("/api/signup/", {"email": "b@example.org"}).status_code == 429


def test_the_preflight_is_answered_and_a_get_is_refused(client):
    response = client.options(
        "/api/signup/", HTTP_ORIGIN="https://x.example", HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST"
    )
    assert response.status_code == 204
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert client.get("/api/signup/").status_code == 405


def test_anybody_may_count(client, django_assert_num_queries):
    run = factories.sequence()
    factories.signup(sequence=run)
    factories.signup(sequence=run, left=run.starts_at)
    with django_assert_num_queries(2):
        assert client.get(f"/count/{run.pk}/").content == b"1"
    assert client.get("/count/999999/").status_code == 404


def test_only_staff_may_export(client):
    run = factories.sequence()
    row = factories.signup(sequence=run, answers={"goal": "soup"}, name="Ada")
    factories.signup(sequence=run, left=run.starts_at)
    assert client.get(f"/export/{run.pk}/").status_code == 302
    assert factories.staff_client("sequence.view_sequence").get(f"/export/{run.pk}/").status_code == 403
    response = factories.staff_client("signup.view_signup").get(f"/export/{run.pk}/")
    (found,) = json.loads(b"".join(response.streaming_content))
    assert set(found) == {"email", "questions", "sequence", "date_created", "date_updated", "date_deleted", "key"}
    assert (found["email"], found["questions"]["goal"], found["key"]) == (row.email, "soup", row.key)
    assert "no-store" in response["Cache-Control"]
