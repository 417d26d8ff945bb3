"""The system does not contain what DESIGN section 8 rules out; each scanner is shown a planted fault of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import yaml
from django import forms
from django.apps import apps
from django.conf import settings
from django.db import models
from tests.shape import rights
from tests.shape.project import PACKS, SOURCE, files, name_of
from tests.shape.rights import Found
from tests.shape.routes import addresses

pytestmark = pytest.mark.accept("K11")


def told(found: Iterable[Found]) -> str:
    return "\n".join(map(str, found))


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("huajie.")]


def columns(model: type[models.Model]) -> list[str]:
    return sorted({name for field in model._meta.concrete_fields for name in (field.name, field.column, field.attname)})


def test_no_module_names_or_says_it() -> None:
    sources = files(".py", under=SOURCE)
    assert len(sources) > 40
    assert not told(
        hit for path in sources for hit in rights.in_python(path.read_text(encoding="utf-8"), name_of(path))
    )


def test_no_page_or_script_says_it() -> None:
    pages = files(".html", ".txt", ".xml", ".svg", ".typ", under=SOURCE)
    scripts = files(".js", ".css", ".mjs", under=SOURCE)
    found = [hit for path in pages for hit in rights.in_template(path.read_text(encoding="utf-8"), name_of(path))]
    found += [hit for path in scripts for hit in rights.in_script(path.read_text(encoding="utf-8"), name_of(path))]
    assert not told(found)


def test_no_translation_says_it() -> None:
    import polib

    found = []
    for path in files(".po"):
        for entry in polib.pofile(str(path)):
            for text in (entry.msgid, entry.msgstr, entry.msgid_plural, *entry.msgstr_plural.values()):
                found += rights.in_text(text, f"{name_of(path)}:{entry.linenum}")
    assert not told(found)


def test_no_pack_says_it() -> None:
    documents = files(".yaml", ".yml", under=PACKS)
    assert documents
    found = []
    for path in documents:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        found += (
            rights.in_pack(document, name_of(path)) if "pack" in document else rights.in_yaml(document, name_of(path))
        )
        if "outcomes" in path.stem:
            found += rights.in_outcomes(document.get("outcomes", document), name_of(path))
    assert not told(found)


def test_no_data_that_ships_says_it() -> None:
    found = []
    for path in files(".yaml", ".yml", ".json", ".toml", ".csv", under=SOURCE):
        found += rights.in_text(path.read_text(encoding="utf-8"), name_of(path))
    assert not told(found)


def test_no_table_has_such_a_column() -> None:
    assert len(ours()) >= 5
    assert not told(hit for model in ours() for hit in rights.in_columns(columns(model), model._meta.label))


#: Staff sign in with an account of their own; nobody's complaint stands there.
STAFF = {"jurisdiction.Account"}


def test_identities_are_columns_of_the_vault_only() -> None:
    found = [
        f"{model._meta.label}.{name}: {hit}"
        for model in ours()
        if model._meta.app_label != "vault" and model._meta.label not in STAFF
        for name in columns(model)
        if (hit := rights.IDENTITY.find(name))
    ]
    assert not found


def vault_faults(model: type[models.Model]) -> list[str]:
    """In the vault only keys of rows and matters may be looked up: everything else is bytes in no index."""
    faults = []
    allowed = {
        "id",
        "matter",
        "stream",
        "key",
        "n",
        "name",
        "field",
        "kind",
        "at",
        "created_at",
        "part",
        "slot",
        "version",
    }
    indexed = {field for index in model._meta.indexes for field in index.fields}
    indexed |= {name for rule in model._meta.constraints for name in getattr(rule, "fields", ())}
    for field in model._meta.concrete_fields:
        if (field.primary_key or field.unique or field.db_index or field.name in indexed) and field.name not in allowed:
            faults.append(f"{model._meta.label}.{field.name} can be looked up")
        if field.is_relation:
            faults.append(f"{model._meta.label}.{field.name} joins the vault to {field.related_model}")
    return faults


def test_nothing_in_the_vault_can_be_looked_up() -> None:
    vault = [model for model in ours() if model._meta.app_label == "vault"]
    assert vault
    assert not [fault for model in vault for fault in vault_faults(model)]


def test_no_table_joins_matters_by_a_person() -> None:
    account = settings.AUTH_USER_MODEL
    found = [
        f"{model._meta.label}.{field.name}"
        for model in ours()
        if model._meta.app_label in ("matters", "vault", "ledger")
        for field in model._meta.get_fields()
        if field.is_relation
        and getattr(field.related_model, "_meta", None)
        and field.related_model._meta.label == account
    ]
    assert not found


def test_no_address_finds_a_person() -> None:
    found: list[Found] = []
    for address in addresses():
        found += rights.in_route(address.route, address.parameters, address.route)
    assert not told(found)


def all_forms(base: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    for form in base.__subclasses__():
        yield form
        yield from all_forms(form)


def test_no_written_form_asks_for_it() -> None:
    addresses()
    found: list[Found] = []
    for form in all_forms():
        if form.__module__.startswith("huajie."):
            found += rights.in_columns(getattr(form, "base_fields", {}), f"{form.__module__}.{form.__name__}")
    assert not told(found)


# Planted faults: every scanner finds what it is there for, in every medium.

SAMPLES = {
    "稳控对象": "label",
    "缠访": "label",
    "重点人员": "label",
    "劝返": "measure",
    "训诫": "sanction",
    "息诉罢访": "promise",
    "承诺不再信访": "promise",
    "黑名单": "list",
    "人员画像": "profile",
    "进京访人次": "visits",
    "来访次数": "visits",
    "信访排名": "ranking",
    "单位排名": "ranking",
    "已读回执": "receipt",
    "blacklist": "list",
    "watch_list": "list",
    "resident_risk": "score",
    "petitioner history": "history",
    "risk score of a person": "score",
    "vexatious": "label",
    "repeat petitioner": "label",
    "visit_count_per_person": "visits",
    "travel_record": "travel",
    "read_receipt": "receipt",
    "contact_hash": "search",
    "blind_index": "search",
    "league table": "ranking",
    "pledge not to petition": "promise",
    "frequent_caller": "label",
    "abnormal petition": "label",
    "skip-level visit": "visits",
}

MEDIA: dict[str, Callable[[str], Iterable[Found]]] = {
    "string": lambda text: rights.in_python(f"x = {text!r}\n", "planted.py"),
    "argument": lambda text: rights.in_python(f"f(**{{'a': 1}}, b={text!r})\n", "planted.py"),
    "page": lambda text: rights.in_template(f"<p>\n{text}</p>", "planted.html"),
    "script": lambda text: rights.in_script(f"show('{text}')", "planted.js"),
    "pack title": lambda text: rights.in_pack({"title": {"zh": text, "en": text}}, "planted"),
    "pack fact": lambda text: rights.in_pack({"facts": {text: {"type": "integer"}}}, "planted"),
    "column": lambda text: rights.in_columns([text], "planted"),
    "address": lambda text: rights.in_route(f"desk/{text}/", [], "planted"),
}


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_planted_phrase_is_found(sample: str, medium: str) -> None:
    assert list(MEDIA[medium](sample))


def test_every_notion_has_a_sample() -> None:
    bare = [notion.pattern[:40] for notion in rights.PHRASES if not any(notion.find(sample) for sample in SAMPLES)]
    assert not bare


@pytest.mark.parametrize(
    "name", ["risk_score", "visit_count", "ip_address", "seen_at", "religion", "sentiment", "whereabouts"]
)
def test_a_planted_column_is_found(name: str) -> None:
    assert list(rights.in_columns([name], "planted"))


@pytest.mark.parametrize(
    ("route", "parameters"),
    [
        ("desk/residents/", []),
        ("desk/people/<uuid:id>/", []),
        ("desk/matters/", ["phone"]),
        ("api/v1/matters", ["id_card"]),
        ("desk/search/", ["full_name"]),
        ("api/v1/petitioners/{id}/matters", []),
        ("desk/matters/", ["contact"]),
    ],
)
def test_a_planted_search_by_person_is_found(route: str, parameters: list[str]) -> None:
    assert list(rights.in_route(route, parameters, route))


@pytest.mark.parametrize(
    "name", ["matter", "unit", "seat", "topic", "region", "stage", "due_at", "number", "page", "q", "pack"]
)
def test_what_a_desk_needs_is_left_alone(name: str) -> None:
    assert not list(rights.in_route("desk/matters/<str:number>/", [name], "desk"))
    assert not list(rights.in_columns([name], "matters.Matter"))


@pytest.mark.parametrize(
    "outcome", ["reprimanded-sanction", {"zh": "批评教育", "en": "x"}, {"zh": "予以处罚", "en": "x"}]
)
def test_a_planted_outcome_is_found(outcome: Any) -> None:
    outcomes: Any = [outcome] if isinstance(outcome, str) else {"planted": {"title": outcome}}
    assert list(rights.in_pack({"outcomes": outcomes}, "planted"))


def test_what_we_refuse_may_be_told_in_comments() -> None:
    source = '"""No blacklist here."""\n\n\ndef f():\n    """Never a blacklist."""\n    return 1  # not a blacklist\n'
    assert not list(rights.in_python(source, "told.py"))
    assert not list(rights.in_template("{# no blacklist #}", "told.html"))
    assert not list(rights.in_script("// no blacklist\n/* no blacklist */", "told.js"))


def test_a_planted_look_up_in_the_vault_is_found() -> None:
    field = models.BinaryField(db_index=True)
    field.set_attributes_from_name("body")

    class Meta:
        label = "vault.Planted"
        indexes: tuple[()] = ()
        constraints: tuple[()] = ()
        concrete_fields = (field,)

    class Planted:
        _meta = Meta

    assert vault_faults(Planted) == ["vault.Planted.body can be looked up"]  # type: ignore[arg-type]
