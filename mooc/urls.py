"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from mailing import outbox, webhooks
from mooc import health_pages, me, me_group, one_press, pages

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("signup.urls")),
    path("me/<str:key>/", me.me, name="me"),
    path("me/<str:key>/edit/", me.edit, name="me_edit"),
    path("me/<str:key>/leave/", me.leave_page, name="me_leave"),
    path("me/<str:key>/back/", me.back, name="me_back"),
    path("me/<str:key>/erase/", me.erase_page, name="me_erase"),
    path("me/<str:key>/data.json", me.data, name="me_data"),
    path("me/<str:key>/messages/<int:number>/", me.message, name="me_message"),
    path("me/<str:key>/group/", me_group.group_page, name="me_group"),
    path("still-in/<str:token>/", one_press.still_in, name="still_in"),
    path("check-in/<int:email>/<str:answer>/<str:token>/", one_press.check_in, name="check_in"),
    path("stats/", pages.statistics, name="statistics"),
    path("stats/groups/", health_pages.runs, name="groups_runs"),
    path("stats/groups/<int:number>/", health_pages.board, name="groups_board"),
    path("stats/groups/<int:number>/board.csv", health_pages.board_csv, name="groups_board_csv"),
    path("stats/groups/<int:number>/merging/", health_pages.merging, name="groups_merging"),
    path("stats/groups/<int:number>/merging/<int:source>/<int:into>/", health_pages.merge, name="groups_merge"),
    path("about/", pages.about, name="about"),
    path("faq/", pages.faq, name="faq"),
    path("healthz", pages.healthz, name="healthz"),
    path("hooks/mailgun/events/", webhooks.events, name="mailgun_events"),
    path("hooks/mailgun/inbound/mime", webhooks.inbound, name="mailgun_inbound"),
    path("groups/", include("groups.urls")),
    path("stats/", include("dashboard_import.urls")),
    path("outbox/", include(outbox.urlpatterns)),
]
