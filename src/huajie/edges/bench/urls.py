"""Every address of production, and the floors."""

from django.urls import path

from huajie.config.urls import urlpatterns as production
from huajie.edges.bench import floors

urlpatterns = [
    *production,
    path("bench/insert", floors.insert),
    path("bench/rows", floors.rows),
    path("bench/durability", floors.durability),
]
