"""Addresses. Each edge brings its own."""

from django.urls import URLPattern, URLResolver, path

from huajie.edges import health
from huajie.edges.api.service import urlpatterns as api_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    *api_urls,
]
