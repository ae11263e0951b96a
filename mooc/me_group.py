"""My group, from my page: leave it and keep the course, ask once for another, or ask for one after all."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from groups.moving import ask_for_another, leave_group
from groups.still_in import say_yes
from mooc.me import back_to, keyed
from mooc.my_group import about_group
from sequence.models import title_of
from signup.models import Signup


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def group_page(request: HttpRequest, row: Signup) -> HttpResponse:
    """Say what can be done about my group, and do it."""
    problem = ""
    if request.method == "POST" and not row.left:
        try:
            if notice := _do(request.POST.get("what", ""), row):
                return back_to(row, notice)
        except ValidationError as refusal:
            problem = " ".join(refusal.messages)
    shown = {"signup": row, "title": title_of(row.sequence), "problem": problem, **about_group(row)}
    return render(request, "mooc/me_group.html", shown)


def _do(what: str, row: Signup) -> str:
    """Do what was asked and return the notice that says so; "" where it makes no sense."""
    if what == "leave":
        leave_group(row)
        return "group_left"
    if what == "other":
        ask_for_another(row)
        return "group_other"
    if what == "join":
        say_yes(row)
        return "group_asked"
    return ""
