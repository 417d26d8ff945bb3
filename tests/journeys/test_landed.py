"""Every version that ever landed left databases on somebody's disk; this one goes on with each of them."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support import landed
from tests.support.instance import Instance, instance
from tests.support.servers import Client, fresh_key, run_inside, verify

from huajie.edges.demo.county import PASSWORD

pytestmark = pytest.mark.slow

#: Who handles what in the demo county of every version.
HANDLERS = ("housing-handler-new", "labour-handler", "wanghuai-handler", "petition-dispatcher")

#: One matter of each pack that is still open, with the secret of its resident.
_OWN = """
import json, django
django.setup()
from django.conf import settings
from huajie.apps.matters.models import Matter
from huajie.apps.matters.numbers import secret_of
found = {}
for row in Matter.objects.filter(open=True, parent=None).order_by("id"):
    if row.topic and row.region:
        secret = secret_of(settings.HUAJIE_KEYS["number"], row.id)
        found[row.pack] = (row.number, secret, row.topic, row.region)
print(json.dumps(found))
"""


def test_at_least_one_version_is_kept() -> None:
    assert "588d1b8" in landed.versions()


@pytest.mark.parametrize("version", landed.versions())
def test_what_a_landed_version_left_goes_on(version: str, database: str) -> None:
    with instance(database, HUAJIE_TOKENS_A_MINUTE="0") as served:
        landed.put(version, served.folder / "data", served.environment.get("HUAJIE_DATABASE_URL"))
        migrated = served.command("migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert served.command("migrate", "--check").returncode == 0

        # Before anything is written: every entry means what it meant, every row is what entries give.
        before = verify(served)
        counted = landed.about(version)["counted"][database]
        assert {name: before[name] for name in counted} == counted

        served.start()
        status, said = served.get("/readyz")
        assert status == 200, said
        for path in ("/", "/report/", "/follow/", "/rights/", "/desk/sign-in/"):
            assert served.get(path)[0] == 200, path
        with closing(Client(served.port)) as client:
            number, token = _act_on_an_old_matter(client)
            topic, region = _residents_see_their_own(served, client)
            new = client.submit(fresh_key(), topic=topic, region=region)
            assert new.status == 201, new.body
            assert client.own(new.body["number"], new.body["secret"]).status == 200
            for path in ("/api/v1/desk", f"/api/v1/matters/{number}", f"/api/v1/matters/{number}/entries"):
                answer = client.send("GET", path, Authorization=f"Bearer {token}")
                assert answer.status == 200, answer.body
            _pages_open(client, number)
        assert served.stop() == 0

        # What fell due since that version landed is done under the packs that its matters have.
        assert served.command("tick").returncode == 0
        after = verify(served)
        assert after["matters"] > before["matters"]
        assert after["entries"] > before["entries"]


#: A back-up of a database that is still of the older version, as this program would take it before migrating.
_BACK_UP = """
import sys, django
django.setup()
from datetime import UTC, datetime
from pathlib import Path
from huajie.edges.keeping.backup import backup
backup(Path(sys.argv[1]), now=datetime.now(UTC), version="landed")
"""


@pytest.mark.accept("P8")
@pytest.mark.parametrize("version", landed.versions())
def test_a_backup_of_a_landed_version_is_restored_into_this_one(version: str, database: str, tmp_path: Path) -> None:
    with instance(database) as old:
        landed.put(version, old.folder / "data", old.environment.get("HUAJIE_DATABASE_URL"))
        run_inside(old, _BACK_UP, str(tmp_path / "backups"))
        assert old.command("keys", "export", "--plain", str(tmp_path / "keys")).returncode == 0
    with instance(database) as new:
        assert new.command("keys", "import", str(tmp_path / "keys")).returncode == 0
        restored = new.command("restore", str(tmp_path / "backups"))
        assert restored.returncode == 0, restored.stderr
        assert new.command("migrate", "--check").returncode == 0
        counted = landed.about(version)["counted"][database]
        report = verify(new)
        assert {name: report[name] for name in counted} == counted


def _act_on_an_old_matter(client: Client) -> tuple[str, str]:
    """Do the first act that asks for nothing but words on a matter of that version's desk; return number and token."""
    tried: list[Any] = []
    for username in HANDLERS:
        given = client.send("POST", "/api/v1/tokens", {"username": username, "password": PASSWORD})
        if given.status != 201:
            tried.append((username, given.body))
            continue
        token = given.body["token"]
        desk = client.send("GET", "/api/v1/desk", Authorization=f"Bearer {token}").body
        for row in (*desk["late"], *desk["soon"], *desk["later"]):
            number = row["number"]
            acts = client.send("GET", f"/api/v1/matters/{number}/acts", Authorization=f"Bearer {token}").body
            for one in acts["acts"]:
                if one["act"] == "add_note" and one["possible"]:
                    body = {"seen": acts["n"], "texts": {"note_text": "升级后第一次记录。"}}
                    done = client.act(number, "add_note", token, body, fresh_key())
                    assert done.status == 200, done.body
                    return number, token
            tried.append((username, number))
    raise AssertionError(f"no old matter could be acted on: {tried}")


def _residents_see_their_own(served: Instance, client: Client) -> tuple[str, str]:
    """Open one old matter of each pack with its resident's secret; return topic and region of one."""
    own = json.loads(run_inside(served, _OWN))
    assert own
    for pack, (number, secret, *_) in own.items():
        seen = client.own(number, secret)
        assert seen.status == 200, (pack, seen.body)
        assert datetime.fromisoformat(seen.body["received_at"]).year >= 2024
    return next((topic, region) for _, _, topic, region in own.values())


def _pages_open(client: Client, number: str) -> None:
    """Open the desk's pages as whoever answers for the matter."""
    page = client.send("GET", "/desk/sign-in/")
    form = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
    assert form is not None
    cookie = page.headers["set-cookie"].partition(";")[0]
    fields = {"csrfmiddlewaretoken": form[1], "username": "petition-dispatcher", "password": PASSWORD}
    signed_in = client.send(
        "POST", "/desk/sign-in/", urlencode(fields), Cookie=cookie, Content_Type="application/x-www-form-urlencoded"
    )
    assert signed_in.status == 302, signed_in.body
    session = re.search(r"sessionid=[^;]+", signed_in.headers["set-cookie"])
    assert session is not None
    for path in ("/desk/", "/desk/matters/", "/desk/queue/", "/desk/intake/", "/desk/calendars/", "/desk/packs/"):
        assert client.send("GET", path, Cookie=session[0]).status == 200, path
