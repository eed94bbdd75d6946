"""Addresses of the definition."""

from django.urls import path

from tallyroom.console.definition import candidates, views

urlpatterns = [
    path("", views.page, name="definition"),
    path("files/<str:name>", views.file, name="definition_file"),
    path("candidates/<path:contest_id>/propose/", candidates.propose, name="candidate_propose"),
    path("candidates/<int:number>/confirm/", candidates.confirm, name="candidate_confirm"),
]
