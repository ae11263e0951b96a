"""A pytest plugin: the tests see none of the settings of whoever runs them, only those of a developer's machine."""

import os
import re
from pathlib import Path

SETTINGS = Path(__file__).resolve().parent.parent / "mooc" / "settings.py"


def setting_names() -> list[str]:
    """Return the name of every environment variable that the settings read, in the order of the file."""
    return list(dict.fromkeys(re.findall(r'(?:env\.\w+|required)\(\s*"([A-Z_]+)"', SETTINGS.read_text())))


# Workers of pytest-xdist inherit what the first process has set, the address of the database above all.
if "PYTEST_XDIST_WORKER" not in os.environ:
    for name in [*setting_names(), "DJANGO_SETTINGS_MODULE"]:
        os.environ.pop(name, None)
    os.environ |= {"DEBUG": "true", "SECRET_KEY": "for-the-tests-only-nothing-is-kept-under-this-key"}
