"""Addresses. Each edge brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from huajie.edges import health, metrics
from huajie.edges.api.service import urlpatterns as api_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    *api_urls,
    path("", include("huajie.edges.pages.urls")),
    path("desk/", include("huajie.edges.desk.urls")),
    path("", include("huajie.edges.public.urls")),
]

handler400 = "huajie.edges.pages.errors.bad_request"
handler403 = "huajie.edges.pages.errors.forbidden"
handler404 = "huajie.edges.pages.errors.not_found"
handler500 = "huajie.edges.pages.errors.failed"
