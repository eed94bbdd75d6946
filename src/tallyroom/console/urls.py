"""Every address of the console.  Each room of the console has its own file; all are below /console/."""

from django.urls import include, path

from tallyroom.console import views

urlpatterns = [
    path("console/", views.home, name="home"),
    path("console/language/", views.language, name="language"),
    path("console/accounts/", include("tallyroom.console.accounts.urls")),
    path("console/desk/", include("tallyroom.console.desk.urls")),
]
handler400 = "tallyroom.console.views.bad_request"
handler403 = "tallyroom.console.views.forbidden"
handler404 = "tallyroom.console.views.not_found"
handler500 = "tallyroom.console.views.failed"
