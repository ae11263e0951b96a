"""Groups in the admin, and people with the group they are in."""

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from groups.by_hand_page import ByHandPage
from groups.forming_page import FormingPage
from groups.models import Group, Membership
from groups.post_admin import PostAdmin, RefusalAdmin
from mooc.lib.admin import CourseAdmin, ReadOnly
from mooc.lib.text import validate_line
from signup.admin import SignupAdmin
from signup.models import Signup
from signup.people_csv import Column

__all__ = ["GroupAdmin", "GroupedSignupAdmin", "PostAdmin", "RefusalAdmin"]


class MembershipInline(ReadOnly, admin.TabularInline):
    model = Membership
    fk_name = "group"
    extra = 0
    fields = ("signup", "first_name", "joined", "left")
    readonly_fields = fields

    @admin.display(description=_("first name"))
    def first_name(self, member: Membership) -> str:
        return member.signup.first_name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("signup").order_by("left", "pk")


class OpenFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [("open", _("Open")), ("closed", _("Closed, or joined with another"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> QuerySet[Group]:
        wanted = {"open": True, "closed": False}
        return queryset.filter(closed__isnull=wanted[self.value()]) if self.value() in wanted else queryset


@admin.register(Group)
class GroupAdmin(FormingPage, ByHandPage, CourseAdmin):
    """Groups. They are made on the forming page; here they are looked at, renamed, and changed by hand."""

    list_display = ("name", "sequence", "address", "members", "state")
    list_filter = ("sequence", OpenFilter)
    list_select_related = ("sequence", "merged_into")
    search_fields = ("name", "address")
    when_empty = _("There are no groups yet. Make them from the page of a course run, or from the home page.")
    inlines = (MembershipInline,)
    fields = ("name", "description", "sequence", "address", "state", "date_created")
    readonly_fields = ("sequence", "address", "state", "date_created")
    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Nobody adds a single group here: people are in it from the beginning."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """A group is closed instead: its address goes on belonging to it."""
        return False

    def formfield_for_dbfield(self, db_field, request: HttpRequest, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in ("name", "description"):
            field.validators = [*field.validators, validate_line]
        return field

    @admin.display(description=_("state"))
    def state(self, group: Group) -> str:
        """Say whether a group is open, closed, or joined with another."""
        if group.merged_into:
            return _("joined with %(group)s") % {"group": group.merged_into}
        return _("closed") if group.closed else _("open")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        here = Q(memberships__left=None, memberships__signup__left=None)
        return super().get_queryset(request).annotate(members=Count("memberships", filter=here))

    @admin.display(description=_("members"), ordering="members")
    def members(self, group: Group) -> int:
        return group.members


@admin.register(Signup)
class GroupedSignupAdmin(SignupAdmin):
    """People, with their group in the list and in the download."""

    list_display = (*SignupAdmin.list_display[:4], "group", *SignupAdmin.list_display[4:])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signup]:
        mine = Membership.objects.current().filter(signup=OuterRef("pk"))
        names = {"group_id": Subquery(mine.values("group")[:1]), "group_name": Subquery(mine.values("group__name")[:1])}
        return super().get_queryset(request).annotate(**names)

    @admin.display(description=_("group"), ordering="group_name")
    def group(self, row: Signup) -> str:
        return row.group_name or ""

    def csv_columns(self) -> list[Column]:
        counted = Membership.objects.current().order_by().values_list("group").annotate(size=Count("pk"))
        sizes = dict(counted)
        return [
            *super().csv_columns(),
            ("group", lambda row: row.group_name or ""),
            ("group_size", lambda row: sizes.get(row.group_id, "")),
        ]
