"""Addresses of publishing."""

from django.urls import path

from tallyroom.console.publishing import calls, certifying, finalprotocol, statements, views

urlpatterns = [
    path("", views.publication, name="publishing"),
    path("propose/", views.propose, name="publishing_propose"),
    path("<int:number>/confirm/", views.confirm, name="publishing_confirm"),
    path("<int:number>/withdraw/", views.withdraw, name="proposal_withdraw"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<path:contest_id>/propose/", calls.propose, name="call_propose"),
    path("calls/<int:number>/confirm/", calls.confirm, name="call_confirm"),
    path("calls/<path:contest_id>/uncall/", calls.uncall, name="uncall"),
    path("certify/", certifying.certifying, name="certifying"),
    path("certify/<path:contest_id>/propose/", certifying.propose, name="certify_propose"),
    path("certify/<int:number>/confirm/", certifying.confirm, name="certify_confirm"),
    path("final/<path:contest_id>/data/<str:form>", finalprotocol.data, name="final_data"),
    path("final/<path:contest_id>/", finalprotocol.page, name="final"),
    path("statements/", statements.statements, name="statements"),
    path("statements/<int:number>/step/", statements.step, name="complaint_step"),
]
