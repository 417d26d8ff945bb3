"""
A real browser against a real server on this machine.

What a test needs in the database is there before the browser starts: Playwright's own loop would keep Django from it.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

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
def chromium(address: str) -> Iterator[Any]:
    """The browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
