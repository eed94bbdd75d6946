"""Addresses of accounts: sign-in (allauth's views, the few that are wanted), one-time links, people, the trail."""

from allauth.account import views as account
from django.urls import include, path

from tallyroom.console.accounts import links, people, trail_page

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("link/<str:token>/", links.accept, name="link"),
    path("people/", people.everybody, name="people"),
    path("people/add/", people.add, name="person_add"),
    path("people/<int:number>/", people.person, name="person"),
    path("people/<int:number>/duty/", people.give, name="duty_give"),
    path("people/<int:number>/duty/<int:duty>/end/", people.end, name="duty_end"),
    path("people/<int:number>/reset/", people.reset, name="person_reset"),
    *(
        path(f"people/<int:number>/{what}/", people.change, {"what": what}, name=f"person_{what}")
        for what in people.DEEDS
    ),
    path("trail/", trail_page.trail, name="trail"),
]
