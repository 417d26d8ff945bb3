"""What a resident's page says of their data: what they asked, how long it is kept. One matter, never more."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from huajie.apps.matters import loading
from huajie.apps.procedure.registry import packs
from huajie.core.ledger import moment
from huajie.core.procedure import NOT_ALL, RETENTION, RIGHTS, RIGHTS_KINDS, Pack, State
from huajie.edges.pages import dates
from huajie.edges.pages.reader import Reader


@dataclass(slots=True)
class AskedOfData:
    """One request about the resident's data as it stands."""

    kind: str
    unit: str
    state: str
    #: By when it is answered at the latest; empty once it is.
    due: str
    #: Whether it was refused in whole or part, so that the page says where to complain.
    remedy: bool


def requests_of(state: State, reader: Reader) -> list[AskedOfData]:
    """Return what was asked about the data of a matter, newest first; reads nothing where nothing was asked."""
    mine = [(int(key.rpartition("#")[2]), child) for key, child in state.children.items() if child.kind == RIGHTS]
    if not mine:
        return []
    below = loading.load_many([UUID(child.stream) for _number, child in mine], using="default")
    found = []
    for _number, child in sorted(mine, key=lambda pair: -pair[0]):
        tip = below.get(UUID(child.stream))
        if tip is None or tip.state is None:
            continue
        stage = tip.pack.stages.get(tip.state.stage)
        limit = tip.state.clocks.get("limit")
        running = limit is not None and limit.status == "running"
        kind = RIGHTS_KINDS.get(tip.state.facts.get("rights_kind", ""), {})
        outcomes = packs()[tip.state.pack_name].outcomes if tip.state.pack_name in packs() else tip.pack.outcomes
        found.append(
            AskedOfData(
                kind=reader.text(kind) if kind else "",
                unit=reader.unit(child.unit),
                state=reader.text(outcomes.get(child.outcome))
                if child.outcome
                else reader.text(stage.plain if stage else {}),
                due=reader.day(dates.last_day(moment(limit.due_at), reader.zone(state.region)))
                if limit is not None and running
                else "",
                remedy=child.outcome in NOT_ALL,
            )
        )
    return found


def keeping_of(pack: Pack, state: State, reader: Reader) -> str:
    """Return until when the matter is kept, empty where that is not known yet: the time runs from the ending."""
    running = [clock for clock in state.clocks.values() if clock.name == RETENTION and clock.status == "running"]
    if not running:
        return ""
    return reader.day(dates.last_day(moment(max(clock.due_at for clock in running)), reader.zone(state.region)))


def keeping_words(pack: Pack, state: State, reader: Reader) -> str:
    """Return how long it is kept, in a sentence."""
    until = keeping_of(pack, state, reader)
    if until:
        return _("Kept until %(date)s, then erased.") % {"date": until}
    return reader.text(pack.document["retention"]["deletion"])
