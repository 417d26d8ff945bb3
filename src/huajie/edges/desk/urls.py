from django.urls import path

from huajie.edges.desk import (
    day,
    instruction,
    intake,
    matter,
    matters,
    offices,
    opening,
    phrases,
    receipt,
    reference,
    signing_in,
)
from huajie.edges.desk.signing_in_urls import urlpatterns as signing_in_urls

app_name = "desk"
urlpatterns = [
    path("", day.day, name="day"),
    *signing_in_urls,
    path("seat/", signing_in.choose_seat, name="seat"),
    path("matters/", matters.listing, name="list"),
    path("matters/<str:number>/", matter.matter, name="matter"),
    path("matters/<str:number>/alike/", matter.compared, name="alike"),
    path("matters/<str:number>/acts/<str:name>/", matter.acting, name="act"),
    path("matters/<str:number>/receipt/", receipt.receipt, name="receipt"),
    path("matters/<str:number>/receipt/handed-over/", receipt.handed_over, name="handed-over"),
    path("matters/<str:number>/documents/<str:kind>/<int:version>/", matter.document, name="document"),
    path("matters/<str:number>/documents/<str:kind>/<int:version>/slip/", matter.slip, name="slip"),
    path("matters/<str:number>/open/", opening.opening, name="open"),
    path("matters/<str:number>/access/", opening.access, name="access"),
    path("openings/", opening.openings, name="openings"),
    path("matters/<str:number>/instruction/", instruction.instruction, name="instruction"),
    path("search/", matters.find, name="search"),
    path("queue/", matters.waiting, name="queue"),
    path("intake/", intake.intake, name="intake"),
    path("phrases/", phrases.phrases, name="phrases"),
    path("phrases/<str:phrase>/ended/", phrases.ended, name="phrase-ended"),
    path("offices/", offices.units, name="offices"),
    path("offices/merge/", offices.merge, name="office-merge"),
    path("offices/change/<slug:do>/", offices.change, name="office-change"),
    path("offices/units/<str:code>/", offices.unit, name="office-unit"),
    path("offices/seats/<str:code>/", offices.seat, name="office-seat"),
    path("routing/", reference.routing, name="routing"),
    path("packs/", reference.procedures, name="packs"),
    path("packs/<str:name>/", reference.procedure, name="pack"),
    path("calendars/", reference.calendars, name="calendars"),
]
