"""The admin under our name: a home page that answers an organiser's questions, and the rooms in their order."""

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from mooc import pausing
from mooc.home import overview

NAMES = {("auth", "Group"): _("Staff rights, by role")}  # not to be taken for the groups of learners
ROOMS = {"sequence": "", "signup": "", "groups": "", "mailing": "", "auth": _("Staff"), "axes": _("Log-in attempts")}


class LoginForm(AdminAuthenticationForm):
    """The log-in of staff, with its refusals in our words."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _("This name and this password do not let you in. Small and capital letters count."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].error_messages["required"] = _("Enter your user name.")
        self.fields["password"].error_messages["required"] = _("Enter your password.")


class Site(admin.AdminSite):
    """Django's admin site with our home page."""

    site_header = site_title = settings.MOOC_TITLE
    login_form = LoginForm
    index_title = _("How things stand")
    enable_nav_sidebar = False  # lists need the width, and the home page lists every room

    def get_urls(self) -> list:
        return [
            path("mail/pause/", self.admin_view(pausing.pause), name="pause_mail"),
            path("mail/resume/", self.admin_view(pausing.resume), name="resume_mail"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> TemplateResponse:
        """Answer first, then list what can be opened."""
        return super().index(request, {**overview(), **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict]:
        """Return the apps in the order of a course's life, under names that say what they hold."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = ROOMS.get(app["app_label"]) or app["name"]
            for model in app["models"]:
                model["name"] = NAMES.get((app["app_label"], model["object_name"]), model["name"])
        places = list(ROOMS)
        return sorted(
            apps, key=lambda app: places.index(app["app_label"]) if app["app_label"] in ROOMS else len(places)
        )
