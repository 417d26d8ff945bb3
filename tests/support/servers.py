"""An instance with the small county in it, and clients that speak to it as residents and officers do."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from scripts.postgres import Server
from tests.support.instance import Instance

ROOT = Path(__file__).resolve().parents[2]

#: Founds the small county in the instance's own database and prints a token for each seat asked for.
_FOUND = """
import json, sys
import django
django.setup()
from datetime import UTC, datetime
from uuid import UUID
from django.contrib.auth.hashers import make_password
from tests.support.small_county import FOUNDING, person
from huajie.apps.jurisdiction import operations, queries
from huajie.apps.jurisdiction.models import Account
from huajie.core.access import SYSTEM

now = datetime.now(UTC)
numbers = sorted({int(change["person"], 16) for change in FOUNDING if change["do"] == "start_posting"})
for number in numbers:
    # only the first signs in with a password: hashing one for each would take longer than everything else
    more = {"password": make_password("right-enough-1")} if number == numbers[0] else {}
    name = f"p{number}"
    Account.objects.create(username=name, person=UUID(person(number)), display_name=name, created_at=now, **more)
county = operations.change(FOUNDING, actor=SYSTEM, now=now)
tokens = {}
for seat in sys.argv[1:]:
    account = Account.objects.get(person=UUID(county.holder(seat, now)))
    tokens[seat], _ = operations.issue_token(account, seat, now=now)
print(json.dumps(tokens))
"""


def found_county(served: Instance, *seats: str) -> dict[str, str]:
    """Make the small county in a fresh instance; return a token for each seat."""
    made = served.command("init")
    assert made.returncode == 0, made.stderr
    return json.loads(run_inside(served, _FOUND, *seats))


def run_inside(served: Instance, code: str, *arguments: str) -> str:
    """Run Python code with the instance's settings in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={
            **served.environment,
            "DJANGO_SETTINGS_MODULE": "huajie.config.settings",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """One connection that is kept open, for one thread."""

    def __init__(self, port: int, *, timeout: float = 60.0) -> None:
        self.port = port
        self.timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """
        Send one request and wait for the whole answer.

        Raises:
            OSError, http.client.HTTPException: there was none.
        """
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
            sent["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, body, sent)
            response = self._connection.getresponse()
            raw = response.read()
        except BaseException:
            self.close()
            raise
        text = raw.decode()
        found = {name.lower(): value for name, value in response.getheaders()}
        is_json = "json" in found.get("content-type", "")
        return Answer(response.status, json.loads(text) if is_json else text, found)

    def submit(self, key: str, *, text: str = "路口井盖破损，晚上很危险。", **more: Any) -> Answer:
        """Bring a matter in as a resident."""
        return self.send("POST", "/api/v1/public/matters", submission(text, **more), Idempotency_Key=key)

    def act(self, number: str, name: str, token: str, body: dict[str, Any], key: str | None = None) -> Answer:
        """Do one act as an officer."""
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency_Key": key} if key else {})
        return self.send("POST", f"/api/v1/matters/{number}/acts/{name}", body, **headers)

    def own(self, number: str, secret: str) -> Answer:
        """Look at a matter as its resident."""
        return self.send("GET", f"/api/v1/public/matters/{number}", Authorization=f"Bearer {secret}")

    def sign_in(self) -> Answer:
        """Sign the head of government in on the desk's page, as a browser does; a success writes a session."""
        page = self.send("GET", "/desk/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
        assert page.status == 200 and token is not None, page
        fields = {"csrfmiddlewaretoken": token[1], "username": "p1", "password": "right-enough-1"}
        return self.send(
            "POST",
            "/desk/sign-in/",
            urlencode(fields),
            Cookie=page.headers["set-cookie"].partition(";")[0],
            Content_Type="application/x-www-form-urlencoded",
        )

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def submission(text: str, **more: Any) -> dict[str, Any]:
    """Return the body of an ordinary submission about water in Qingshi."""
    return {
        "pack": "en.complaint",
        "topic": "t.water",
        "region": "r.qingshi",
        "title": "井盖破损",
        "text": text,
        "mode": "open",
        "contact": {"phone": "13900000000"},
        **more,
    }


@contextlib.contextmanager
def own_postgres() -> Iterator[Server]:
    """Give a PostgreSQL that nothing else uses, so that it may be killed; removed afterwards."""
    server = Server(Path(tempfile.mkdtemp(prefix="huajie-kill-pg-")))
    try:
        server.make()
        server.start()
        yield server
    finally:
        with contextlib.suppress(RuntimeError):
            server.remove()


@contextlib.contextmanager
def served_county(url: str | None, *seats: str, **settings: str) -> Iterator[tuple[Instance, dict[str, str]]]:
    """Give an instance with the small county, not started yet, and tokens; killed and removed afterwards."""
    open_to_all = {f"HUAJIE_{name}_A_MINUTE": "0" for name in ("INTAKE", "SECRETS", "TOKENS")}
    with tempfile.TemporaryDirectory(prefix="huajie-served-", ignore_cleanup_errors=True) as folder:
        served = Instance(Path(folder), url, **{**open_to_all, **settings})
        try:
            yield served, found_county(served, *seats)
        finally:
            if served.process is not None:
                served.kill()


def fresh_key() -> str:
    """Return an idempotency key that nobody has used."""
    return uuid.uuid4().hex


def verify(served: Instance) -> dict[str, Any]:
    """Run `huajie verify --json` on the instance and return its report; fails unless it is clean."""
    done = served.command("verify", "--json")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def rounds_wanted() -> int:
    """Return how many kill rounds this run does on its database."""
    return int(os.environ.get("HUAJIE_TEST_KILL_ROUNDS", "15"))
