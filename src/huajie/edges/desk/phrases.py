"""The sentences that a unit keeps for its own documents."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from huajie.apps.documents.operations import BadPhrase, add_phrase, end_phrase
from huajie.apps.documents.queries import phrases_of
from huajie.core.procedure.documents import DOCUMENT_KINDS
from huajie.edges.desk.seated import Desk, at_seat, page
from huajie.edges.pages.forms import Fault, one, posted_of


def kind_words() -> dict[str, str]:
    """Return what each kind of document is called."""
    return {
        "notice": _("Notices"),
        "opinion": _("Opinions and decisions"),
        "reply": _("Replies"),
        "letter": _("Letters"),
        "agreement": _("Agreements"),
        "record": _("Records"),
    }


def _fault_words() -> dict[str, str]:
    return {
        "no-unit": _("This seat belongs to no unit."),
        "kind": _("Choose for which documents it is."),
        "empty": _("Write it in at least one language."),
        "long": _("At most 600 characters."),
        "placeholder": _(
            "A word in braces stands for nothing; known are {number}, {unit}, {today}, {due:…}, {fact:…}, {text:…}."
        ),
        "full": _("The unit has sixty of this kind; take one from the list first."),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@at_seat("see", keeps_form=True)
def phrases(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the unit's sentences, or keep one more."""
    faults: list[Fault] = []
    given = {"kind": "", "zh": "", "en": ""}
    if request.method == "POST":
        posted = posted_of(request)
        given = {name: one(posted, name, 2000) for name in given}
        try:
            add_phrase(desk.actor, **given, now=desk.reader.now)
        except BadPhrase as error:
            words = _fault_words()
            faults = [Fault(field, words[word]) for field, word in error.faults]
        else:
            return HttpResponseRedirect(reverse("desk:phrases"))
    kinds = kind_words()
    mine = phrases_of(desk.actor)
    context: dict[str, Any] = {
        "groups": [(kinds[kind], [each for each in mine if each.kind == kind]) for kind in DOCUMENT_KINDS],
        "kinds": [(kind, kinds[kind], kind == given["kind"]) for kind in DOCUMENT_KINDS],
        "given": given,
        "faults": faults,
    }
    return page(request, desk, "pages/desk/phrases.html", context, here="phrases", status=422 if faults else 200)


@require_POST
@at_seat("see")
def ended(request: HttpRequest, desk: Desk, phrase: str) -> HttpResponse:
    """Take a sentence from the list."""
    if not end_phrase(desk.actor, phrase, now=desk.reader.now):
        raise Http404
    return HttpResponseRedirect(reverse("desk:phrases"))
