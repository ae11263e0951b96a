"""What people answer to our messages: grouped by message, read and answered one by one, with texts kept for reuse."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from groups.threads import html_of
from mailing import replying
from mailing.admin.ledger import EmailFilter
from mailing.models import Delivery, Reply, SavedAnswer
from mailing.reply_forms import AnswerForm, with_saved
from mooc.lib.admin import CourseAdmin, ReadOnly
from signup.models import Signup


class Known(admin.SimpleListFilter):
    """Whether we know who writes."""

    title = _("from")
    parameter_name = "from"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, object]]:
        return [("people", _("People of a course")), ("strangers", _("Others"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reply]) -> QuerySet[Reply]:
        if self.value() not in ("people", "strangers"):
            return queryset
        return queryset.filter(signup__isnull=self.value() == "strangers")


@admin.register(Reply)
class ReplyAdmin(ReadOnly, CourseAdmin):
    list_display = ("beginning", "writer", "about", "made", "state")
    list_filter = ("state", Known, ("email", EmailFilter), "signup__sequence")
    list_select_related = ("email", "signup")
    list_per_page = 50
    search_fields = ("subject", "text", "address", "name")
    show_full_result_count = False
    actions = None
    when_empty = _("Nobody has answered a message yet. What people write to the address of the course stands here.")

    @admin.display(description=_("message"))
    def beginning(self, reply: Reply) -> str:
        return f"{str(reply)[:60]}: {reply.text[:80]}" if reply.text else str(reply)[:60]

    @admin.display(description=_("from"), ordering="address")
    def writer(self, reply: Reply) -> str:
        return f"{reply.name} ({reply.address})" if reply.name else reply.address

    @admin.display(description=_("answers"))
    def about(self, reply: Reply) -> str:
        if reply.email:
            return reply.email.subject
        return Delivery.Kind(reply.kind).label if reply.kind is not None else _t("no message of the course")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(("mailing.view_reply", "mailing.answer_reply"))

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("inbox/", view(require_safe(self.inbox_view)), name="mailing_reply_inbox"),
            path("inbox/next/", view(require_safe(self.next_view)), name="mailing_reply_next"),
            path("<int:number>/answer/", view(require_POST(self.answer_view)), name="mailing_reply_answer"),
            path("<int:number>/decide/<str:verb>/", view(require_POST(self.decide_view)), name="mailing_reply_decide"),
            *super().get_urls(),
        ]

    def inbox_view(self, request: HttpRequest) -> HttpResponse:
        """Show each message of ours that was answered, those with answers that wait first."""
        self._may_view(request)
        context = {"title": _t("Answers from learners"), "rows": replying.by_message(), "opts": self.opts}
        return self._page(request, "inbox", context)

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Open the oldest reply that waits, to one e-mail or of one kind."""
        self._may_view(request)
        email, kind = request.GET.get("email", ""), request.GET.get("kind", "")
        wanted = Reply(email_id=_number(email), kind=_number(kind))
        found = Reply.objects.filter(replying.about(wanted), state=Reply.State.OPEN).order_by("pk").first()
        return HttpResponseRedirect(_page_of(found) if found else reverse("admin:mailing_reply_inbox"))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None) -> HttpResponse:
        """Show one conversation and, to those who may answer, the form."""
        self._may_view(request)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self._conversation(request, self._find(_number(object_id)), AnswerForm())

    def answer_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Send an answer; or put a saved one into what was typed, which sends nothing."""
        if not self.has_answer_permission(request):
            raise PermissionDenied
        reply = self._find(number)
        form = AnswerForm(request.POST)
        valid = form.is_valid()
        saved = form.cleaned_data.get("saved")
        if "put_in" in request.POST:
            typed = request.POST.get("text", "")
            return self._conversation(
                request, reply, _begun(request, with_saved(typed, saved, reply) if saved else typed)
            )
        if not valid:
            return self._conversation(request, reply, form)
        said = form.cleaned_data
        if said["keep_as"] and request.user.has_perm("mailing.add_savedanswer"):
            SavedAnswer.objects.create(title=said["keep_as"], text=said["text"])
        if replying.answer(reply, said["text"], request.user, said["once"]):
            self.log_change(request, reply, _t("Answered it."))
        messages.success(request, _t("Your answer to %(who)s is on its way.") % {"who": reply.name or reply.address})
        return self._on(reply)

    def decide_view(self, request: HttpRequest, number: int, verb: str) -> HttpResponse:
        """Put a reply aside without an answer, or back."""
        verbs = {
            "done": (replying.set_done, _t("Put aside without an answer.")),
            "reopen": (replying.reopen, _t("It waits for an answer again.")),
        }
        if not self.has_answer_permission(request) or verb not in verbs:
            raise PermissionDenied
        reply = self._find(number)
        do, said = verbs[verb]
        do(reply)
        self.log_change(request, reply, said)
        messages.success(request, said)
        return self._on(reply) if verb == "done" else HttpResponseRedirect(_page_of(reply))

    def _on(self, reply: Reply) -> HttpResponse:
        following = replying.next_open(reply)
        return HttpResponseRedirect(_page_of(following) if following else reverse("admin:mailing_reply_inbox"))

    def _find(self, number: int | None) -> Reply:
        return get_object_or_404(Reply.objects.select_related("email", "signup__sequence"), pk=number)

    def _may_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _conversation(self, request: HttpRequest, reply: Reply, form: AnswerForm) -> HttpResponse:
        others = Reply.objects.filter(replying.about(reply), state=Reply.State.OPEN).exclude(pk=reply.pk)
        said = [
            {
                "reply": one,
                "html": html_of(one.text),
                "answers": [(each, html_of(each.text)) for each in one.answers.all()],
            }
            for one in replying.conversation(reply)
        ]
        context = {
            "title": str(reply), "reply": reply, "opts": self.opts, "said": said, "form": form,
            "others": others.count(), "about": self.about(reply), "may_answer": self.has_answer_permission(request),
            "courses": self._courses(request, reply),
        }  # fmt: skip
        return self._page(request, "conversation", context)

    def _courses(self, request: HttpRequest, reply: Reply) -> list[Signup]:
        """Return the pages of this person in the admin, of the course the reply is about first."""
        if not request.user.has_perm("signup.view_signup"):
            return []
        found = Signup.objects.filter(folded=reply.folded).select_related("sequence")
        return sorted(found, key=lambda person: (person.pk != reply.signup_id, -person.pk))

    def _page(self, request: HttpRequest, name: str, context: dict) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, f"admin/mailing/reply/{name}.html", whole)


@admin.register(SavedAnswer)
class SavedAnswerAdmin(CourseAdmin):
    list_display = ("title", "beginning", "date_updated")
    search_fields = ("title", "text")
    when_empty = _("No text is kept yet. Keep one here, or as you answer somebody.")

    @admin.display(description=_("text"))
    def beginning(self, saved: SavedAnswer) -> str:
        return saved.text[:100]


def _begun(request: HttpRequest, text: str) -> AnswerForm:
    """Return the form with what was typed so far, and nothing in it called wrong yet."""
    return AnswerForm(initial={**{name: request.POST.get(name, "") for name in ("keep_as", "once")}, "text": text})


def _page_of(reply: Reply) -> str:
    return reverse("admin:mailing_reply_change", args=[reply.pk])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
