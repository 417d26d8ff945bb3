"""A secretary records what a leader wrote on paper about an act; the leader does the act."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.matters.errors import Changed
from huajie.apps.matters.operations import Order, act
from huajie.apps.matters.queries import see
from huajie.core.procedure import PREPARED, Refused
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import Drawn, Fault, Option, faults_of, one, posted_of

#: Letters of an instruction.
LONGEST = 4000


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("act", keeps_form=True)
def instruction(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show the form, or record the instruction."""
    opened = see(desk.actor, number)
    if desk.actor.on_behalf is None:
        raise Http404
    reader, tip = desk.reader, opened.tip
    posted = posted_of(request) if request.method == "POST" else {}
    chosen, words = one(posted, "act"), one(posted, "instruction", LONGEST)
    seen = one(posted, "seen", 8)
    faults: list[Fault] = []
    if posted:
        order = Order(
            act=PREPARED,
            inputs={"act": chosen},
            texts={"instruction": words} if words else {},
            seen=int(seen) if seen.isascii() and seen.isdigit() else tip.n,
        )
        try:
            written = act(tip.stream, order, actor=desk.actor, now=reader.now)
        except Refused as error:
            faults = faults_of(error.unmet, reader, tip.pack.sources)
        except Changed:
            faults = [
                Fault("", _("It has changed since you looked. Nothing was written; look at it and send it again."))
            ]
        else:
            return HttpResponseRedirect(f"{matter_url(tip.number)}?done={written.first}#done")
    offered = [
        Option(each.name, reader.text(each.title), each.name == chosen)
        for each in tip.pack.acts.values()
        if not each.creates and each.by & {"lead_head", "superior_head", "lead_seat", "sponsor", "asked"}
    ]
    context = {
        "number": tip.number,
        "url": matter_url(tip.number),
        "fields": [
            Drawn("act", "select", _("What the leader is to do"), "", True, chosen, [("", offered)]),
            Drawn("instruction", "longtext", _("What the leader wrote"), "", True, words),
        ],
        "faults": faults,
        "seen": tip.n,
    }
    return page(request, desk, "pages/desk/instruction.html", context, here="list", status=422 if faults else 200)
