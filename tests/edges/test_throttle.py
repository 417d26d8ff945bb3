"""Languages, addresses and rates: small rules that every request goes through."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory

from huajie.config.errors import SettingError
from huajie.config.limits import limits
from huajie.edges.api.languages import preferred
from huajie.edges.throttle import Buckets, Table, client_address, counted_as


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "zh"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("fr, de;q=0.9", "zh"),
        ("zh-Hans;q=0.8, en;q=0.9", "en"),
        ("zh;q=0.9, en;q=0.1", "zh"),
        ("en;q=0", "zh"),
        ("en;q=high", "zh"),
        (";;;q=,,=", "zh"),
        ("en;q=9", "zh"),
    ],
)
def test_the_language_is_the_one_preferred_and_chinese_otherwise(header: str, expected: str) -> None:
    assert preferred(header) == expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        # whoever comes from afar may write what they like into the header
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("", "198.51.100.7", "198.51.100.7"),
    ],
)
def test_a_proxy_is_believed_only_on_this_machine(peer: str, forwarded: str | None, expected: str) -> None:
    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **more)) == expected


def buckets(a_minute: int, **more: int) -> Buckets:
    return Buckets("tried", a_minute, within=Table(None, **more))


def test_a_bucket_empties_and_fills_evenly() -> None:
    bucket = buckets(6)
    assert [bucket.take("a", now=1000) for _ in range(6)] == [0] * 6
    assert bucket.take("a", now=1000) == 10
    assert bucket.take("b", now=1000) == 0
    assert bucket.look("a", now=1009) == 1
    assert bucket.take("a", now=1010) == 0
    assert bucket.take("a", now=1010) == 10
    assert [bucket.take("a", now=2000) for _ in range(7)] == [0] * 6 + [10]


def test_looking_costs_nothing_and_this_machine_is_not_counted() -> None:
    bucket = buckets(1)
    assert [bucket.look("a", now=0) for _ in range(5)] == [0] * 5
    assert [bucket.take("127.0.0.1", now=0) for _ in range(5)] == [0] * 5
    assert [buckets(0).take("a", now=0) for _ in range(5)] == [0] * 5


def test_kinds_are_counted_apart_and_the_same_kind_together() -> None:
    table = Table(None)
    assert Buckets("one", 1, within=table).take("a", now=5) == 0
    assert Buckets("two", 1, within=table).take("a", now=5) == 0
    assert Buckets("one", 1, within=table).take("a", now=5) == 60


def test_whoever_waits_goes_on_waiting_however_many_others_come() -> None:
    """One row of eight places for everybody: whoever would be full first gives way."""
    bucket = buckets(2, rows=1)
    assert [bucket.take("waiting", now=100) for _ in range(2)] == [0, 0]
    for number in range(200):
        assert bucket.take(f"new{number}", now=100) == 0
    assert bucket.look("waiting", now=100) == 30


def test_no_address_is_kept_and_no_hash_longer_than_its_minute() -> None:
    table = Table(None, rows=4)
    bucket = Buckets("tried", 2, within=table)
    empty = bytes(table._bytes[32:])
    for number in range(20):
        bucket.take(f"203.0.113.{number}", now=100)
    kept = bytes(table._bytes)
    assert kept[32:] != empty
    assert b"203.0.113" not in kept
    assert Table(None).key != table.key
    for _ in range(4):
        bucket.look("198.51.100.1", now=161)
    assert bytes(table._bytes[32:]) == empty


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_is_counted_as_one(address: str, expected: str) -> None:
    assert counted_as(address) == expected


_TAKES = """
import sys
from pathlib import Path
import django
from django.conf import settings
settings.configure(USE_TZ=True, INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth",
    "huajie.apps.ledger", "huajie.apps.jurisdiction"], AUTH_USER_MODEL="jurisdiction.Account")
django.setup()
from huajie.edges.throttle import Buckets, Table
bucket = Buckets("tried", 100, within=Table(Path(sys.argv[1])))
print(sum(bucket.take("203.0.113.9", now=1000.0) == 0 for _ in range(200)))
"""


def test_processes_count_together(tmp_path: Path) -> None:
    """Four processes try two hundred times each; a hundred attempts get through, not four hundred."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _TAKES, str(tmp_path / "attempts")],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        )
        for _ in range(4)
    ]
    assert sum(int(process.communicate()[0]) for process in running) == 100


# The pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of each a minute, in a table of their own."""
    from huajie.edges.public import follow, report

    table = Table(None)
    for module, name in ((follow, "wrong_secrets"), (report, "brought_in")):
        kind = getattr(module, name).kind
        monkeypatch.setattr(module, name, Buckets(kind, 2, within=table))


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    return found()


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing is lost: wait"), ("zh", "内容没有丢失")])
def test_guessing_secrets_on_the_page_has_to_wait(county: Any, few: None, language: str, words: str) -> None:
    from django.test import Client

    from huajie.apps.matters.models import Matter
    from huajie.apps.matters.numbers import secret_of

    client = Client(headers={"accept-language": language}, REMOTE_ADDR="203.0.113.9")
    matter = Matter.objects.order_by("number").first()
    assert matter is not None
    wrong = {"number": matter.number, "secret": "AAAA-AAAA-AAAA-AAAA"}
    right = {"number": matter.number, "secret": secret_of(settings.HUAJIE_KEYS["number"], matter.id)}
    assert [client.post("/follow/", wrong).status_code for _ in range(3)] == [422, 422, 429]
    # whoever guesses is not told that they guessed right, either
    refused = client.post("/follow/", right)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 30
    assert words in refused.content.decode()
    assert f'value="{matter.number}"' in refused.content.decode(), "what was typed is still there"
    # somebody else is not kept waiting, and the right secret costs nothing
    other = Client(REMOTE_ADDR="203.0.113.10")
    assert [other.post("/follow/", right).status_code for _ in range(4)] == [302] * 4


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing is lost: wait"), ("zh", "内容没有丢失")])
def test_reporting_too_often_has_to_wait_and_loses_nothing(county: Any, few: None, language: str, words: str) -> None:
    from django.test import Client

    from huajie.apps.matters.models import Matter

    client = Client(headers={"accept-language": language}, REMOTE_ADDR="203.0.113.9")
    before = Matter.objects.count()
    said = "三号楼二单元的灯三周没有修。"
    statuses = []
    for _ in range(3):
        page = client.get("/report/en.complaint/").content.decode()
        key = re.search(r'name="key" value="([^"]+)"', page)
        assert key is not None
        form = {"key": key[1], "title": "楼道灯坏了", "text": said, "topic": "t.housing", "region": "r.qingshi"}
        answer = client.post("/report/en.complaint/", {**form, "mode": "anonymous"})
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 429], answer.content.decode()[:3000]
    assert Matter.objects.count() == before + 2
    assert 1 <= int(answer["Retry-After"]) <= 30
    assert words in answer.content.decode()
    assert said in answer.content.decode()
    assert key[1] in answer.content.decode(), "the same key: sent again it is still one matter"
    # looking at the form, and a form with a fault in it, cost nothing
    assert client.get("/report/en.complaint/").status_code == 200
    assert client.post("/report/en.complaint/", {"key": key[1]}).status_code == 422


@pytest.mark.slow
def test_two_web_processes_give_no_more_than_one(database: str) -> None:
    from tests.support.instance import instance
    from tests.support.servers import Client

    with instance(database, HUAJIE_SECRETS_A_MINUTE="5", HUAJIE_WORKERS="2") as served:
        served.start()
        statuses = []
        for _ in range(12):
            # a new connection each time, so that both processes answer; a proxy on this machine names a stranger
            client = Client(served.port)
            answer = client.send(
                "GET",
                "/api/v1/public/matters/7Q4M2K9DXR",
                Authorization="Bearer AAAAAAAAAAAAAAAA",
                X_Forwarded_For="203.0.113.9",
            )
            client.close()
            statuses.append(answer.status)
        assert statuses == [404] * 5 + [429] * 7
        assert "203.0.113.9" not in served.log
        assert served.stop() == 0
        pid = served.process.pid  # type: ignore[union-attr]
        assert not list(Path("/dev/shm").glob(f"huajie-run-*-{pid}-*")), "the counters went with the server"


@pytest.mark.accept("K11")
@pytest.mark.parametrize("name", ["HUAJIE_BODY_KIB", "HUAJIE_TEXT_LENGTH", "HUAJIE_INTAKE_A_MINUTE"])
@pytest.mark.parametrize("value", ["many", "-1", "99999999"])
def test_a_wrong_limit_refuses_to_start_naming_itself(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^{name}: "):
        limits({name: value})
