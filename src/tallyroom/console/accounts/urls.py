"""Addresses of accounts: sign-in (allauth's views, the few that are wanted), one-time links, people, the trail."""

from allauth.account import views as account
from django.urls import include, path

from tallyroom.console.accounts import links

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("link/<str:token>/", links.accept, name="link"),
]
