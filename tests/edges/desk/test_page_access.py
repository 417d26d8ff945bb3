"""
Who may see and do what on the pages, written by hand (`page_matrix.csv`) and asked of desk and public pages.

Columns are the matters of tests/support/county.py, and `none`: a well-formed number that was never given out, which
must answer like one that somebody may not see. The intake clerk's queue holds what their own counter brought in, which
`unplaced` was not. `yes` and `no`: the page shows the matter or not; `sign in` and
`secret`: the page sends one there first; `done`: the act stands in the record. None of these matters has a document:
who sees one that there is stands in test_documents.py.
"""

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from tests.shape.routes import addresses
from tests.support.county import PEOPLE

from huajie.core.access import RELATION_NAMES

pytestmark = pytest.mark.accept("K10")

Cell = tuple[str, str, str, str]

#: route of the matrix -> address; the first group takes a number, the second shows matters or could
NUMBERED = {
    "matter": "desk/matters/<str:number>/",
    "alike": "desk/matters/<str:number>/alike/",
    "form": "desk/matters/<str:number>/acts/<str:name>/",
    "act": "desk/matters/<str:number>/acts/<str:name>/",
    "days": "desk/matters/<str:number>/acts/<str:name>/days/",
    "decide": "desk/matters/<str:number>/decide/",
    "paper": "desk/matters/<str:number>/receipt/",
    "handed over act": "desk/matters/<str:number>/receipt/handed-over/",
    "document": "desk/matters/<str:number>/documents/<str:kind>/<int:version>/",
    "slip": "desk/matters/<str:number>/documents/<str:kind>/<int:version>/slip/",
    "open": "desk/matters/<str:number>/open/",
    "opened file": "desk/matters/<str:number>/opened/<int:n>/<str:file_id>/",
    "let in": "desk/matters/<str:number>/access/",
    # for a leader's secretary, who is nobody of the county's; tests/edges/desk/test_offices.py has one
    "instruction": "desk/matters/<str:number>/instruction/",
    # for an incident, which none of these is; tests/journeys/test_incident.py has one
    "affected": "desk/matters/<str:number>/affected/",
    # for an ending that was drawn, which none of these is; tests/apps/supervision/test_samples.py has some
    "second look": "desk/samples/<str:name>/<str:number>/",
    "resident": "matters/<str:number>/",
    "copy": "matters/<str:number>/copy/",
    "file": "desk/matters/<str:number>/files/<str:file_id>/",
    "small photo": "desk/matters/<str:number>/files/<str:file_id>/small/",
    "resident file": "matters/<str:number>/files/<str:file_id>/",
    "resident small photo": "matters/<str:number>/files/<str:file_id>/small/",
    "receipt": "receipt/<str:number>/",
    "resident form": "matters/<str:number>/acts/<str:name>/",
    "resident act": "matters/<str:number>/acts/<str:name>/",
    "resident document": "matters/<str:number>/documents/<str:kind>/<int:version>/",
}
SHOWING = {
    "list": ("/desk/matters/", "/desk/matters/?closed=1"),
    "day": ("/desk/", "/desk/?scope=all"),
    "search": ("/desk/search/?q=" + quote("楼道灯"),),
    "queue": ("/desk/queue/",),
    # what is ordinary and open; never what is sealed or about a minor, whoever looks
    "board": ("/desk/board/open/",),
    "routing": ("/desk/routing/?pack=en.complaint&topic=t.wages&region=r.qingshi",),
}
#: found by its number
FIND = "find"


def matrix() -> list[Cell]:
    """Return (route, who, matter, expected)."""
    with (Path(__file__).parent / "page_matrix.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["route"], row["who"], name, value)
            for row in csv.DictReader(file)
            for name, value in row.items()
            if name not in ("route", "who")
        ]


class Pages:
    """Asks the pages as each person, and says what came in the words of the matrix."""

    def __init__(self, county: Any) -> None:
        from django.conf import settings

        from huajie.apps.matters.numbers import number_of
        from huajie.apps.supervision.cases import refresh

        refresh()
        self.county = county
        self.never_given = number_of(settings.HUAJIE_KEYS["number"], UUID(int=0))
        self.clients: dict[tuple[str, str], Any] = {}

    def number(self, name: str) -> str:
        """Return the number of a matter as it is written."""
        from huajie.apps.matters.numbers import shown

        return shown(self.never_given if name == "none" else self.county.matters[name].number)

    def client(self, who: str, matter: str = "") -> Any:
        """Return the browser of somebody: signed in, or having shown the secret of a matter."""
        from django.test import Client

        from huajie.apps.jurisdiction.models import Account

        key = (who, matter if who == "own secret" else "")
        found = self.clients.get(key)
        if found is None:
            found = self.clients[key] = Client(headers={"accept-language": "en"})
            if who in ("own secret", "other secret"):
                # nobody has the secret of a number that was never given out
                known = self.county.matters["planned" if who == "other secret" or matter == "none" else matter]
                sent = {"number": known.number, "secret": known.secret}
                assert found.post("/follow/", sent).status_code == 302
            elif who != "nobody":
                found.force_login(Account.objects.get(username=who))
        return found

    def answer(self, route: str, who: str, name: str) -> str:
        """Return what the pages answer."""
        client, number = self.client(who, name), self.number(name)
        if route == FIND:
            return self.shows(client, (f"/desk/search/?q={number}",), number)
        if route in SHOWING:
            return self.shows(client, SHOWING[route], number)
        address = "/" + NUMBERED[route].replace("<str:number>", number)
        address = address.replace("<str:kind>", "opinion").replace("<int:version>", "1")
        # no entry of these opened anything: tests/edges/desk/test_opening.py has one that did
        address = address.replace("<int:n>", "1").replace("samples/<str:name>", "samples/2026-03")
        if "<str:file_id>" in address:
            photo = self.county.matters[name].photo if name != "none" else "0" * 32
            return self.word(client.get(address.replace("<str:file_id>", photo)))
        if not route.endswith("act"):
            act_name = "add_note" if route in ("form", "days") else "write_to_us"
            return self.word(client.get(address.replace("<str:name>", act_name)))
        given = {"key": str(uuid4()), "seen": str(self.entries(name))}
        if route == "act":
            sent = client.post(address.replace("<str:name>", "add_note"), {**given, "note_text": "看过了。"})
        else:
            sent = client.post(address.replace("<str:name>", "write_to_us"), {**given, "message": "补充一句。"})
        return self.word(sent)

    def entries(self, name: str) -> int:
        """Return how many entries a matter has."""
        from huajie.apps.matters import loading

        tip = loading.load(self.county.matters[name].stream, using="default") if name != "none" else None
        return tip.n if tip is not None else 1

    def word(self, response: Any) -> str:
        """Return the matrix's word for an answer."""
        if response.status_code == 302:
            for begin, said in (("/desk/sign-in/", "sign in"), ("/follow/", "secret")):
                if response["Location"].startswith(begin):
                    return said
            assert re.search(r"(\?done=\d+#done|^/desk/matters/[^/]+/)$", response["Location"]), response["Location"]
            return "done"
        if response.status_code == 401:
            # a form that came too late: the page to sign in keeps what was written
            return "sign in"
        return str(response.status_code)

    def shows(self, client: Any, addresses: tuple[str, ...], number: str) -> str:
        """Return whether any of these pages links to a matter; the words that were asked for don't count."""
        for address in addresses:
            response = client.get(address)
            if response.status_code == 302 and response["Location"] == f"/desk/matters/{number}/":
                # a whole number leads straight there
                return "yes"
            if response.status_code != 200:
                return self.word(response)
            if f"/desk/matters/{number}/" in response.content.decode():
                return "yes"
        return "no"

    def differences(self, cells: list[Cell]) -> Iterator[str]:
        """Yield each cell whose answer is another one."""
        for route, who, name, expected in cells:
            found = self.answer(route, who, name)
            if found != expected:
                yield f"{route} {name} by {who}: {found}, expected {expected}"


def test_the_pages_answer_as_the_matrix_says(illustrated_county: Any) -> None:
    everybody = {*PEOPLE, "nobody"}
    shown = ("list", "day", "search", "queue", "board")
    forms = ("form", "act", "decide", "days")
    for route in ("matter", "file", "small photo", "alike", *forms, *shown):
        assert {who for name, who, _, _ in matrix() if name == route} == everybody, route
    assert not list(Pages(illustrated_county).differences(matrix()))


def test_every_address_that_takes_a_number_stands_in_the_matrix() -> None:
    """A page that is added later and takes a number needs its rows here."""
    asked = {address for route, address in NUMBERED.items() if any(route == row[0] for row in matrix())}
    pages = {
        address.route
        for address in addresses()
        if address.signs_in is None and "number" in address.parameters and not address.route.startswith("api/")
    }
    assert pages == asked


def test_forcing_any_one_relation_to_true_is_seen(county: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in any relation would open a page to somebody whom the matrix keeps out."""
    from huajie.core.jurisdiction import ROLES

    module = sys.modules["huajie.core.access.relations"]
    pages = Pages(county)
    wanted = [("matter", "admin", name) for name in ("ordinary", "sealed", "minor")]
    wanted += [("act", "auditor", "ordinary"), ("act", "admin", "ordinary"), ("queue", "labour", "none")]
    wanted += [("routing", "labour", "none"), ("matter", "labour", "concerning")]
    cells = [cell for cell in matrix() if cell[:3] in wanted]
    assert len(cells) == len(wanted)
    unseen = set()
    for name in RELATION_NAMES:
        holds = tuple((one, (lambda actor, view: True) if one == name else test) for one, test in module._HOLDS)
        with monkeypatch.context() as patch:
            patch.setattr(module, "_HOLDS", holds)
            patch.setattr(module, "_ROLES", (*module._ROLES, *((name, role) for role in ROLES)))
            if next(pages.differences(cells), None) is None:
                unseen.add(name)
        # what was done meanwhile must not be what the next relation is blamed for
        assert not list(pages.differences(cells)), name
    assert not unseen


def test_forcing_any_one_scan_to_find_everything_is_seen(county: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists ask the same relations as SQL: a scan that finds too much shows a row to somebody kept out."""
    module = sys.modules["huajie.core.access.lens"]
    pages = Pages(county)
    cells = [
        cell
        for cell in matrix()
        if cell[:2] in (("list", "admin"), ("day", "admin"), ("search", "admin")) and cell[2] != "none"
    ]
    unseen = set()
    for name in RELATION_NAMES:
        forced = tuple(replace(one, arms=module_everything) if one.name == name else one for one in module.RELATIONS)
        with monkeypatch.context() as patch:
            patch.setattr(module, "RELATIONS", forced)
            if next(pages.differences(cells), None) is None:
                unseen.add(name)
    # these open no list to anybody, so their scans show nothing however much they find
    assert unseen == {"admin", "dpo", "resident", "import"}


def module_everything(actor: Any) -> Any:
    """Return the scan of all there is."""
    from huajie.core.access import EVERY_UNIT, Arm

    return (Arm(EVERY_UNIT, "all"),)


def test_denials_are_asked_first(county: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them the bureau that a matter is about would still be kept out only by chance."""
    module = sys.modules["huajie.core.access.relations"]
    pages = Pages(county)
    monkeypatch.setattr(module, "_HOLDS", tuple((name, lambda actor, view: True) for name, _ in module._HOLDS))
    assert pages.answer("matter", "labour", "concerning") == "404"
    monkeypatch.setattr(module, "denial", lambda actor, view: None)
    assert pages.answer("matter", "labour", "concerning") == "200"
