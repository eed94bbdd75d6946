"""Addresses of polling day."""

from django.urls import path

from tallyroom.console.board import attendants, fieldreports, reports, stationpage, telephones, views

# An id may hold a slash, so the addresses that end in a word come before those that end in the id.
urlpatterns = [
    path("", views.board, name="board"),
    path("area/<path:area_id>/enter/", reports.enter, name="board_enter"),
    path("table/", reports.upload, name="board_upload"),
    path("wall/", views.wall, name="board_wall"),
    path("wall/<path:area_id>/", views.wall, name="board_wall_area"),
    path("station/<path:station_id>/report/", fieldreports.file, name="board_file"),
    path("station/<path:station_id>/people/", attendants.people, name="board_people"),
    path("station/<path:station_id>/people/erase/", attendants.erase, name="board_erase"),
    path("station/<path:station_id>/telephones/", telephones.enrol, name="board_telephones"),
    path("people/<int:number>/remove/", attendants.remove, name="board_remove"),
    path("reports/", fieldreports.listing, name="board_reports"),
    path("reports/<int:number>/settle/", fieldreports.settle, name="board_settle"),
    path("telephones/<int:number>/end/", telephones.end, name="board_telephone_end"),
    path("messages/<int:number>/", telephones.answer, name="board_answer"),
    path("area/<path:area_id>/", views.area, name="board_area"),
    path("station/<path:station_id>/", stationpage.station, name="board_station"),
]
