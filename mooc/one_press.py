"""What the links in messages about groups open: a page with one button each. A GET never changes anything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from groups.models import Membership, StillIn
from groups.still_in import say_yes
from mailing import check_in as checking
from mailing.group_letters import STILL_IN
from mailing.models import CheckIn
from sequence.models import title_of
from signup.tokens import find_by


def by_token(view):
    """Let a view be opened by the token in its address alone: no cookie, so no CSRF token, and no cache keeps it."""
    return csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(view)))


@by_token
def still_in(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once, then write down that somebody is still in, and wants a group."""
    person = find_by(token, STILL_IN)
    if person is None or person.left:
        return render(request, "signup/link_unknown.html", status=404)
    if request.method == "POST":
        say_yes(person)
    shown = {
        "title": title_of(person.sequence),
        "said": StillIn.objects.filter(signup=person, yes__isnull=False, signup__wants_group=True).exists(),
        "grouped": Membership.objects.current().filter(signup=person).exists(),
        "rule": person.sequence is not None and person.sequence.leave_silent_out,
        "made": person.sequence is not None and person.sequence.groups.filter(introduced__isnull=False).exists(),
    }
    return render(request, "mooc/still_in.html", shown)


@by_token
def check_in(request: HttpRequest, email: int, answer: str, token: str) -> HttpResponse:
    """Show the answer that was chosen with a button, then write it down; the last one counts."""
    found = checking.find(email, token)
    if found is None or answer not in CheckIn.Answer:
        return render(request, "signup/link_unknown.html", status=404)
    row, person = found
    if request.method == "POST":
        checking.check_in(row, person, answer)
    said = CheckIn.objects.filter(email=row, signup=person).first()
    shown = {
        "title": title_of(row.sequence),
        "answer": CheckIn.Answer(answer),
        "said": said and said.answer == answer,
        "others": [other for other in CheckIn.Answer if other != answer],
        "email": row,
        "token": token,
    }
    return render(request, "mooc/check_in.html", shown)
