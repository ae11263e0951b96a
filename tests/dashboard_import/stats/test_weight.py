"""What a page costs: bytes over the wire at a first visit, and queries."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES

pytestmark = pytest.mark.django_db
PLAIN, CHARTS, QUERIES = 60_000, 150_000, 12
LISTS = (
    "comments/read/", "surveys/pre-course/", "surveys/answers/leaving/", "surveys/answers/archetypes/",
    "surveys/answers/weeks/",
)  # fmt: skip


@pytest.mark.parametrize("layout", ["2026"], indirect=True)
def test_a_first_visit_is_small_and_asks_few_queries(generated, staff, django_assert_max_num_queries):
    run = CourseRun.objects.first()
    home = f"/stats/futurelearn/{run.slug}/{run.number}/"
    most = {"/stats/futurelearn/": PLAIN, "/stats/definitions/": PLAIN, **{home + path: PLAIN for path in LISTS}}
    most |= {f"{home}{page}/": CHARTS for page in PAGES} | {f"{home}overview/": PLAIN}
    for path, limit in most.items():
        with django_assert_max_num_queries(QUERIES):
            response = staff.get(path, headers={"accept-encoding": "gzip"})
        packed = response.get("Content-Encoding") == "gzip"
        html = (gzip.decompress(response.content) if packed else response.content).decode()
        files = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js|svg|png))"', html)
        assert "mooc/charts.css" in files
        static = sum(len(gzip.compress(Path(finders.find(file)).read_bytes())) for file in set(files))
        assert len(response.content) + static < limit, path
