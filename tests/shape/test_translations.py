"""Every text of the screens stands in Chinese and in English."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import polib
import pytest
from django.utils.translation import template as templates
from django.utils.translation.template import TRANSLATOR_COMMENT_MARK  # noqa: F401  (the template reader is Django's own)
from scripts.translations import faults
from tests.shape.project import ROOT, SOURCE, files, name_of

pytestmark = pytest.mark.accept("K11")

LANGUAGES = ("zh_Hans", "en")
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


def texts_of_python(source: str) -> set[str]:
    """Return the texts that a module gives to be translated."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            index = 1 if name.startswith("pgettext") else 0
            if name in CALLS and len(node.args) > index:
                value = node.args[index]
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.add(value.value)
    return found


def texts_of_template(source: str) -> set[str]:
    """Return the texts that a template gives to be translated: Django turns it into Python-like calls first."""
    out = templates.templatize(source)
    calls = re.findall(
        r"\b(?:n?gettext|p?gettext)\((?:u?'[^']*',)?\s*(u?(?:\"\"\".*?\"\"\"|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))",
        out,
        re.DOTALL,
    )
    return {ast.literal_eval(call.lstrip("u")) for call in calls}


def asked() -> dict[str, str]:
    """Return every text that is asked for -> the file that asks."""
    found = {}
    for path in files(".py", under=SOURCE):
        found.update(dict.fromkeys(texts_of_python(path.read_text(encoding="utf-8")), name_of(path)))
    for path in files(".html", ".txt", under=SOURCE):
        if "templates" in path.parts:
            found.update(dict.fromkeys(texts_of_template(path.read_text(encoding="utf-8")), name_of(path)))
    return found


def catalogue(language: str) -> Path:
    return SOURCE / "locale" / language / "LC_MESSAGES" / "django.po"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    wanted = asked()
    path = catalogue(language)
    entries = [entry for entry in polib.pofile(str(path)) if not entry.obsolete] if path.exists() else []
    known = {text for entry in entries for text in (entry.msgid, entry.msgid_plural)}
    assert {text: place for text, place in wanted.items() if text and text not in known} == {}


def test_no_catalogue_has_a_fault() -> None:
    assert not [fault for path in files(".po") for fault in faults(path)]


def test_both_catalogues_hold_the_same_texts() -> None:
    held = [
        {entry.msgid for entry in polib.pofile(str(catalogue(x))) if not entry.obsolete}
        if catalogue(x).exists()
        else set()
        for x in LANGUAGES
    ]
    assert held[0] ^ held[1] == set()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('msgid "a"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "a"\nmsgstr "b"\n', "fuzzy"),
        ('msgid "a %(n)s"\nmsgstr "b"\n', "placeholders"),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, body: str, fault: str) -> None:
    path = tmp_path / "django.po"
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' + body, encoding="utf-8")
    assert fault in "".join(faults(path))


def test_texts_are_found_where_they_are_asked_for() -> None:
    assert texts_of_python(
        'from x import gettext as _\na = _("one")\nb = gettext_lazy("two")\nc = pgettext("k", "three")'
    ) == {
        "one",
        "two",
        "three",
    }
    page = (
        '{% load i18n %}{% translate "four" %}{% blocktranslate %}five {{ n }}{% endblocktranslate %}{% trans "six" %}'
    )
    assert texts_of_template(page) == {"four", "five %(n)s", "six"}


def test_compiling_needs_no_program_of_the_machine(tmp_path: Path) -> None:
    import subprocess

    po = tmp_path / "django.po"
    po.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "one"\nmsgstr "一"\n', encoding="utf-8"
    )
    subprocess.run(
        [sys.executable, "scripts/translations.py", "compile", str(po)], cwd=ROOT, check=True, env={"PATH": ""}
    )
    assert polib.mofile(str(tmp_path / "django.mo")).find("one").msgstr == "一"
