"""Make the database ready: its tables, the first administrator and, where asked for, the sandbox course.

One process for all of it, as starting Django three times takes longer than the work.
"""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooc.settings")
    try:
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("first_admin")
        if "--demo" in arguments:
            call_command("make_demo")
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except (CommandError, Error) as error:
        sys.exit(f"The database could not be made ready. {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
