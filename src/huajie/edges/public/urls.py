from django.urls import path

from huajie.edges.public import copy, figures, follow, home, matter, mine, openings, report, samples, talk

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("rights/", home.rights, name="rights"),
    path("report/", report.begin, name="report"),
    path("report/<str:name>/", report.report, name="report-form"),
    path("receipt/", report.receipt_again, name="receipt-again"),
    path("receipt/<str:number>/", report.receipt, name="receipt"),
    path("mine/", mine.mine, name="mine"),
    path("follow/", follow.follow, name="follow"),
    path("figures/", figures.figures, name="figures"),
    path("map/", figures.by_place, name="map"),
    path("openings/", openings.openings, name="openings"),
    path("samples/", samples.samples, name="samples"),
    path("samples/<str:name>.json", samples.sample, name="sample"),
    path("talk/", talk.talk, name="talk"),
    path("leave/", follow.leave, name="leave"),
    path("matters/<str:number>/", matter.matter, name="matter"),
    path("matters/<str:number>/copy/", copy.copy, name="copy"),
    path("matters/<str:number>/files/<str:file_id>/", matter.paper, name="file"),
    path("matters/<str:number>/files/<str:file_id>/small/", matter.small_photo, name="file-small"),
    path("matters/<str:number>/acts/<str:name>/", matter.acting, name="act"),
    path("matters/<str:number>/documents/<str:kind>/<int:version>/", matter.document, name="document"),
]
