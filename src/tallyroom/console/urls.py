"""Every address of the console.  Each room of the console has its own file; all are below /console/."""

from django.urls import include, path

from tallyroom.console import views
from tallyroom.console.board import gateway

urlpatterns = [
    path("console/", views.home, name="home"),
    path("console/language/", views.language, name="language"),
    path("console/accounts/", include("tallyroom.console.accounts.urls")),
    path("console/board/", include("tallyroom.console.board.urls")),
    path("console/definition/", include("tallyroom.console.definition.urls")),
    path("console/publishing/", include("tallyroom.console.publishing.urls")),
    path("console/api/sms", gateway.sms, name="sms"),
    path("console/desk/", include("tallyroom.console.desk.urls")),
    path("console/", include("tallyroom.console.offline.urls")),
]
handler400 = "tallyroom.console.views.bad_request"
handler403 = "tallyroom.console.views.forbidden"
handler404 = "tallyroom.console.views.not_found"
handler500 = "tallyroom.console.views.failed"
