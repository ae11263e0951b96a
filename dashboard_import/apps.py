"""FutureLearn's partner data: fetched, kept, loaded, counted."""

from django.apps import AppConfig


class DashboardImportConfig(AppConfig):
    name = "dashboard_import"
    verbose_name = "FutureLearn"
