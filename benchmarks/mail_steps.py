"""One step of `benchmarks.mail_course` in a process of its own: `python -m benchmarks.mail_steps STEP [NUMBER …]`."""

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent


def do(environment: Mapping[str, str], step: str, *numbers: int) -> dict:
    """Do one step and return what it says."""
    command = [sys.executable, "-m", "benchmarks.mail_steps", step, *map(str, numbers)]
    made = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(made.stdout)


if __name__ == "__main__":
    django.setup()
    course = import_module("benchmarks.mail_course")  # it needs the settings that have only now been made
    sys.stdout.write(json.dumps(course.STEPS[sys.argv[1]](*map(int, sys.argv[2:]))))
