"""What only the language decides is decided when a template is read; everything else stays as Django does it."""

import re
from pathlib import Path

import pytest
from django.template import Context, Engine
from django.template.base import TextNode
from django.template.loader import get_template
from django.utils import translation

import huajie

FOLDER = Path(huajie.__file__).parent / "edges"
TEMPLATES = sorted(path for path in FOLDER.rglob("templates/**/*.html") if "bench" not in path.parts)
LITERAL = re.compile(r"""{% (?:translate|url|static) (?:"[^"]*"|'[^']*') %}""")
LANGUAGES = ("zh-hans", "en")
PAGES = {"pages": "huajie.edges.pages.templatetags.pages"}


def plain_texts(nodes):
    for node in nodes:
        if isinstance(node, TextNode):
            yield node.s
        for name in node.child_nodelists:
            yield from plain_texts(getattr(node, name, None) or ())
        for _, held in getattr(node, "conditions_nodelists", ()):
            yield from plain_texts(held)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_literal_says_what_django_itself_says(language):
    plain = Engine(libraries={"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"})
    ours = Engine(libraries=PAGES)
    tags = sorted({match[0] for path in TEMPLATES for match in LITERAL.finditer(path.read_text())})
    assert len(tags) > 300
    with translation.override(language):
        for tag in tags:
            wanted = plain.from_string("{% load i18n static %}" + tag).render(Context())
            made = ours.from_string("{% load pages %}" + tag)
            assert made.render(Context()) == wanted, tag
            assert all(isinstance(node, TextNode) for node in list(made.nodelist)[1:]), tag


def test_each_language_has_its_own_and_keeps_it():
    found = {}
    for language in (*LANGUAGES, *LANGUAGES):
        with translation.override(language):
            template = get_template("pages/desk/matter.html").template
            text = "".join(plain_texts(template.nodelist))
            assert found.setdefault(language, template) is template
            assert ("Lead unit" in text) is (language == "en")
            assert ("主办单位" in text) is (language == "zh-hans")


def test_what_depends_on_the_page_is_asked_each_time():
    template = Engine(libraries=PAGES).from_string(
        "{% load pages %}{% icon name %}|{% translate words %}|{% url 'desk:matter' number %}|"
        "{% url 'desk:day' as day %}{{ day }}"
    )
    for name, number in (("lock", "A"), ("user", "B")):
        with translation.override("en"):
            made = template.render(Context({"name": name, "words": "Lead unit", "number": number}))
        assert f"#i-{name}" in made
        assert f"/desk/matters/{number}/" in made
        assert made.endswith("/desk/")
    with translation.override("zh-hans"):
        assert "|主办单位|" in template.render(Context({"name": "lock", "words": "Lead unit", "number": "A"}))
