"""
Every page of the product, as those see it who may: found by following its links, looked at in a real browser.

A server with the demo county and one without a single matter are walked through by everybody whom the demo county
names; of each route the first address found is kept, of the forms of acts one an act. `looked_at` says what is wrong
with a page: its status or heading, what axe finds, what scrolls sideways, what leaves the server, what the browser says
against the page's own policy, Chinese on an English page that is not marked as Chinese. `make axe` and the tests read
it; `make screenshots` takes its pictures with it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import requests
from django.conf import settings
from django.urls import Resolver404, resolve
from tests.support.instance import Instance, instance
from tests.support.servers import Client, found_county, fresh_key

from huajie.edges.demo.county import PASSWORD, SIGN_INS

CHROMIUM = os.environ.get("HUAJIE_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"

#: Every way of looking: language of the reader, light, width in px.
WAYS: tuple[tuple[str, str, int], ...] = tuple(itertools.product(("zh-CN", "en-GB"), ("light", "dark"), (390, 1440)))
#: Four of them that hold every value of each.
ROTATION = (WAYS[0], WAYS[3], WAYS[5], WAYS[6])


def named(way: tuple[str, str, int]) -> str:
    """Return how a report calls a way of looking."""
    return "-".join(map(str, way))


#: Who looks: nobody in particular, whoever holds a matter's secret, the accounts that the demo county names.
NOBODY, RESIDENT = "nobody", "resident"

#: Matters of the filled county; enough for every kind of page to have something on it.
MATTERS = 90

#: What no link leads to by itself: (who, address, status); `{own}` is the matter of whoever has its secret.
ODD: tuple[tuple[str, str, int], ...] = (
    (NOBODY, "/no/such/page/", 404),
    (NOBODY, "/report/?q=%E5%B7%A5%E8%B5%84", 200),
    # as a leaflet of an office gives it
    (NOBODY, "/report/cn.petition.request/", 200),
    (NOBODY, "/desk/sign-in/", 200),
    ("housing-handler-new", "/desk/search/?q=%E6%A5%BC%E9%81%93", 200),
    ("housing-handler-new", "/desk/search/?q=%E7%AB%B9%E8%9C%BB%E8%9C%93", 200),
    ("housing-handler-new", "/desk/search/?q=%E6%A5%BC%E9%81%93&narrow=1", 200),
    ("housing-handler-new", "/desk/matters/?several=all&sort=-last&due=late", 200),
    ("housing-handler-new", "/desk/matters/?topic=none&from=2026-13-01", 200),
    ("housing-handler-new", "/desk/list/together/?pick=7Q4M2K9DXR", 200),
    ("housing-handler-new", "/desk/matters/7Q4M2K9DXR/", 404),
    ("housing-handler-new", "/desk/me/prove/", 200),
    ("housing-handler-new", "/desk/phrases/", 200),
    (RESIDENT, "{own}copy/", 200),
)
#: Never followed: they end the walk, change how it looks, or are no page.
_NOT_FOLLOWED = re.compile(
    r"^/(language|theme|api|static|desk/sign-out|desk/lock|desk/switch|desk/sign-in/provider|leave)\b|\.(png|svg|css|js)$"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page to look at."""

    who: str
    #: Path and query.
    address: str
    #: Its pattern in the code; of a form also the act.
    route: str
    status: int = 200
    #: Whether the server has matters.
    filled: bool = True

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"{'' if self.filled else 'empty '}{self.route} ({self.who})"


@dataclass(slots=True)
class Site:
    """A server, and how to come in."""

    address: str
    filled: bool
    #: who -> cookies of a browser that has come in
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    #: who -> where they begin
    starts: dict[str, str] = field(default_factory=lambda: {NOBODY: "/"})


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href") and "download" not in given:
            self.found.append(str(given["href"]))


# The servers ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def sites(matters: int = MATTERS) -> Iterator[tuple[Site, Site]]:
    """Give the filled server and the empty one, with everybody signed in."""
    open_to_all = {f"HUAJIE_{name}_A_MINUTE": "0" for name in ("INTAKE", "SECRETS", "TOKENS", "SIGN_INS")}
    with instance("sqlite", **open_to_all) as full, instance("sqlite", **open_to_all) as bare:
        made = full.command("demo", "load", "--matters", str(matters))
        assert made.returncode == 0, made.stderr
        found_county(bare)
        full.start()
        bare.start()
        filled, empty = Site(full.address, True), Site(bare.address, False)
        number, secret = _answered(full)
        _come_in(filled, RESIDENT, "/follow/", {"number": number, "secret": secret}, f"/matters/{number}/")
        for username, _, _ in SIGN_INS:
            _come_in(filled, username, "/desk/sign-in/", {"username": username, "password": PASSWORD}, "/desk/")
        _come_in(empty, "p1", "/desk/sign-in/", {"username": "p1", "password": "right-enough-1"}, "/desk/")
        yield filled, empty


def _come_in(site: Site, who: str, path: str, fields: dict[str, str], start: str) -> None:
    session = requests.Session()
    page = session.get(site.address + path, timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if token is not None:
        fields = {"csrfmiddlewaretoken": token[1], **fields}
    ours = {"Referer": site.address + path, "Origin": site.address}
    sent = session.post(site.address + path, fields, headers=ours, timeout=60)
    assert sent.status_code == 200 and urlsplit(sent.url).path != path, f"{who} can't come in: {sent.status_code}"
    site.cookies[who] = dict(session.cookies.items())
    site.starts[who] = start


def _answered(served: Instance) -> tuple[str, str]:
    """Bring a matter in and answer it, so that its resident has a document, a message and ways to object."""
    with contextlib.closing(Client(served.port)) as client:
        brought = {
            "pack": "en.complaint",
            "topic": "t.housing",
            "region": "r.fernmoor",
            "title": "The pump room leaks",
            "text": "The pump room beside our house has leaked for three weeks.",
            "mode": "open",
        }
        sent = client.send("POST", "/api/v1/public/matters", brought, Idempotency_Key=fresh_key())
        assert sent.status == 201, sent.body
        number = str(sent.body["number"])
        tokens = {}
        for role in ("handler", "head"):
            given = client.send("POST", "/api/v1/tokens", {"username": f"fernmoor-homes-{role}", "password": PASSWORD})
            assert given.status == 201, given.body
            tokens[role] = given.body["token"]
        today = datetime.now(ZoneInfo("Europe/London")).date().isoformat()
        for role, name, facts, texts in (
            ("handler", "acknowledge", {"is_complaint": "complaint", "category": "delay"}, {"message": "We have it."}),
            (
                "handler",
                "draft_reply",
                {"decision": "upheld"},
                {
                    "findings": "The pump leaks at its seal.",
                    "remedy": "A new seal on Friday.",
                    "how_to_escalate": "With your number and secret.",
                },
            ),
            ("head", "reply", {}, {}),
            ("handler", "serve_reply", {"served_way": "page", "served_date": today}, {"note_text": "On the page."}),
        ):
            seen = client.own(number, sent.body["secret"]).body["n"]
            done = client.act(number, name, tokens[role], {"seen": seen, "facts": facts, "texts": texts})
            assert done.status == 200, done.body
        return number, str(sent.body["secret"])


# The pages -----------------------------------------------------------------------------------------------------------


def pages(filled: Site, empty: Site, *, forms: int | None = None) -> list[Page]:
    """
    Return every page that somebody reaches, each route once, and those that no link leads to.

    Args:
        forms: so many forms of acts, which share one route; every act's where it is left out.
    """
    found: list[Page] = []
    for site in (filled, empty):
        known: dict[str, Page] = {}
        for who in site.starts:
            _walk(site, who, known)
        acts = [name for name in known if "acts/<str:name>/" in name]
        for name in acts[forms:] if forms is not None else ():
            del known[name]
        found += known.values()
    for who, written, status in ODD:
        address = written.format(own=filled.starts[RESIDENT])
        found.append(Page(who, address, f"{_route(address)} {status}", status))
    return found


def _route(address: str) -> str:
    path = urlsplit(address).path
    try:
        match = resolve(path)
    except Resolver404:
        return path
    return f"/{match.route}" + (f" {match.kwargs['name']}" if match.route.endswith("acts/<str:name>/") else "")


def _walk(site: Site, who: str, found: dict[str, Page]) -> None:
    """Follow the links of whoever looks; keep the first address of each route that nobody found before."""
    session = requests.Session()
    session.cookies.update(site.cookies.get(who, {}))
    waiting = [site.starts[who]]
    asked: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        route = _route(address)
        # a few of each route are read for their links, so that a kind of page that few others lead to is found
        if asked.get(route, 0) >= 4:
            continue
        asked[route] = asked.get(route, 0) + 1
        answer = session.get(site.address + address, timeout=60, allow_redirects=False)
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code in (301, 302):
            waiting.append(answer.headers["Location"].removeprefix(site.address))
            continue
        if not kind.startswith("text/html"):
            continue
        page = Page(who, address, route, filled=site.filled)
        assert answer.status_code == 200, f"{who} follows a link to {address} and gets {answer.status_code}"
        found.setdefault(route, page)
        links = _Links()
        links.feed(answer.text)
        for href in dict.fromkeys(links.found):
            goal = urlsplit(urljoin(site.address + address, href))
            path = goal.path + (f"?{goal.query}" if goal.query else "")
            ours = f"{goal.scheme}://{goal.netloc}" == site.address
            if ours and not _NOT_FOLLOWED.search(goal.path) and path not in waiting:
                waiting.append(path)


# Looking -------------------------------------------------------------------------------------------------------------

#: Texts in Chinese that stand in nothing that is marked as Chinese.
CHINESE = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (/[\\u4e00-\\u9fff]/.test(node.data) && !node.parentElement.closest('[lang|=zh], script, style'))
      found.push(node.data.trim().slice(0, 60));
  }
  return found;
}"""

#: What reaches past the right edge, the outermost first; what scrolls in a box of its own does no harm.
_SPILLS = """() => {
  const edge = document.documentElement.clientWidth + 1;
  const kept = ['auto', 'scroll', 'hidden'];
  const rolls = one => one && (kept.includes(getComputedStyle(one).overflowX) || rolls(one.parentElement));
  const out = [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > edge && !one.closest('svg') && !rolls(one.parentElement));
  return out.filter(one => !out.includes(one.parentElement)).slice(0, 4).map(one => one.outerHTML.slice(0, 90));
}"""
#: Words that a box of a fixed size hides; what is hidden from eyes on purpose is one pixel large.
_CLIPPED = """() => [...document.querySelectorAll('main *')]
  .filter(one => {
    const style = getComputedStyle(one);
    const hides = ['hidden', 'clip'].includes(style.overflowX) || ['hidden', 'clip'].includes(style.overflowY);
    if (!hides || one.clientWidth <= 2 || one.closest('svg, .vh, input')) return false;
    return one.scrollWidth > one.clientWidth + 2 || one.scrollHeight > one.clientHeight + 2;
  })
  .slice(0, 4).map(one => one.outerHTML.slice(0, 90))"""


class Looker:
    """One browser that looks in one way, as one of them after the other."""

    def __init__(self, browser: Any, way: tuple[str, str, int]) -> None:
        from axe_playwright_python.sync_playwright import Axe

        self.browser = browser
        self.language, self.light, self.width = way
        self.axe = Axe()
        self.contexts: dict[tuple[str, str], Any] = {}

    def page(self, site: Site, who: str) -> Any:
        """Return the tab of somebody at a site."""
        known = self.contexts.get((site.address, who))
        if known is None:
            height = 844 if self.width < 800 else 900
            context = self.browser.new_context(
                viewport={"width": self.width, "height": height}, locale=self.language, color_scheme=self.light
            )
            tongue = "zh-hans" if self.language.startswith("zh") else "en"
            cookies = {**site.cookies.get(who, {}), settings.LANGUAGE_COOKIE_NAME: tongue}
            context.add_cookies([{"name": name, "value": each, "url": site.address} for name, each in cookies.items()])
            known = self.contexts[site.address, who] = context.new_page()
        return known

    def close(self) -> None:
        """Close what it opened."""
        for tab in self.contexts.values():
            tab.context.close()

    def faults(self, site: Site, wanted: Page) -> list[str]:
        """Open one page and return everything that is wrong with it."""
        tab = self.page(site, wanted.who)
        told: list[str] = []
        asked: list[str] = []

        def hear(message: Any) -> None:
            if message.type == "error" and f"{wanted.status}" not in message.text:
                told.append(message.text)

        def fail(error: Any) -> None:
            told.append(str(error))

        def ask(request: Any) -> None:
            asked.append(request.url)

        listeners = (("console", hear), ("pageerror", fail), ("request", ask))
        for event, listener in listeners:
            tab.on(event, listener)
        answer = tab.goto(site.address + wanted.address)
        found = [] if answer.status == wanted.status else [f"status {answer.status}, not {wanted.status}"]
        policy = answer.headers.get("content-security-policy", "")
        if "default-src 'self'" not in policy or "unsafe" in policy:
            found.append(f"its policy is {policy!r}")
        found += self.seen(tab)
        for event, listener in listeners:
            tab.remove_listener(event, listener)
        found += [f"the browser says: {text}" for text in told]
        found += [f"asks another server: {url}" for url in asked if not url.startswith((site.address + "/", "data:"))]
        return found

    def seen(self, tab: Any) -> list[str]:
        """Return what is wrong with the page that is open, as it stands there and with letters twice as large."""
        found = []
        headings = [text.strip() for text in tab.locator("h1").all_inner_texts()]
        if len(headings) != 1 or not headings[0]:
            found.append(f"headings: {headings}")
        # nothing may hide behind a fold
        tab.evaluate("document.querySelectorAll('details:not(.facet)').forEach(one => { one.open = true })")
        report = self.axe.run(tab)
        if report.violations_count:
            found.append(report.generate_report())
        for size in ("100%", "200%"):
            tab.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                found.append(f"{wide} px too wide with letters at {size}: {tab.evaluate(_SPILLS)}")
            if clipped := tab.evaluate(_CLIPPED):
                found.append(f"cut short with letters at {size}: {clipped}")
        tab.evaluate("document.documentElement.style.fontSize = ''")
        if self.language.startswith("en") and (chinese := tab.evaluate(CHINESE)):
            found.append(f"Chinese without its mark: {chinese[:5]}")
        return found


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Give Debian's own Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
