"""The addresses of sign-up, as other sites and old messages know them."""

from django.urls import path

from signup import api, link_views, views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("s/<int:number>/", views.landing, name="course"),
    path("signup", views.signup, name="signup"),
    path("success", views.success, name="success"),
    path("iframe", views.iframe, name="iframe"),
    path("signup/true", views.iframe_signup, name="iframe_signup"),
    path("success_iframe", views.iframe_success, name="iframe_success"),
    path("api/signup/", api.api_signup, name="api_signup"),
    path("count/<int:number>/", api.count, name="count"),
    path("export/<int:number>/", api.export, name="export"),
    path("confirm/<str:key>/", link_views.confirm, name="confirm"),
    path("unsubscribe/", link_views.unsubscribe, name="unsubscribe"),
    path("unsubscribe/sent/", link_views.unsubscribe_sent, name="unsubscribe_sent"),
    path("unsubscribe/confirm/<str:key>/", link_views.unsubscribe_confirm, name="unsubscribe_confirm"),
    path("unsubscribe/one-click/<str:token>/", link_views.one_click, name="one_click"),
]
