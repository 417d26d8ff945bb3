"""Addresses. Each edge brings its own."""

from django.urls import URLPattern, URLResolver, path

from huajie.edges import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
