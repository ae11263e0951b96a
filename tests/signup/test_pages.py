"""The landing page and its form, through the visitor's door."""

import datetime

import pytest
import time_machine
from django.conf import settings as site_settings
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone as clock

from signup.models import Question, Signup
from tests import factories

pytestmark = pytest.mark.django_db


def post(client, path="/signup", **fields):
    return client.post(path, {"email": "Ada@example.org", **fields})


def test_the_landing_page_shows_the_current_course(client):
    run = factories.sequence(title="Bread & water", description="<p>Flour.</p>", mail_plan="One message a day.")
    factories.question(sequence=run, label="Why bread?")
    page = client.get("/").content.decode()
    for text in (
        "Bread &amp; water",
        "<p>Flour.</p>",
        "One message a day.",
        "Why bread?",
        "Join the course",
        'name="website"',
    ):
        assert text in page
    assert "Set-Cookie" not in client.get("/").headers


def test_the_landing_page_tells_of_changes_at_once_and_asks_one_question_of_the_database(
    client, django_assert_num_queries
):
    run = factories.sequence(title="Before")
    assert "Before" in client.get("/").content.decode()
    with django_assert_num_queries(1):
        client.get("/")
    run.title = "After"
    run.save()
    assert "After" in client.get("/").content.decode()
    Question.objects.create(sequence=run, key="new", label="A new question")
    assert "A new question" in client.get("/").content.decode()
    with time_machine.travel(run.closes_at, tick=False):
        assert "A new question" not in client.get("/").content.decode()


def test_a_course_has_its_own_page_and_several_can_be_open(client):
    first, second = factories.sequence(title="First"), factories.sequence(title="Second")
    assert "Second" in client.get(f"/s/{second.pk}/").content.decode()
    page = client.get("/").content.decode()
    assert f"/s/{second.pk}/" in page
    assert client.get(f"/s/{first.pk + 999}/").status_code == 404
    assert post(client, sequence=str(second.pk)).status_code == 302
    assert Signup.objects.get().sequence == second


def test_a_valid_form_goes_to_the_success_page(client):
    factories.sequence()
    response = post(client)
    assert (response.status_code, response.url) == (302, "/success")
    page = client.get("/success").content.decode()
    assert "Ada@example.org" in page
    assert Signup.objects.get().wants_group is True


def test_a_mistyped_address_is_corrected_on_the_next_page(client):
    run = factories.sequence()
    factories.question(sequence=run)
    post(client, goal="soup", name="Ada")
    assert client.post("/success", {"email": "nonsense"}).status_code == 200
    assert client.post("/success", {"email": "ada@right.example"}).url == "/success"
    row = Signup.objects.get()
    assert (row.email, row.name, row.answers) == ("ada@right.example", "Ada", {"goal": "soup"})


def test_correcting_never_touches_somebody_elses_row(client):
    run = factories.sequence()
    other = factories.signup(sequence=run, email="ada@example.org", name="Other")
    post(client, name="Mallory")
    client.post("/success", {"email": "mallory@example.org"})
    other.refresh_from_db()
    assert other.name == "Other"
    assert Signup.objects.count() == 2
    client.cookies["joined"] = client.cookies["joined"].value[:-3] + "abc"
    assert "@example.org" not in client.get("/success").content.decode().split("<footer")[0]


def test_nothing_tells_a_new_address_from_one_that_is_signed_up(client):
    """Not the page, not its cookie, not the answer to a program, also where nobody has to confirm."""
    for asks in (True, False):
        run = factories.sequence(confirm_addresses=asks)
        confirmed, left = factories.signup(sequence=run), factories.signup(sequence=run, left=clock.now())
        waits = factories.signup(sequence=run, confirmed=None)
        seen = set()
        for address in (confirmed.email, left.email, waits.email, "learner0@example.org"):
            fields = {"email": address, "sequence": run.pk}
            visitor = type(client)()
            location = visitor.post("/signup", fields).url
            cookie = signing.loads(visitor.cookies["joined"].value, salt="joined")
            shapes = {name: (type(value), len(str(value))) for name, value in cookie.items() if name != "address"}
            page = visitor.get("/success").content.decode().replace(address, "ADDRESS")
            answer = visitor.post("/api/signup/", fields)
            seen.add((location, str(shapes), page, answer.status_code, answer.content))
        assert len(seen) == 1


def test_a_correction_that_comes_too_late_says_so(client):
    run = factories.sequence()
    post(client)
    with time_machine.travel(clock.now() + datetime.timedelta(hours=2)):
        page = client.post("/success", {"email": "ada@right.example"}).content.decode()
    assert "The address was not changed" in page
    assert "The address was not changed" not in client.get("/success").content.decode()
    run.delete()
    assert "The address was not changed" in client.post("/success", {"email": "b@example.org"}).content.decode()
    assert not Signup.objects.exists()
    assert client.put("/success").status_code == 405


def test_the_cookie_goes_to_the_page_that_needs_it_only_and_no_cache_keeps_that_page(client):
    factories.sequence()
    for path, after in (("/signup", "/success"), ("/signup/true", "/success_iframe")):
        post(client, path, email=f"ada{len(path)}@example.org")
        cookie = client.cookies["joined"]
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (after, True, "Lax")
        response = client.get(after)
        assert "no-store" in response["Cache-Control"]
        assert f'action="{after}"' in response.content.decode()
    assert client.post("/success_iframe", {"email": "ada@right.example"}).url == "/success_iframe"
    assert Signup.objects.latest("pk").email == "ada@right.example"
    assert not Signup.objects.filter(email="ada12@example.org").exists()


def test_where_browsers_keep_the_cookie_back_the_next_page_says_no_more_than_it_knows(client):
    factories.sequence()
    for path in ("/success", "/success_iframe"):
        page = client.get(path).content.decode()
        assert "to the address you gave" in page
        assert "the list for the next course" not in page
        assert "<form" not in page


@pytest.mark.parametrize(
    ("given", "stored"), [([], True), (["false"], False), (["false", "true"], True), (["0"], False)]
)
def test_wants_group_is_yes_unless_it_says_no(client, given, stored):
    factories.sequence()
    post(client, wants_group=given)
    assert Signup.objects.get().wants_group is stored


def test_an_invalid_form_comes_back_with_everything_typed(client):
    run = factories.sequence()
    factories.question(sequence=run, required=True)
    response = post(client, email="not an address", name="Ada <b>")
    page = response.content.decode()
    assert response.status_code == 200
    assert "does not look like an e-mail address" in page
    assert "Answer this question." in page
    assert "not an address" in page
    assert "Ada &lt;b&gt;" in page
    assert not Signup.objects.exists()


def test_every_kind_of_question_is_stored_under_its_key(client):
    run = factories.sequence()
    for key, kind, choices in (
        ("short", "text", ""), ("essay", "long", ""), ("one", "one", "a\nb"), ("many", "many", "a\nb\nc"),
        ("yes", "yes", ""),
    ):  # fmt: skip
        factories.question(sequence=run, key=key, kind=kind, choices=choices)
    post(client, short="x", essay="l1\nl2", one="b", many=["a", "c"], yes="no", extra="dropped", timezone="Asia/Tokyo")
    row = Signup.objects.get()
    assert row.answers == {"short": "x", "essay": "l1\nl2", "one": "b", "many": ["a", "c"], "yes": False}
    assert row.timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("one", "z"), ("essay", "x" * 1_000_000), ("short", "a\nb"), ("short", "a\0"), ("name", "a\u202eb"),
        ("name", "Ada\r\nBcc: x@example.org"), ("timezone", "Mars/Olympus"), ("email", "a" * 250 + "@example.org"),
        ("email", '"quoted"@example.org'), ("name", "x" * 101),
    ],
)  # fmt: skip
def test_bad_values_are_refused_beside_their_field(client, field, value):
    run = factories.sequence()
    factories.question(sequence=run, key="short")
    factories.question(sequence=run, key="essay", kind="long")
    factories.question(sequence=run, key="one", kind="one", choices="a\nb")
    response = post(client, **{field: value})
    assert response.status_code == 200
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Signup.objects.exists()


def test_ten_thousand_fields_are_refused_without_a_crash(client):
    factories.sequence()
    assert post(client, **{f"f{n}": "x" for n in range(10_000)}).status_code == 400
    assert not Signup.objects.exists()


def test_a_file_is_refused_before_it_is_kept(client):
    factories.sequence()
    for path in ("/signup", "/api/signup/", "/unsubscribe/"):
        assert post(client, path, essay=SimpleUploadedFile("essay.txt", b"x" * 10)).status_code == 400
    assert not Signup.objects.exists()


def test_a_robot_that_fills_the_trap_is_thanked_and_forgotten(client):
    factories.sequence()
    assert post(client, website="https://spam.example").url == "/success"
    assert not Signup.objects.exists()


def test_too_many_from_one_network_are_asked_to_wait(client, settings):
    settings.SIGNUP_LIMIT = 1
    factories.sequence()
    assert post(client).status_code == 302
    response = post(client, email="b@example.org")
    assert (response.status_code, response["Retry-After"]) == (429, "600")


def test_the_visitors_address_is_read_through_our_own_proxies_only(client, settings):
    settings.SIGNUP_LIMIT = 1
    factories.sequence()
    forged = {"HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.1"}
    assert client.post("/signup", {"email": "a@example.org"}, **forged).status_code == 302
    assert client.post("/signup", {"email": "b@example.org"}, HTTP_X_FORWARDED_FOR="198.51.100.8").status_code == 429
    settings.TRUSTED_PROXIES = 1
    assert client.post("/signup", {"email": "c@example.org"}, **forged).status_code == 302
    forged = {"HTTP_X_FORWARDED_FOR": "198.51.100.99, 203.0.113.1"}
    assert client.post("/signup", {"email": "d@example.org"}, **forged).status_code == 429


def test_a_closed_course_says_so_and_offers_the_open_one(client):
    closed = factories.sequence(signup_close_date=datetime.date(2020, 1, 1), start_date=datetime.date(2020, 1, 1))
    factories.sequence(title="Open one")
    response = post(client, sequence=str(closed.pk))
    assert "no longer takes sign-ups" in response.content.decode()
    assert not Signup.objects.exists()
    assert post(client, sequence="٣").status_code == 200
    assert 'name="email"' not in client.get(f"/s/{closed.pk}/").content.decode()


def test_a_form_of_a_closed_course_joins_the_open_one_when_it_is_sent_again(client):
    closed = factories.sequence(signup_close_date=datetime.date(2020, 1, 1), start_date=datetime.date(2020, 1, 1))
    page = post(client, sequence=str(closed.pk)).content.decode()
    assert "leave your address for the next one instead" in page
    assert 'name="sequence"' not in page
    current = factories.sequence()
    response = post(client, sequence=str(closed.pk))
    assert "join the one on this page instead" in response.content.decode()
    assert post(client, sequence=response.context["form"]["sequence"].value()).status_code == 302
    assert Signup.objects.get().sequence == current


def test_links_to_the_page_are_shown_with_its_first_words(client):
    words = " ".join(["and"] * 24)
    factories.sequence(description=f'<p>Bread &amp; "water".</p><h2>1 &lt; 2</h2><p>{words} end</p>')
    page = client.get("/").content.decode()
    assert f'<meta name="description" content="Bread &amp; &quot;water&quot;. 1 &lt; 2 {words}…">' in page


def test_a_course_without_a_title_goes_by_the_name_of_the_site(client):
    factories.sequence(title="Bread")
    other = factories.sequence(title="")
    page = client.get("/").content.decode()
    assert f'<a href="/s/{other.pk}/">{site_settings.MOOC_TITLE}</a>' in page
    assert client.get("/s/0/").status_code == client.get("/iframe?sequence=0").status_code == 404


def test_without_an_open_course_the_form_takes_names_for_the_next(client):
    page = client.get("/").content.decode()
    assert "Tell me when it opens" in page
    assert post(client).url == "/success"
    assert Signup.objects.get().sequence is None


def test_only_the_frame_pages_may_be_framed(client):
    factories.sequence()
    for path in ("/iframe", "/success_iframe"):
        response = client.get(path)
        assert "X-Frame-Options" not in response
        assert "frame-ancestors *" in response["Content-Security-Policy"]
    for path in ("/", "/success", "/about/", "/faq/", "/unsubscribe/", "/admin/login/"):
        response = client.get(path)
        assert response["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
    assert post(client, "/signup/true").url == "/success_iframe"
    for path in ("/signup", "/signup/true"):
        response = client.get(path)
        assert (response.status_code, response["Allow"]) == (405, "POST")
        assert 'href="/"' in response.content.decode()
        assert client.put(path).status_code == 405


def test_no_learners_page_needs_a_csrf_token(client):
    assert site_settings.MIDDLEWARE.index("django.middleware.csrf.CsrfViewMiddleware") > 0
    factories.sequence()
    strict = type(client)(enforce_csrf_checks=True)
    assert post(strict).status_code == 302


def test_a_course_that_opens_later_says_when(client):
    run = factories.sequence()
    run.signup_open_date = run.signup_close_date
    run.save()
    page = client.get(f"/s/{run.pk}/").content.decode()
    assert "opens on" in page
    assert 'name="email"' not in page
