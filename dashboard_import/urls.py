"""The addresses of FutureLearn statistics, under /stats/."""

from django.urls import path, register_converter

from dashboard_import import answers_page, comments_page, precourse_page, views
from dashboard_import.stats.pooling import ALL


class RunOrAll:
    """The number of a run in an address, or ALL for all runs of the course together."""

    regex = f"[0-9]+|{ALL}"

    def to_python(self, value: str) -> int | str:
        return value if value == ALL else int(value)

    def to_url(self, value: int | str) -> str:
        return str(value)


register_converter(RunOrAll, "run")

urlpatterns = [
    path("definitions/", views.definitions, name="stats_definitions"),
    path("futurelearn/", views.runs, name="stats_runs"),
    path("futurelearn/runs.csv", views.runs_csv, name="stats_runs_csv"),
    path("futurelearn/runs.xlsx", views.runs_xlsx, name="stats_runs_xlsx"),
    path(
        "futurelearn/<slug:slug>/<int:number>/surveys/pre-course/",
        precourse_page.survey,
        name="stats_precourse",
    ),
    path(
        "futurelearn/<slug:slug>/<int:number>/surveys/pre-course/answers.csv",
        precourse_page.survey_csv,
        name="stats_precourse_csv",
    ),
    path(
        "futurelearn/<slug:slug>/<int:number>/surveys/answers/<slug:survey>/", answers_page.read, name="stats_answers"
    ),
    path("futurelearn/<slug:slug>/<int:number>/comments/read/", comments_page.read, name="stats_comments"),
    path(
        "futurelearn/<slug:slug>/<int:number>/comments/read/comments.csv",
        comments_page.read_csv,
        name="stats_comments_csv",
    ),
    path("futurelearn/<slug:slug>/<run:number>/<slug:page>/", views.page, name="stats_page"),
    path("futurelearn/<slug:slug>/<run:number>/<slug:page>/<slug:chart>.csv", views.chart_csv, name="stats_csv"),
]
