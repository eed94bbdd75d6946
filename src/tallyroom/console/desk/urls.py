"""Addresses of the desk."""

from django.urls import path

from tallyroom.console.desk import decisions, drawing, forms_list, keying, receipts, scans

urlpatterns = [
    path("", forms_list.forms, name="forms"),
    path("receive/", forms_list.receive, name="receive"),
    path("arrival/", forms_list.arrival, name="arrival"),
    path("adopt/", forms_list.adopt, name="adopt"),
    path("next/", keying.key_next, name="key_next"),
    path("forms/<int:pk>/", forms_list.form, name="form"),
    path("forms/<int:pk>/key/", keying.key, name="key"),
    path("forms/<int:pk>/draft/", keying.draft, name="draft"),
    path("forms/<int:pk>/take-back/", keying.take_back, name="take_back"),
    path("forms/<int:pk>/resolve/", decisions.resolve, name="resolve"),
    path("forms/<int:pk>/review/", decisions.review, name="review"),
    path("forms/<int:pk>/give-back/", decisions.give_back, name="give_back"),
    path("forms/<int:pk>/replace/", decisions.replace, name="replace"),
    path("forms/<int:pk>/change/<slug:purpose>/", decisions.change, name="change"),
    path("forms/<int:pk>/confirm/", decisions.confirm, name="confirm"),
    path("forms/<int:pk>/withdraw/", decisions.withdraw, name="withdraw"),
    path("forms/<int:pk>/receipt/", receipts.receipt, name="receipt"),
    path("forms/<int:pk>/receipt/check/", receipts.check, name="receipt_check"),
    path("forms/<int:pk>/scans/", scans.add, name="scans"),
    path("forms/<int:pk>/scans/<slug:sha256>/", scans.download, name="scan"),
    path("forms/<int:pk>/scans/<slug:sha256>/<int:page>/", drawing.picture, name="picture"),
]
