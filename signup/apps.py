"""People in course runs: sign-up, confirmation, leaving."""

from django.apps import AppConfig


class SignupConfig(AppConfig):
    name = "signup"
    verbose_name = "People"
