"""Which language a program's user reads: `zh` unless Accept-Language prefers English."""

from functools import lru_cache

from django.http import HttpRequest

LANGUAGES = ("zh", "en")


@lru_cache(maxsize=512)
def preferred(header: str) -> str:
    """Return `zh` or `en` for the value of an Accept-Language header; whatever can't be read counts for nothing."""
    best, weight = "zh", 0.0
    for part in header[:200].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = 1.0
        name, _, value = parameters.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                continue
        if language in LANGUAGES and weight < quality <= 1:
            best, weight = language, quality
    return best


def language_of(request: HttpRequest) -> str:
    """Return the language of this request's reader."""
    return preferred(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
