"""Which endings are looked at again, for everybody: hashes as they were published, and the file to draw from again."""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huajie.apps.supervision import samples as operations
from huajie.edges.guard import public
from huajie.edges.pages.reader import Reader


@public("everybody may draw a sample of endings again")
@require_safe
def samples(request: HttpRequest) -> HttpResponse:
    """Show every sample with its hashes."""
    reader = Reader.of(request)
    zone = reader.home_zone
    rows = [
        {
            "period": f"{reader.day(one.first, weekday=False)} – {reader.day(one.last, weekday=False)}",
            "seed_hash": one.seed_hash,
            "frame_hash": one.frame_hash,
            "fixed": reader.moment(one.fixed_at, zone),
            "drawn": reader.moment(one.frozen_at, zone) if one.frozen_at is not None else "",
            "file": reverse("public:sample", args=[one.name]) if one.document else "",
        }
        for one in operations.samples()
    ]
    return render(request, "pages/public/samples.html", {"rows": rows})


@public("everybody may draw a sample of endings again")
@require_safe
def sample(request: HttpRequest, name: str) -> HttpResponse:
    """Return the published file: public case references only, as docs/formats/sample.md says."""
    found = operations.document(name)
    if found is None:
        raise Http404
    response = HttpResponse(json.dumps(found, ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="sample-{name}.json"'
    return response
