"""Fixtures of the outbox's tests; the modules of the product can only be imported once Django is set up."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support import mailboxes


@pytest.fixture
def county(transactional_db: None) -> Any:
    """The hand-written county, founded yesterday, with one matter of each kind."""
    from tests.support.county import found

    return found()


@pytest.fixture
def post(settings: Any) -> Iterator[mailboxes.MailServer]:
    """A mail server that this instance sends through."""
    from huajie.config.outbox import Mail, OutboxSettings

    with mailboxes.mail_server() as server:
        mail = Mail("127.0.0.1", server.port, "none", "", "", "县信访局 <news@yunxi.example>")
        settings.HUAJIE_OUTBOX = OutboxSettings(site="https://huajie.example", mail=mail)
        yield server


@pytest.fixture
def gateway(settings: Any) -> Iterator[mailboxes.Gateway]:
    """A gateway that this instance sends through."""
    from base64 import b64decode

    from huajie.config.outbox import Gateway, OutboxSettings

    with mailboxes.gateway() as found:
        secret = b64decode(mailboxes.SECRET.removeprefix("whsec_"))
        settings.HUAJIE_OUTBOX = OutboxSettings(site="https://huajie.example", gateway=Gateway(found.url, secret))
        yield found
