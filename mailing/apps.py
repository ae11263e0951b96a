"""What staff write, and the promise that each learner gets it."""

from django.apps import AppConfig


class MailingConfig(AppConfig):
    name = "mailing"
    verbose_name = "Mail"
