"""`python -m benchmarks.talk_steps STEP NUMBER …`: one step of `benchmarks.talk_course`; prints its answer as JSON.

A process of its own, as Django reads its settings once.
"""

import json
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    steps = import_module("benchmarks.talk_course").STEPS
    sys.stdout.write(json.dumps(steps[sys.argv[1]](*map(int, sys.argv[2:]))))
