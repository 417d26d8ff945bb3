"""Take in what came by counter, phone or letter: the act that a resident does on the web, with how and when it came."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.matters.errors import KeyReused
from huajie.apps.matters.operations import submit
from huajie.apps.procedure.registry import packs
from huajie.core.jurisdiction import NoOwner
from huajie.core.procedure import Refused
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages import opening
from huajie.edges.pages.forms import Fault, clean, faults_of


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def intake(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Choose a procedure, then write down what was brought."""
    if "intake" not in desk.actor.roles:
        raise Http404
    reader = desk.reader
    offered = opening.kinds("staff", None)
    chosen = clean(request.GET.get("pack", "") or request.POST.get("pack", ""))
    pack = packs().get(chosen)
    if pack is None or pack not in offered:
        kinds = [
            {
                "url": f"{reverse('desk:intake')}?pack={one.name}",
                "title": reader.text(one.title),
                "said": reader.text(one.document["description"]),
            }
            for one in offered
        ]
        return page(request, desk, "pages/desk/intake_kinds.html", {"kinds": kinds}, here="intake")
    form = opening.draw_form(pack, reader, audience="staff")
    status = 200
    if request.method == "POST":
        read = opening.read(request, pack, reader, audience="staff", scope=f"desk.{desk.actor.person}")
        faults, fresh, status = list(read.faults), False, 422
        if not faults:
            try:
                written = submit(read.submission, actor=desk.actor, now=reader.now)
                return HttpResponseRedirect(f"{matter_url(written.number)}?done=1#done")
            except Refused as error:
                faults = faults_of(error.unmet, reader, pack.sources)
            except NoOwner:
                faults = [Fault("", _("Every unit that could answer for it is concerned by it."))]
            except KeyReused:
                faults, fresh, status = [Fault("", _("This form was sent before with other words."))], True, 409
        form = opening.draw_form(pack, reader, audience="staff", opening=read, faults=faults, fresh_key=fresh)
    context = {
        "pack_name": pack.name,
        "pack_title": reader.text(pack.title),
        "form": form,
        "faults": form.faults,
        "spoken": reader.text(pack.document["privacy"]["spoken"]),
    }
    return page(request, desk, "pages/desk/intake.html", context, here="intake", status=status)
