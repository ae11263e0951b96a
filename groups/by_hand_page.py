"""The page of one group in the admin on which people are moved, the group is split or closed."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from groups import by_hand
from groups.models import Group, Membership
from mooc.lib.access import require_staff

CHANGE = "groups.change_group"
MOVE, SPLIT, CLOSE = "move", "split", "close"


class PeopleForm(forms.Form):
    """Members who are chosen, and the group they go into."""

    members = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, required=False, label=gettext_lazy("Members")
    )
    into = forms.ModelChoiceField(Group.objects.none(), required=False, label=gettext_lazy("Into"))

    def __init__(self, group: Group, *args):
        super().__init__(*args)
        here = Membership.objects.current().filter(group=group).select_related("signup")
        self.fields["members"].choices = [
            (one.pk, f"{one.signup.name or '–'}, {one.signup.email} ({one.signup.timezone})")
            for one in here.order_by("signup__name", "signup__email")
        ]
        self.fields["into"].queryset = Group.objects.open().filter(sequence=group.sequence).exclude(pk=group.pk)


class ByHandPage:
    """A mix-in for the admin of groups: one page, three verbs, each a POST."""

    def get_urls(self) -> list:
        view = require_staff(CHANGE)(require_http_methods(["GET", "HEAD", "POST"])(self.people_view))
        named = path("<int:number>/people/", self.admin_site.admin_view(view), name="groups_group_people")
        return [named, *super().get_urls()]

    def people_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show the members with the buttons; a POST does what its button says, or says why not."""
        group = get_object_or_404(Group.objects.select_related("sequence"), pk=number)
        form = PeopleForm(group, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                said = self._do(request.POST.get("verb", ""), group, form)
            except ValidationError as refusal:
                messages.error(request, " ".join(refusal.messages))
            else:
                messages.success(request, said)
                self.log_change(request, group, said)
            return HttpResponseRedirect(reverse("admin:groups_group_people", args=[group.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move people, split or close"),
            "opts": self.opts,
            "group": group,
            "form": form,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/groups/people.html", context)

    def _do(self, verb: str, group: Group, form: PeopleForm) -> str:
        chosen = form.cleaned_data["members"]
        if verb == MOVE:
            into = form.cleaned_data["into"]
            if into is None:
                raise ValidationError(_("Choose the group they go into."))
            count = by_hand.move_people(group, chosen, into)
            said = ngettext("%(count)s person is in %(group)s now.", "%(count)s people are in %(group)s now.", count)
            return said % {"count": count, "group": into.name} + " " + _("They are told within minutes.")
        if verb == SPLIT:
            made = by_hand.split(group, chosen)
            said = ngettext(
                "%(count)s person is in the new %(group)s.", "%(count)s people are in the new %(group)s.", len(chosen)
            )
            return said % {"count": len(chosen), "group": made.name} + " " + _("They are told within minutes.")
        if verb == CLOSE:
            count = by_hand.close(group)
            said = ngettext(
                "%(group)s is closed. Its %(count)s person gets a place in another near their hours, or waits.",
                "%(group)s is closed. Its %(count)s people get places in others near their hours, or wait.",
                count,
            )
            return said % {"group": group.name, "count": count}
        raise ValidationError(_("Press one of the buttons."))
