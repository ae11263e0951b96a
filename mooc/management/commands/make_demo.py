"""`manage.py make_demo`: a sandbox course to try everything with."""

from django.core.management.base import BaseCommand

from mooc.demo import make_demo


class Command(BaseCommand):
    help = "Make a sandbox course with 60 invented learners. Safe to repeat."

    def handle(self, **options) -> None:
        course, made = make_demo()
        verb = "Made" if made else "Kept"
        self.stdout.write(f"{verb} the sandbox course “{course.title}” (sequence {course.pk}).")
