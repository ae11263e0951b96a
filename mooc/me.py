"""My page: what a learner sees and changes with the key from their messages, without a password."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from groups.holding import forget_talk, held_talk
from groups.models import Membership, StillIn
from groups.moving import leave_group
from mailing import reading
from mailing.delivery import forget
from mailing.replying import forget_replies
from mailing.suppressing import lift_unsubscription
from mooc.lib.deadlocks import once_more_after_deadlock
from mooc.my_group import about_group
from sequence.models import title_of
from signup.answers import answers_shown, initial_of
from signup.erasing import erase
from signup.forms import PersonForm, form_class
from signup.leaving import come_back, leave, leave_everything
from signup.models import Signup
from signup.personal import held_data

NOTICES = {
    "changed": gettext_lazy("Your answers are saved."),
    "left": gettext_lazy("You have left this course. You will get no more mail from it."),
    "everything": gettext_lazy("You have left everything. You will get no more mail from us."),
    "group_left": gettext_lazy("You have left your group. The course goes on."),
    "group_other": gettext_lazy(
        "You have left your group. We look for another and write to you when there is a place."
    ),
    "group_asked": gettext_lazy("You asked for a group. We look for a place and write to you."),
    "back": gettext_lazy("You are back. The mail goes on from now."),
}


def keyed(view):
    """Give a view the sign-up whose key is in the address, or answer 404.

    The key is the only right a visitor has here and no browser sends it by itself: no CSRF token is needed, and the
    page works where cookies are refused. Nothing of it is kept by caches.
    """

    @csrf_exempt
    @never_cache
    def with_row(request: HttpRequest, key: str, **more) -> HttpResponse:
        row = Signup.objects.select_related("sequence").of_key(key).first()
        if row is None:
            return render(request, "signup/link_unknown.html", status=404)
        return view(request, row, **more)

    return with_row


def back_to(row: Signup, notice: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('me', args=[row.key])}?done={notice}")


@keyed
@require_safe
def me(request: HttpRequest, row: Signup) -> HttpResponse:
    """What I signed up for, what comes next, what came, my group, and how to change or leave it."""
    questions = row.sequence.questions.all() if row.sequence else []
    return render(
        request, "mooc/me.html",
        {
            "signup": row,
            "sequence": row.sequence,
            "title": title_of(row.sequence),
            "next_email": reading.next_email(row),
            "past": reading.past_emails(row),
            **about_group(row),
            "answers": answers_shown(row, questions),
            "others": Signup.objects.of_address(row.email).exclude(pk=row.pk).select_related("sequence"),
            "notice": NOTICES.get(request.GET.get("done"), ""),
        },
    )  # fmt: skip


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, row: Signup) -> HttpResponse:
    """Change my zone and my answers."""
    questions = list(row.sequence.questions.all()) if row.sequence else []
    made = form_class(PersonForm, row.sequence, questions)
    form = made(request.POST if request.method == "POST" else None, initial=initial_of(row))
    if request.method == "POST" and form.is_valid():
        said = form.said()
        # On this page an emptied field means that the old answer goes.
        kept = {key: answer for key, answer in row.answers.items() if key not in {q.key for q in questions}}
        wants_group = said.get("wants_group", row.wants_group)
        with transaction.atomic():  # who wants no group any more is in none
            Signup.objects.filter(pk=row.pk).update(
                name=said["name"],
                timezone=said["timezone"] or row.timezone,
                wants_group=wants_group,
                answers={**kept, **said["answers"]},
                date_updated=clock.now(),
            )
            left = not wants_group and leave_group(row)
        return back_to(row, "group_left" if left else "changed")
    return render(request, "mooc/me_edit.html", {"form": form, "signup": row, "title": title_of(row.sequence)})


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def leave_page(request: HttpRequest, row: Signup) -> HttpResponse:
    """Leave this course, or everything."""
    what = request.POST.get("what")
    if request.method == "POST" and what == "course":
        leave(Signup.objects.filter(pk=row.pk))
        return back_to(row, "left")
    if request.method == "POST" and what == "everything":
        leave_everything(row.email)
        return back_to(row, "everything")
    return render(request, "mooc/me_leave.html", {"signup": row, "title": title_of(row.sequence)})


@keyed
@require_POST
def back(request: HttpRequest, row: Signup) -> HttpResponse:
    """Undo leaving this course. Who holds the key of the mailbox also takes back an unsubscription at the provider."""
    come_back(row)
    lift_unsubscription(row.email)
    return back_to(row, "back")


@once_more_after_deadlock
@transaction.atomic
def _erase(address: str) -> None:
    forget(address)
    forget_talk(address)
    forget_replies(address)
    erase(address)
    forget(address)  # what the worker has promised them meanwhile


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def erase_page(request: HttpRequest, row: Signup) -> HttpResponse:
    """Erase everything held under my address; a keyed hash stays so that nobody else can add me again."""
    if request.method == "POST":
        _erase(row.email)
        return render(request, "mooc/me_erased.html")
    return render(request, "mooc/me_erase.html", {"signup": row, "title": title_of(row.sequence)})


@keyed
@require_safe
def data(request: HttpRequest, row: Signup) -> HttpResponse:
    """Everything held under my address, as JSON."""
    held = {**held_data(row.email), "messages": reading.held_messages(row.email)}
    held["check_ins"] = reading.held_check_ins(row.email)
    held["replies"] = reading.held_replies(row.email)
    held["groups"] = [
        {"group": member.group.name, "address": member.group.address, "joined": member.joined, "left": member.left}
        for member in Membership.objects.filter(signup__folded=row.folded).select_related("group")
    ]
    held["talk"] = held_talk(row.email)
    asked = StillIn.objects.filter(signup__folded=row.folded).values("asked", "yes", "told")
    held["still_in"] = list(asked)
    name = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return JsonResponse(held, json_dumps_params={"indent": 2, "ensure_ascii": False}, headers=name)


@keyed
@require_safe
def message(request: HttpRequest, row: Signup, number: int) -> HttpResponse:
    """Read a past message of the course in the browser."""
    found = reading.past_email(row, number)
    if found is None:
        raise Http404
    email, html = found
    body = mark_safe(html)  # sanitised by mailing.render, values escaped
    return render(request, "mooc/me_message.html", {"email": email, "body": body, "signup": row})
