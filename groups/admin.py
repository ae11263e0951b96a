"""Groups in the admin, and people with the group they are in."""

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from groups.models import Group, Membership
from groups.post_admin import PostAdmin, RefusalAdmin
from mooc.lib.admin import CourseAdmin, ReadOnly
from signup.admin import SignupAdmin
from signup.models import Signup
from signup.people_csv import Column

__all__ = ["GroupAdmin", "GroupedSignupAdmin", "PostAdmin", "RefusalAdmin"]


class MembershipInline(ReadOnly, admin.TabularInline):
    model = Membership
    fk_name = "group"
    extra = 0
    fields = ("signup", "joined", "left")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("signup").order_by("left", "pk")


@admin.register(Group)
class GroupAdmin(ReadOnly, CourseAdmin):
    list_display = ("name", "sequence", "address", "members")
    list_filter = ("sequence",)
    list_select_related = ("sequence",)
    search_fields = ("name", "address")
    when_empty = _("There are no groups yet. In this version only a script makes them: groups.models.create_group.")
    inlines = (MembershipInline,)
    fields = ("name", "sequence", "address", "description", "date_created")

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
