"""
A real browser against a real server on this machine.

What a test needs in the database is there before the browser starts: Playwright's own loop would keep Django from it.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

# as long as Playwright waits for everything else: this machine may be testing the other database beside it
expect.set_options(timeout=30_000)

CHROMIUM = os.environ.get("HUAJIE_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county; an officer, the dispatcher and the administrator can sign in."""
    from tests.support.county import found

    return found(passwords=("housing", "dispatcher", "admin", "intake", "labour", "housing_head"))


@pytest.fixture
def address(county: Any, live_server: Any) -> str:
    """Where the server answers."""
    return str(live_server.url)


@pytest.fixture
def chromium(request: pytest.FixtureRequest, address: str) -> Iterator[Any]:
    """
    The browser. Whatever our pages ask for is recorded; at the end nothing may have gone to another server.

    A module whose story needs one, such as an identity provider, names how its address begins in OTHERS.
    """
    from playwright.sync_api import sync_playwright

    ours = (f"{address}/", "data:", "blob:", "about:", *getattr(request.module, "OTHERS", ()))
    away: list[str] = []

    def hear(asked: Any) -> None:
        # what another server's page loads is that server's doing
        if asked.frame.url.startswith(address) and not asked.url.startswith(ours):
            away.append(asked.url)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        make = browser.new_context

        def watched(**options: Any) -> Any:
            context = make(**options)
            context.on("request", hear)
            return context

        browser.new_context = watched
        yield browser
        browser.close()
    assert not away, f"asked another server: {away}"
