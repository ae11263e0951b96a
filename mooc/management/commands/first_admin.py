"""`manage.py first_admin`: makes the first administrator, so that somebody can log in."""

import secrets

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

NAME = "admin"


class Command(BaseCommand):
    help = "Make the user “admin” with a new password and print it, unless there is an administrator already."

    def handle(self, **_options) -> None:
        users = get_user_model().objects
        with transaction.atomic():
            if users.filter(is_superuser=True).exists():
                return
            password = secrets.token_urlsafe(12)
            user, _made = users.get_or_create(username=NAME)
            user.is_staff = user.is_superuser = user.is_active = True
            user.set_password(password)
            user.save()
        self.stdout.write(f"Made the administrator “{NAME}” with the password {password}")
        self.stdout.write("Write it down: it is not shown again.")
