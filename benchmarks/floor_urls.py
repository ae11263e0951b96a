"""What a page costs when nothing is done for it: a view that inserts one row, and one that returns finished HTML."""

import os
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from signup.models import Signup

page = Path(os.environ["FLOOR_PAGE"]).read_bytes() if "FLOOR_PAGE" in os.environ else b""


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Insert the row of one sign-up, its values taken from the form as they come."""
    said = request.POST
    answers = {"writes": said["writes"], "goal": said["goal"], "languages": said.getlist("languages")}
    Signup.objects.create(
        sequence_id=1, email=said["email"], name=said["name"], timezone=said["timezone"], answers=answers
    )
    return HttpResponse("done", headers={"Content-Length": "4"})  # so that the connection can be kept


def finished(request: HttpRequest) -> HttpResponse:
    """Return a page made beforehand."""
    return HttpResponse(page)


urlpatterns = [path("insert", insert), path("", finished), path("healthz", finished)]
