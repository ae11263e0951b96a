"""The room that composes the others."""

from django.apps import AppConfig


class MoocConfig(AppConfig):
    name = "mooc"
