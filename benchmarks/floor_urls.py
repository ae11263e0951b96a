"""What a page costs when nothing is done for it: a view that inserts one row, and one that returns finished HTML."""

import os
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from signup.models import Visitor

page = Path(os.environ["FLOOR_PAGE"]).read_bytes() if "FLOOR_PAGE" in os.environ else b""


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Insert one row, its values taken from the form as they come."""
    Visitor.objects.create(digest=request.POST["email"], since="2027-01-01T00:00:00Z", count=1)
    return HttpResponse("done", headers={"Content-Length": "4"})  # so that the connection can be kept


def finished(request: HttpRequest) -> HttpResponse:
    """Return a page made beforehand."""
    return HttpResponse(page)


urlpatterns = [path("insert", insert), path("", finished), path("healthz", finished)]
