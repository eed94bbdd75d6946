"""Addresses of the page that works without a network, and of its interface."""

from django.urls import path

from tallyroom.console.offline import entries, pages

urlpatterns = [
    path("offline/", pages.page, name="offline"),
    path("offline/worker.js", pages.worker, name="offline_worker"),
    path("api/desk", pages.desk, name="api_desk"),
    path("api/entries", entries.enter, name="api_entries"),
    path("api/openapi.json", pages.openapi, name="api_openapi"),
]
