"""Passkeys with Chromium's authenticator, a real provider, lock and drafts with and without a script, every page."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scripts.gallery import ROTATION
from tests.edges.browser.test_pages import DESK, sign_in
from tests.support.county import PASSWORD
from tests.support.totp import code_at

pytestmark = pytest.mark.accept("P10")


class Authenticator:
    """A stick in the browser's port; it checks its owner by itself."""

    def __init__(self, page: Any) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        self.id = self._plug_in()

    def _plug_in(self) -> str:
        options = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        return str(self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])

    def credentials(self) -> list[dict[str, Any]]:
        return list(self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])

    def take_away(self) -> None:
        self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})

    def put(self, credential: dict[str, Any]) -> None:
        self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})

    def owner_is_there(self, yes: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})


#: the identity provider that this module starts answers on this machine too
OTHERS = ("http://localhost:", "http://127.0.0.1:")


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=DESK, locale="en-GB")
    yield context.new_page()
    context.close()


def sign_out(page: Any) -> None:
    page.click("header form[action='/desk/sign-out/'] button")
    page.wait_for_selector("#f-username")


def test_a_passkey_signs_in_alone_and_as_second_factor_and_a_wrong_one_does_not(page: Any, address: str) -> None:
    stick = Authenticator(page)
    sign_in(page, address, "housing")
    page.goto(f"{address}/desk/me/passkey/")
    page.fill("#f-name", "Stick on the key ring")
    page.click("main button.btn-go")
    # recovery codes at once, shown this one time
    page.wait_for_selector("ol.codes li")
    codes = page.locator("ol.codes li").all_inner_texts()
    assert len(codes) == 10
    (own,) = stick.credentials()
    assert own["isResidentCredential"]
    page.click("text=I have kept them")
    assert "Stick on the key ring" in page.inner_text("main")
    sign_out(page)

    # alone: nothing is typed
    page.click("text=Sign in with a passkey")
    page.wait_for_url(f"{address}/desk/")
    assert "housing" in page.inner_text(".s-me")
    sign_out(page)

    # as second step after the password, and a recovery code instead of it works once
    page.fill("#f-username", "housing")
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-go")
    page.wait_for_url("**/second/")
    page.click("text=Use a passkey")
    page.wait_for_url(f"{address}/desk/")
    sign_out(page)
    for expected in ("desk/", "sign-in/second/"):
        page.goto(f"{address}/desk/sign-in/")
        page.fill("#f-username", "housing")
        page.fill("#f-password", PASSWORD)
        page.click("button.btn-go")
        page.wait_for_url("**/second/")
        page.fill("#f-code", codes[3])
        page.click("button.btn-go")
        page.wait_for_load_state()
        assert page.url == f"{address}/desk/{expected.removeprefix('desk/')}"
        if expected == "desk/":
            sign_out(page)
    assert "wrong" in page.inner_text("[role=alert]")

    # a stick whose owner did not show who they are opens nothing by itself
    page.goto(f"{address}/desk/sign-in/")
    stick.owner_is_there(False)
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("[data-fault]:not([hidden])")
    stick.owner_is_there(True)

    # another key under the same name of the account: signed, but not by the one that was registered
    stick.take_away()
    stick.put({**own, "credentialId": own["credentialId"], "privateKey": _another_key(), "signCount": 40})
    page.goto(f"{address}/desk/sign-in/")
    page.click("text=Sign in with a passkey")
    page.wait_for_selector(".alert-bad")
    assert "does not open an account" in page.inner_text(".alert-bad")
    assert page.request.get(f"{address}/desk/me/", max_redirects=0).status == 302

    # the right one again, then taken away in the account
    stick.take_away()
    stick.put({**own, "signCount": 50})
    page.goto(f"{address}/desk/sign-in/")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(f"{address}/desk/")
    page.goto(f"{address}/desk/me/")
    page.click("form[action='/desk/me/passkey/remove/'] button")
    page.wait_for_selector("#done")
    sign_out(page)
    page.click("text=Sign in with a passkey")
    page.wait_for_selector(".alert-bad")
    assert "does not open an account" in page.inner_text(".alert-bad")


def _another_key() -> str:
    from base64 import b64encode

    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    return b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


@contextlib.contextmanager
def provider(**users: dict[str, str]) -> Iterator[str]:
    """A real OpenID Connect provider on this machine, with these people."""
    from oidc_provider_mock import User, run_server_in_thread

    people = [User(sub=sub, claims=claims) for sub, claims in users.items()]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


def test_the_identity_provider_opens_the_account_that_an_administrator_linked(
    page: Any, address: str, settings: Any
) -> None:
    from dataclasses import replace

    from huajie.config.accounts import Provider

    with provider(kim={"preferred_username": "housing"}, lee={"preferred_username": "dispatcher"}) as issuer:
        settings.HUAJIE_ACCOUNTS = replace(
            settings.HUAJIE_ACCOUNTS, provider=Provider(issuer, "huajie", "a-secret", "County identity", "")
        )

        def arrive(sub: str) -> None:
            page.goto(f"{address}/desk/sign-in/?next=/desk/packs/")
            page.click("text=Sign in with County identity")
            page.wait_for_url(f"{issuer}/**")
            page.fill("input[name=sub]", sub)
            page.click("button:has-text('Authorize')")

        # known there, not here: nothing is made, a link code is asked for; a wrong one opens nothing
        arrive("kim")
        page.wait_for_url("**/provider/link/")
        page.fill("#f-code", "ABCD-EFGH-2345")
        page.click("button.btn-go")
        page.wait_for_selector(".alert-bad")

        # an administrator hands one over
        code = page_code(address)
        page.fill("#f-code", code.lower().replace("-", " "))
        page.click("button.btn-go")
        page.wait_for_url(f"{address}/desk/packs/")
        assert "housing" in page.inner_text(".s-me")
        sign_out(page)

        # from then on the provider is enough; somebody else it knows still isn't
        arrive("kim")
        page.wait_for_url(f"{address}/desk/packs/")
        sign_out(page)
        arrive("lee")
        page.wait_for_url("**/provider/link/")
        page.fill("#f-code", code)
        page.click("button.btn-go")
        page.wait_for_selector(".alert-bad")


def page_code(address: str) -> str:
    """Return a link code for the housing officer, made on the server as an administrator would."""
    from concurrent.futures import ThreadPoolExecutor

    def make() -> str:
        from django.db import connection

        from huajie.apps.accounts.operations import make_link_code
        from huajie.apps.jurisdiction.models import Account
        from huajie.core.access import SYSTEM

        try:
            return make_link_code(Account.objects.get(username="housing"), actor=SYSTEM, now=datetime.now(UTC))
        finally:
            connection.close()

    # Playwright's loop keeps Django from the database in this thread
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_is_half_written_survives_the_lock_and_a_colleague_and_only_its_owner_sees_it(
    chromium: Any, address: str, county: Any, script: bool
) -> None:
    context = chromium.new_context(viewport=DESK, locale="en-GB", java_script_enabled=script)
    page = context.new_page()
    form = f"{address}/desk/matters/{county.matters['ordinary'].number}/acts/add_note/"
    sign_in(page, address, "housing")
    page.goto(form)
    page.fill("#f-note_text", "只写了一半的话")
    page.click("[data-lock]")
    assert "Locked by housing" in page.inner_text("main")
    assert "只写了一半" not in page.content()
    # neither the address nor the way back opens anything
    page.goto(f"{address}/desk/")
    assert "Locked by housing" in page.inner_text("main")
    page.go_back()
    assert "只写了一半" not in page.content()
    page.goto(form)
    page.fill("#f-secret", "999999")
    page.click("text=Unlock")
    assert "That is not it" in page.inner_text("[role=alert]")
    page.fill("#f-secret", PASSWORD)
    page.click("text=Unlock")
    assert page.url == form
    assert page.input_value("#f-note_text") == "只写了一半的话"

    # a colleague sits down for a moment
    page.fill("#f-note_text", "又多写了一点")
    page.click("header button:has-text('Somebody else')")
    sign_in(page, address, "dispatcher")
    page.goto(form)
    assert "又多写" not in page.content()
    assert "half written" not in page.content()
    page.goto(f"{address}/desk/drafts/")
    assert page.url == f"{address}/desk/"
    sign_out(page)
    page.fill("#f-username", "housing")
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-go")
    # told at once, and one step away
    assert page.url == f"{address}/desk/drafts/"
    page.click("main ul a")
    assert page.input_value("#f-note_text") == "又多写了一点"
    page.click("main form#work button.btn-go")
    page.wait_for_url("**/?done=*")
    assert "又多写了一点" in page.inner_text("main")
    page.goto(form)
    assert page.input_value("#f-note_text") == ""
    context.close()


def test_a_script_keeps_what_is_written_without_a_press_of_any_button(page: Any, address: str, county: Any) -> None:
    form = f"{address}/desk/matters/{county.matters['ordinary'].number}/acts/add_note/"
    sign_in(page, address, "housing")
    page.goto(form)
    with page.expect_response(lambda answer: "/drafts/save/" in answer.url) as saved:
        page.type("#f-note_text", "机器突然断电")
    assert saved.value.status == 204
    # the machine is gone; another one, the same officer
    other = page.context.browser.new_context(viewport=DESK, locale="en-GB").new_page()
    sign_in_to_drafts(other, address)
    other.goto(form)
    assert other.input_value("#f-note_text") == "机器突然断电"
    other.context.close()


def sign_in_to_drafts(page: Any, address: str) -> None:
    page.goto(f"{address}/desk/sign-in/")
    page.fill("#f-username", "housing")
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-go")
    page.wait_for_url(f"{address}/desk/drafts/")


@pytest.mark.parametrize("place", range(4), ids=lambda place: "-".join(map(str, ROTATION[place])))
def test_every_page_of_signing_in_can_be_read_by_everybody(chromium: Any, address: str, place: int) -> None:
    """axe finds nothing, nothing scrolls sideways, and the browser reports nothing against the page's own policy."""
    from axe_playwright_python.sync_playwright import Axe

    language, light, width = ROTATION[place]
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale=language, color_scheme=light)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    axe = Axe()

    def look(name: str) -> None:
        found = axe.run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"

    page.goto(f"{address}/desk/sign-in/code/")
    look("by code")
    page.fill("#f-username", "housing")
    page.fill("#f-code", "ABCD")
    page.fill("#f-password", PASSWORD)
    page.fill("#f-again", "another")
    page.click("button.btn-go")
    look("by code, wrong")
    sign_in(page, address, "admin")
    for path in ("me/", "me/totp/", "me/passkey/", "me/prove/", "accounts/", "accounts/housing/"):
        page.goto(f"{address}/desk/{path}")
        look(path)
    page.goto(f"{address}/desk/accounts/")
    page.click("main form button.btn-go")
    look("faults of a new account")
    page.fill("#f-username", "newcomer")
    page.fill("#f-display_name", "新来的同事")
    page.click("main form button.btn-go")
    look("code shown")
    page.goto(f"{address}/desk/me/totp/")
    secret = page.inner_text(".secret-key")
    page.fill("#f-code", code_at(secret, datetime.now(UTC)))
    page.click("main button.btn-go")
    page.wait_for_selector("ol.codes")
    look("recovery codes")
    page.goto(f"{address}/desk/me/")
    look("me with factor")
    page.click("[data-lock]")
    page.wait_for_selector("#f-secret")
    look("locked")
    page.click("form[action='/desk/switch/'] button")
    page.wait_for_selector("#f-username")
    page.fill("#f-username", "admin")
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-go")
    page.wait_for_selector("#f-code")
    look("second step")
    page.fill("#f-code", code_at(secret, datetime.now(UTC) + timedelta(seconds=30)))
    page.click("button.btn-go")
    page.wait_for_url(f"{address}/desk/")
    assert not [text for text in told if not any(code in text for code in ("401", "404", "422"))], told
    context.close()
