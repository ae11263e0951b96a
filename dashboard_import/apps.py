"""FutureLearn's partner data: fetched, kept, loaded, counted."""

from importlib import import_module

from django.apps import AppConfig


class DashboardImportConfig(AppConfig):
    name = "dashboard_import"
    verbose_name = "FutureLearn"

    def ready(self) -> None:
        for name in (
            "learner_sums", "ways", "tallies", "peers", "measuring", "team", "talk", "threads", "said", "said_before",
        ):  # fmt: skip
            import_module(f"dashboard_import.{name}")  # they register themselves with the roll-ups
