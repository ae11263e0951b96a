"""The first administrator: made once, with a password that works."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_the_printed_password_opens_the_admin(client, capsys):
    call_command("first_admin")
    password = re.search(r"with the password (\S{16,})$", capsys.readouterr().out, re.MULTILINE)[1]
    assert client.post("/admin/login/?next=/admin/", {"username": "admin", "password": password}).status_code == 302
    assert client.session["_auth_user_id"]


def test_a_second_time_changes_nothing(capsys):
    call_command("first_admin")
    before = get_user_model().objects.values().get()
    capsys.readouterr()
    call_command("first_admin")
    assert get_user_model().objects.values().get() == before
    assert capsys.readouterr().out == ""


def test_another_administrator_is_enough(django_user_model, capsys):
    django_user_model.objects.create_superuser("ada", password="engine")
    call_command("first_admin")
    assert capsys.readouterr().out == ""
    assert not django_user_model.objects.filter(username="admin").exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, ["Enter your user name.", "Enter your password."]),
        ({"username": "admin", "password": "x"}, ["do not let you in"]),
    ],
)
def test_a_refused_log_in_says_why_in_our_words(client, typed, words):
    page = client.post("/admin/login/", typed).content.decode()
    assert all(sentence in page for sentence in words)
    assert "This field is required" not in page
    assert "Please enter the correct" not in page
