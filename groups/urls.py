"""The addresses of groups' pages, as messages name them."""

from django.urls import path

from groups import views

urlpatterns = [
    path("<int:group>/", views.staff_page, name="group_staff"),
    path("<int:group>/pictures/<int:number>/", views.staff_picture, name="group_staff_picture"),
    path("<int:group>/one-click/<str:token>/", views.one_click, name="group_one_click"),
    path("<int:group>/<str:token>/", views.group_page, name="group_page"),
    path("<int:group>/<str:token>/mail/", views.choose_mail, name="group_mail"),
    path("<int:group>/<str:token>/leave/", views.leave_page, name="group_leave"),
    path("<int:group>/<str:token>/mute/<int:number>/", views.mute, name="group_mute"),
    path("<int:group>/<str:token>/report/<int:number>/", views.report_page, name="group_report"),
    path("<int:group>/<str:token>/pictures/<int:number>/", views.picture, name="group_picture"),
]
