from django.urls import path

from huajie.edges.desk import day, intake, matter, matters, opening, phrases, receipt, reference, signing_in

app_name = "desk"
urlpatterns = [
    path("", day.day, name="day"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
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
    path("search/", matters.find, name="search"),
    path("queue/", matters.waiting, name="queue"),
    path("intake/", intake.intake, name="intake"),
    path("phrases/", phrases.phrases, name="phrases"),
    path("phrases/<str:phrase>/ended/", phrases.ended, name="phrase-ended"),
    path("routing/", reference.routing, name="routing"),
    path("packs/", reference.procedures, name="packs"),
    path("packs/<str:name>/", reference.procedure, name="pack"),
    path("calendars/", reference.calendars, name="calendars"),
]
