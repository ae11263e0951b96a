"""Posts in the admin: what waits for a moderator, what they decide, and the discussion as a download."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from groups import moderating
from groups.archive import mbox, posts_of, rows
from groups.posts import Post, Refusal, Report
from groups.readers import author_name
from groups.threads import html_of
from mooc.lib.admin import CourseAdmin, ReadOnly
from mooc.lib.csv import csv_response
from sequence.models import Sequence


class ReportInline(ReadOnly, admin.TabularInline):
    model = Report
    extra = 0
    fields = ("made", "by", "words", "settled")
    readonly_fields = fields
    verbose_name_plural = _("reports")


class Waiting(admin.SimpleListFilter):
    """What a moderator looks for first."""

    title = _("to look at")
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, object]]:
        return [("held", _("waits for a moderator")), ("reported", _("ever reported"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        if self.value() == "held":
            return queryset.filter(pk__in=moderating.to_look_at())
        return queryset.filter(reports__isnull=False).distinct() if self.value() == "reported" else queryset


@admin.register(Post)
class PostAdmin(ReadOnly, CourseAdmin):
    list_display = ("beginning", "writer", "group", "made", "state", "open_reports")
    list_filter = (Waiting, "state", "source", "group__sequence")
    list_select_related = ("author", "group")
    search_fields = ("subject", "text", "author__name", "author__email", "group__name")
    date_hierarchy = "made"
    when_empty = _("Nobody has written to a group yet. What members write, by mail or on the page, stands here.")
    inlines = (ReportInline,)
    fields = ("group", "writer", "made", "source", "state", "why", "subject", "said", "left_out")
    readonly_fields = fields
    actions = ("show_all", "remove_all")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        unsettled = Count("reports", filter=Q(reports__settled=None))
        return super().get_queryset(request).annotate(unsettled=unsettled)

    @admin.display(description=_("message"))
    def beginning(self, post: Post) -> str:
        return f"{str(post)[:80]}: {post.text[:80]}"

    @admin.display(description=_("written by"), ordering="author__name")
    def writer(self, post: Post) -> str:
        return f"{author_name(post)} ({post.author.email})" if post.author else author_name(post)

    @admin.display(description=_("reports"), ordering="unsettled")
    def open_reports(self, post: Post) -> str:
        return str(post.unsettled or "")

    @admin.display(description=_("text"))
    def said(self, post: Post) -> str:
        return format_html("<div>{}</div>", html_of(post.text))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("groups.moderate_post")

    @admin.action(description=_("Let them stand, and send them if they were not sent"), permissions=["moderate"])
    def show_all(self, request: HttpRequest, posts: QuerySet[Post]) -> None:
        self._decide(request, list(posts), "show")

    @admin.action(description=_("Remove them"), permissions=["moderate"])
    def remove_all(self, request: HttpRequest, posts: QuerySet[Post]) -> None:
        self._decide(request, list(posts), "remove")

    def _decide(self, request: HttpRequest, posts: list[Post], verb: str) -> None:
        said = {"show": _t("Let it stand."), "remove": _t("Removed it.")}[verb]
        for post in posts:
            getattr(moderating, verb)(post)
            self.log_change(request, post, said)
        done = ngettext("Decided about %(count)s message.", "Decided about %(count)s messages.", len(posts))
        messages.success(request, done % {"count": f"{len(posts):,}"})

    def get_urls(self) -> list:
        decide = self.admin_site.admin_view(require_POST(self.decide_view))
        download = self.admin_site.admin_view(require_safe(self.download_view))
        return [
            path("<int:number>/decide/<str:verb>/", decide, name="groups_post_decide"),
            path("download/<int:sequence>/<str:form>/", download, name="groups_post_download"),
            *super().get_urls(),
        ]

    def decide_view(self, request: HttpRequest, number: int, verb: str) -> HttpResponse:
        """Do one decision about one post."""
        if not self.has_moderate_permission(request) or verb not in ("show", "remove"):
            raise PermissionDenied
        post = get_object_or_404(Post, pk=number)
        self._decide(request, [post], verb)
        return HttpResponseRedirect(reverse("admin:groups_post_change", args=[post.pk]))

    def download_view(self, request: HttpRequest, sequence: int, form: str) -> HttpResponseBase:
        """Return the discussion of a course run as mbox or CSV; it holds addresses."""
        if not request.user.has_perms(("groups.view_post", "signup.view_signup")):
            raise PermissionDenied
        run = get_object_or_404(Sequence, pk=sequence)
        if form == "csv":
            return csv_response(f"discussion-{run.pk}.csv", rows(posts_of(run)))
        headers = {"Content-Disposition": f'attachment; filename="discussion-{run.pk}.mbox"'}
        return StreamingHttpResponse(mbox(posts_of(run)), content_type="application/mbox", headers=headers)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        runs = Sequence.objects.filter(groups__posts__isnull=False).distinct()
        may = request.user.has_perms(("groups.view_post", "signup.view_signup"))
        return super().changelist_view(request, {"runs": runs if may else [], **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None) -> HttpResponse:
        may = {"may_moderate": self.has_moderate_permission(request)}
        return super().change_view(request, object_id, form_url, {**may, **(extra_context or {})})


@admin.register(Refusal)
class RefusalAdmin(ReadOnly, CourseAdmin):
    list_display = ("made", "address", "group", "reason", "answer")
    list_filter = ("reason", "group__sequence")
    list_select_related = ("group",)
    search_fields = ("address", "group__name")
    when_empty = _("Every message to a group has been passed on so far. What is not stands here for a month, with why.")
    fields = ("made", "address", "group", "reason", "answer")
