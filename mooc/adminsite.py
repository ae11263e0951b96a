"""Django's admin with our own site in it. In a module of its own, as `mooc.apps` may hold one AppConfig only."""

from django.contrib.admin.apps import AdminConfig


class MoocAdminConfig(AdminConfig):
    default_site = "mooc.site.Site"
