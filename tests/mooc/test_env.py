"""Reading the environment strictly: what is accepted, and a refusal by name that gives away no secret."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from mooc.lib.env import Env, is_loopback

NAME = "SOME_NAME"


def reader(value: str) -> Env:
    return Env({NAME: value})


ACCEPTED = [
    ("flag", {}, "TRUE", True),
    ("flag", {}, "off", False),
    ("flag", {"default": True}, "  ", True),
    ("number", {"default": 1}, "0.5", 0.5),
    ("number", {"default": 7}, "", 7),
    ("whole", {"default": 1}, "12", 12),
    ("choice", {"allowed": ("smtp", "outbox")}, "Outbox", "outbox"),
    ("host", {}, "course.example.org:8443", "course.example.org:8443"),
    ("host", {}, "[::1]:8000", "[::1]:8000"),
    ("hosts", {}, "course.example.org, .example.net,[::1],*", ["course.example.org", ".example.net", "[::1]", "*"]),
    ("domain", {}, "Mail.Example.ORG", "mail.example.org"),
    ("url", {"default": ""}, "https://api.example.org/", "https://api.example.org"),
    ("url", {"default": ""}, "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ("slug", {}, "open-university", "open-university"),
    ("slug", {}, "", ""),
    ("mailbox", {}, "Course team <team@example.org>", "Course team <team@example.org>"),
    ("text", {"default": "x"}, "  two words ", "two words"),
]
REFUSED = [
    ("flag", {}, "maybe"),
    ("number", {"default": 1}, "soon"),
    ("number", {"default": 1}, "nan"),
    ("number", {"default": 1}, "inf"),
    ("number", {"default": 1}, "-1"),
    ("number", {"default": 1, "most": 3}, "4"),
    ("whole", {"default": 1}, "1.5"),
    ("slug", {}, "../admin"),
    ("slug", {}, "Open University"),
    ("choice", {"allowed": ("smtp", "outbox")}, "pigeon"),
    ("host", {}, "https://course.example.org"),
    ("host", {}, "course.example.org/path"),
    ("host", {}, "two words"),
    ("host", {}, "course.example.org:port"),
    ("host", {}, "[::1"),
    ("domain", {}, "mail..example.org"),
    ("domain", {}, "team@example.org"),
    ("url", {"default": ""}, "http://api.example.org"),
    ("url", {"default": ""}, "api.example.org"),
    ("url", {"default": ""}, "https://"),
    ("url", {"default": ""}, "https://[half"),
    ("url", {"default": ""}, "http://127.0.0.1.example.org"),
    ("hosts", {}, "course.example.org,https://www.example.org"),
    ("hosts", {}, "course.example.org:8000"),
    ("mailbox", {}, "a@example.org, b@example.org"),
    ("mailbox", {}, "team"),
    ("mailbox", {}, "Course team <team>"),
    ("text", {}, "one\ntwo"),
    ("text", {}, "one\0two"),
]


@pytest.mark.parametrize(("kind", "limits", "value", "wanted"), ACCEPTED)
def test_read(kind, limits, value, wanted):
    assert getattr(reader(value), kind)(NAME, **limits) == wanted


@pytest.mark.parametrize(("kind", "limits", "value"), REFUSED)
def test_refused_by_name(kind, limits, value):
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} "):
        getattr(reader(value), kind)(NAME, **limits)


@pytest.mark.parametrize("kind", ["host", "domain", "mailbox", "url", "hosts"])
def test_a_password_in_an_address_is_not_repeated(kind):
    value = "smtp://team:hunter2@example.org:x"
    with pytest.raises(ImproperlyConfigured) as refusal:
        getattr(reader(value), kind)(NAME, *([""] if kind == "url" else []))
    assert "hunter2" not in str(refusal.value)


def test_a_list_loses_its_empty_entries():
    assert reader("a.example.org, ,b.example.org,").words(NAME) == ["a.example.org", "b.example.org"]


@pytest.mark.parametrize(
    ("host", "here"), [("localhost", True), ("127.0.0.1:8000", True), ("[::1]:80", True), ("localhost.org", False)]
)
def test_which_hosts_are_this_machine(host, here):
    assert is_loopback(host) is here
