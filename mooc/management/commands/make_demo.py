"""`manage.py make_demo`: a sandbox course to try everything with, and statistics of FutureLearn to look at."""

from django.core.management.base import BaseCommand

from mooc.demo import make_demo
from mooc.demo_statistics import make_statistics


class Command(BaseCommand):
    help = (
        "Make a sandbox course with invented learners and groups, and statistics of two invented runs. Safe to repeat."
    )

    def handle(self, **options) -> None:
        course, made = make_demo()
        verb = "Made" if made else "Kept"
        self.stdout.write(f"{verb} the sandbox course “{course.title}” (sequence {course.pk}).")
        self.stdout.write("The run before it has groups that talk: see “How the groups are” at /admin/.")
        title, made = make_statistics()
        verb = "Made" if made else "Kept"
        self.stdout.write(f"{verb} the statistics of “{title}” at /stats/futurelearn/.")
