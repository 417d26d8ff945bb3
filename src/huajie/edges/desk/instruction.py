"""A secretary records what a leader wrote on paper about an act; the leader does the act."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huajie.apps.attachments.uploads import token_of
from huajie.apps.matters.errors import Changed
from huajie.apps.matters.operations import Order, act
from huajie.apps.matters.queries import see
from huajie.core.procedure import PREPARED, PREPARED_SCAN, Refused
from huajie.edges.desk.matter import matter_url
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import (
    Drawn,
    Fault,
    Filled,
    Option,
    check_sums,
    faults_of,
    one,
    posted_of,
    read_files,
)

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
    on = one(posted, "paper_date", 10)
    filled = Filled()
    read_files(PREPARED_SCAN, request, posted, filled, reader)
    if filled.files:
        check_sums(filled, tip.stream)
    faults = filled.faults
    if posted and not faults:
        order = Order(
            act=PREPARED,
            inputs={"act": chosen, **({"paper_date": on} if on else {})},
            texts={**filled.texts, **({"instruction": words} if words else {})},
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
            Drawn("instruction", "longtext", _("What the leader wrote"), _("Word for word."), True, words),
            Drawn("paper_date", "date", _("Date on the paper"), "", False, on),
            Drawn(
                PREPARED_SCAN,
                "file",
                _("Scan of the paper"),
                _("It stands in the record of the matter, for whoever may see its documents."),
                False,
                known=[(token_of(upload), upload.name) for upload in filled.files.get(PREPARED_SCAN, ())],
            ),
        ],
        "faults": faults,
        "seen": tip.n,
    }
    return page(
        request, desk, "pages/desk/instruction.html", context, here="list", status=filled.status if faults else 200
    )
