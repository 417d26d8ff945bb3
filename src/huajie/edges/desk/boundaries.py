"""
Where regions lie, from a GeoJSON file: everything that is wrong and how it would look first, then exactly that.

As for a workbook (`importing.py`): the file that was looked at is kept under the token that its page carries, and what
was shown goes along as a signed digest. Where the regions or their boundaries have changed since, nothing is written.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from huajie.apps.attachments import store
from huajie.apps.attachments.errors import FileRefused, Missing
from huajie.apps.attachments.incoming import Sent
from huajie.apps.attachments.uploads import Upload, keep, token_of, upload_of
from huajie.apps.jurisdiction.boundaries import (
    FAULTS,
    BadBoundaries,
    Fault,
    Given,
    Trial,
    read_collection,
    set_boundaries,
    try_boundaries,
)
from huajie.edges.desk.reviewed import content_of, is_reviewed, review_of
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import maps
from huajie.edges.pages.forms import file_fault, one, posted_of

_SALT: Final = "huajie.desk.boundaries"
_MOST_MB: Final = 8
_WORDS: Final = {
    "collection": gettext_noop("This is no GeoJSON FeatureCollection."),
    "large": gettext_noop("The file is larger than %(detail)s MB: simplify the boundaries first."),
    "empty": gettext_noop("There is no feature in it."),
    "system": gettext_noop("The coordinates have to be WGS 84, longitude first (CRS84), not %(detail)s."),
    "feature": gettext_noop("This is no feature."),
    "unnamed": gettext_noop("It names no region: give it the property region, or an id."),
    "twice": gettext_noop("It stands in the file twice."),
    "population": gettext_noop("The population is a whole number of residents, not %(detail)s."),
    "region": gettext_noop("There is no region of this code."),
    "kind": gettext_noop("Its geometry is no Polygon and no MultiPolygon."),
    "unreadable": gettext_noop("Its geometry can't be read: %(detail)s"),
    "crossing": gettext_noop("Its rings cross or touch themselves: %(detail)s"),
    "nothing": gettext_noop("Its geometry holds nothing."),
    "corners": gettext_noop("It has more than %(detail)s corners: simplify it first."),
    "degrees": gettext_noop(
        "Longitude lies between -180 and 180 and latitude between -90 and 90; longitude comes first."
    ),
}
assert set(_WORDS) == set(FAULTS)


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("change_jurisdiction")
def bring_in(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take a file of boundaries, show what it would do, and do that once it is confirmed."""
    if not desk.may("change_jurisdiction"):
        raise Http404
    if request.method != "POST":
        return _page(request, desk, {})
    posted = posted_of(request)
    try:
        kept = upload_of(one(posted, "kept", 4000), now=desk.reader.now) if "kept" in posted else _sent(request, desk)
        given = _read(kept)
    except BadBoundaries as error:
        return _page(request, desk, {"faults": [_said(fault) for fault in error.faults]}, 422)
    except FileRefused as error:
        return _page(request, desk, {"wrong": file_fault(error)}, 422)
    except Missing:
        return _page(request, desk, {"faults": [_said(Fault("collection"))]}, 422)
    trial = try_boundaries(given, actor=desk.actor)
    if "kept" not in posted or trial.faults:
        return _review(request, desk, kept, trial)
    if not is_reviewed(one(posted, "review", 1000), kept, trial.stamp, desk, salt=_SALT):
        return _review(request, desk, kept, trial, since=True)
    set_boundaries(given, actor=desk.actor, now=desk.reader.now)
    store.remove(kept.address)
    return _page(request, desk, {"recorded": len(given), "map_url": reverse("desk:map")})


def _sent(request: HttpRequest, desk: Desk) -> Upload:
    sent = next((each for each in request.FILES.getlist("boundaries") if isinstance(each, Sent)), None)
    if sent is None:
        raise BadBoundaries([Fault("collection")])
    if (sent.size or 0) > _MOST_MB * 1_000_000:
        raise BadBoundaries([Fault("large", detail=str(_MOST_MB))])
    return keep(sent, now=desk.reader.now)


def _read(kept: Upload) -> dict[str, Given]:
    content = content_of(kept)
    try:
        return read_collection(json.loads(content.decode("utf-8-sig")))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise BadBoundaries([Fault("collection")]) from None


def _review(request: HttpRequest, desk: Desk, kept: Upload, trial: Trial, *, since: bool = False) -> HttpResponse:
    """Show what a file would do, and how it would look."""
    reader = desk.reader
    words = {"fresh": _("new"), "changed": _("changes"), "same": _("stays as it is")}
    rows = [
        {"code": code, "name": reader.region(code), "verb": words[verb], "outside": code in outside}
        for outside in [{line.partition(":")[0] for line in trial.warnings}]
        for verb in words
        for code in sorted(getattr(trial, verb))
    ]
    # regions around others first, so that these are seen
    order = sorted(trial.outlines, key=lambda code: (len(reader.jurisdiction.region_ancestors(code)), code))
    touched = {*trial.fresh, *trial.changed}
    places = [maps.Place(code, reader.region(code), chosen=code in touched) for code in order]
    drawing = maps.drawing(places, _("How it would look"), reader.language, known=trial.outlines)
    context = {
        "file": kept.name,
        "since": since,
        "faults": [_said(fault) for fault in trial.faults],
        "rows": rows,
        "drawing": drawing,
        "ready": not trial.faults and bool(touched),
        "reviewed": True,
        "kept": token_of(kept),
        "review": review_of(kept, trial.stamp, desk, salt=_SALT),
    }
    return _page(request, desk, context, 409 if since else 422 if trial.faults else 200)


def _said(fault: Fault) -> dict[str, str]:
    return {"at": fault.at or "–", "words": _(_WORDS[fault.code]) % {"detail": fault.detail}}


def _page(request: HttpRequest, desk: Desk, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    frame = {"offices_url": reverse("desk:offices"), "most_mb": _MOST_MB}
    return page(request, desk, "pages/desk/boundaries.html", {**frame, **context}, here="offices", status=status)
