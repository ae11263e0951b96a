"""A group's page: what was written, who is here, and writing. Members open it with the link in their messages."""

import hashlib
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from groups.links import leaver_of, reader_of, token_of
from groups.models import Attachment, Group, Membership, Mute, Post, Preference
from groups.moderating import report
from groups.moving import leave_by_button, leave_group
from groups.readers import set_preference
from groups.talk_forms import MailForm, PostForm, ReportForm
from groups.talking import RefusedError, is_open, write
from groups.threads import page_of_threads, people_of
from mooc.lib.access import require_staff
from mooc.lib.keys import new_key
from sequence.models import title_of
from signup.models import Signup

NOTICES = {
    "posted": gettext_lazy("Your message is here, and on its way to everybody in the group."),
    "mail": gettext_lazy("Your choice is saved."),
    "muted": gettext_lazy("You get no more mail by this person, and their messages are folded away here."),
    "unmuted": gettext_lazy("You read this person again."),
    "reported": gettext_lazy("Thank you. Nobody sees this message until the course team has looked at it."),
}
SAID = {
    "many": gettext_lazy("You have sent as many messages as you can in an hour. Wait a little and send it again."),
    "ended": gettext_lazy("The group has ended. You can read here, and not write any more."),
}
LAST_PAGE = 9_999
# A picture is somebody else's file: it runs nothing and loads nothing, whatever its bytes are.
PICTURE_POLICY = "default-src 'none'; sandbox"


def keyed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view the membership that the link names, or say that it is not known, or that it has ended.

    The link is the only right a visitor has here and no browser sends it by itself: no CSRF token is needed.
    """

    @csrf_exempt
    @never_cache
    def with_member(request: HttpRequest, group: int, token: str, **more: object) -> HttpResponse:
        member = reader_of(group, token)
        if member is None:
            return render(request, "groups/unknown.html", status=404)
        if member.left or member.signup.left:
            return _gone(request, member)
        return view(request, member, **more)

    return with_member


def _gone(request: HttpRequest, member: Membership) -> HttpResponse:
    now = Membership.objects.current().filter(signup=member.signup).select_related("group").first()
    if now and request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(reverse("group_page", args=[now.group_id, token_of(now.group, now.signup)]))
    context = {"group": member.group, "signup": member.signup}
    return render(request, "groups/gone.html", context, status=403)


def _back(member: Membership, notice: str, place: str = "") -> HttpResponse:
    address = reverse("group_page", args=[member.group_id, token_of(member.group, member.signup)])
    return HttpResponseRedirect(f"{address}?done={notice}{place}")


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def group_page(request: HttpRequest, member: Membership) -> HttpResponse:
    """What was written to my group and who is in it; a POST writes."""
    form, stored = _write(request, member.group, member.signup)
    if stored:
        return _back(member, "posted", f"#post-{stored.pk}")
    preference = Preference.objects.filter(signup=member.signup).first()
    context = {
        "base": reverse("group_page", args=[member.group_id, token_of(member.group, member.signup)]),
        "signup": member.signup, "preference": preference or Preference(), "ways": Preference.Mail.choices,
    }  # fmt: skip
    return _page(request, member.group, member.signup, form, context)


@never_cache
@require_staff("groups.view_post")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_page(request: HttpRequest, group: int) -> HttpResponse:
    """The same for staff, who see held posts too and write as the course team."""
    found = get_object_or_404(Group.objects.select_related("sequence", "merged_into"), pk=group)
    may_write = request.user.has_perm("groups.moderate_post")
    form, stored = _write(request, found, None) if may_write or request.method != "POST" else (None, None)
    if stored:
        return HttpResponseRedirect(f"{request.path}?done=posted#post-{stored.pk}")
    return _page(request, found, None, form if may_write else None, {"base": request.path, "staff": True})


def _write(request: HttpRequest, group: Group, author: Signup | None) -> tuple[PostForm, Post | None]:
    """Return the form and, where it was sent and taken, the post; what was typed stays where it was not."""
    if request.method != "POST":
        return PostForm(initial={"answer": _number(request.GET.get("answer")), "once": new_key()}), None
    form = PostForm(request.POST)
    if not form.is_valid():
        return form, None
    said = form.cleaned_data
    # With the text: who goes back, writes something else over it and sends that, has written a second message.
    parts = f"page\n{author and author.pk}\n{said['once']}\n{said['subject']}\n{said['text']}"
    origin = hashlib.sha256(parts.encode()).hexdigest()
    parent = Post.objects.select_related("thread").filter(group=group, pk=said["answer"]).first()
    try:
        stored = write(
            group, author, said["text"].strip(), Post.Source.PAGE, origin=origin, subject=said["subject"], parent=parent
        )
    except RefusedError as refused:
        form.add_error("text", SAID[refused.reason])
        return form, None
    # Pressed twice: the first press has stored it.
    return form, stored or Post.objects.get(group=group, origin=origin)


def _number(said: object) -> int | None:
    """Return the number that an address or a form names; None where it is none that a row could have."""
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _page(
    request: HttpRequest, group: Group, reader: Signup | None, form: PostForm | None, context: dict[str, object]
) -> HttpResponse:
    number = min(_number(request.GET.get("page")) or 1, LAST_PAGE)
    answered = _number(form["answer"].value()) if form else None
    people = people_of(group, reader)
    shown = {
        "group": group, "title": title_of(group.sequence), "form": form, "is_open": is_open(group, clock.now()),
        "answered": Post.objects.filter(group=group, pk=answered or 0, state=Post.State.SHOWN).first(),
        "found": page_of_threads(group, reader, number), "people": people,
        "labels": [person.label for person in people],
        "notice": NOTICES.get(request.GET.get("done"), ""),
    }  # fmt: skip
    return render(request, "groups/group.html", shown | context)


@keyed
@require_POST
def choose_mail(request: HttpRequest, member: Membership) -> HttpResponse:
    """Keep how I want this group's mail."""
    form = MailForm(request.POST)
    if form.is_valid():
        set_preference(member.signup, form.cleaned_data["mail"], form.cleaned_data["echo"], clock.now())
    return _back(member, "mail", "#mail")


@keyed
@require_POST
def mute(request: HttpRequest, member: Membership, number: int) -> HttpResponse:
    """Read somebody of my group no more, or again."""
    other = Membership.objects.filter(group=member.group, pk=number).exclude(pk=member.pk).first()
    if other is None:
        raise Http404
    if request.POST.get("what") == "unmute":
        Mute.objects.filter(by=member.signup, muted=other.signup_id).delete()
        return _back(member, "unmuted", "#people")
    Mute.objects.get_or_create(by=member.signup, muted_id=other.signup_id)
    return _back(member, "muted", "#people")


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def report_page(request: HttpRequest, member: Membership, number: int) -> HttpResponse:
    """Ask once, then report a post to the course team."""
    post = get_object_or_404(Post, group=member.group, pk=number, state=Post.State.SHOWN)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        report(post, member.signup, form.cleaned_data["words"])
        return _back(member, "reported")
    base = reverse("group_page", args=[member.group_id, token_of(member.group, member.signup)])
    return render(request, "groups/report.html", {"group": member.group, "post": post, "form": form, "base": base})


@keyed
@require_http_methods(["GET", "HEAD", "POST"])
def leave_page(request: HttpRequest, member: Membership) -> HttpResponse:
    """Ask once, then leave the group; the course goes on."""
    if request.method == "POST":
        leave_group(member.signup)
        return render(request, "groups/left.html", {"group": member.group, "signup": member.signup})
    base = reverse("group_page", args=[member.group_id, token_of(member.group, member.signup)])
    return render(request, "groups/leave.html", {"group": member.group, "base": base})


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, group: int, token: str) -> HttpResponse:
    """Leave the group by the mail program's own button (RFC 8058): no log-in, no cookie, no redirect, repeatable."""
    member = leaver_of(group, token)
    if member is None:
        return render(request, "groups/unknown.html", status=404)
    if request.method == "POST":
        leave_by_button(member)
        said = _("You have left the group. You will get no more mail from it.")
        return HttpResponse(said, content_type="text/plain; charset=utf-8")
    return render(request, "groups/leave.html", {"group": member.group})


@keyed
@require_safe
def picture(request: HttpRequest, member: Membership, number: int) -> HttpResponse:
    """Show a picture that came with a post of my group."""
    return _picture(get_object_or_404(Attachment, pk=number, post__group=member.group, post__state=Post.State.SHOWN))


@never_cache
@require_staff("groups.view_post")
@require_safe
def staff_picture(request: HttpRequest, group: int, number: int) -> HttpResponse:
    """Show a picture to staff."""
    return _picture(get_object_or_404(Attachment, pk=number, post__group=group))


def _picture(found: Attachment) -> HttpResponse:
    ending = found.kind.partition("/")[2]
    headers = {
        "Content-Disposition": content_disposition_header(False, f"picture-{found.pk}.{ending}"),
        "Content-Security-Policy": PICTURE_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(bytes(found.content), content_type=found.kind, headers=headers)
