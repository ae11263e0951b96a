"""One dated run of a course."""

from django.apps import AppConfig


class SequenceConfig(AppConfig):
    name = "sequence"
    verbose_name = "Courses"
