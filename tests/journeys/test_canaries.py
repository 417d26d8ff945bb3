"""Canaries planted by every way in are found in nothing that comes out: pages, lists, index, logs, files, back-ups."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.shape.routes import addresses
from tests.support.canaries import CARRIERS, Place, Planted, sightings, spellings

#: those whose seats differ in what they may do, nobody, and the resident of each matter
EYES = ("housing", "housing_head", "housing_colleague", "labour", "supervisor", "auditor", "archivist", "dpo", "intake")
EYES += ("admin", "nobody", "resident")
#: who may read the texts of a sealed matter that housing answers for
READERS = {"housing", "housing_head", "housing_verifier", "resident"}


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    return found()


@pytest.fixture
def place(county: Any, data_folder: Path, tmp_path: Path, settings: Any) -> Place:
    from huajie.config.outbox import Gateway, Mail, OutboxSettings

    # ways to ask for; who takes what goes out is said by the carriers
    mail, gateway = Mail("127.0.0.1", 1, "none", "", "", "a@b.example"), Gateway("http://127.0.0.1:1/", b"x" * 32)
    settings.HUAJIE_OUTBOX = OutboxSettings("https://huajie.example", mail, gateway)
    found = Place(county, data_folder, tmp_path)
    plant(found)
    return found


def client_of(place: Place, who: str, planted: Planted | None = None) -> Any:
    from django.test import Client

    from huajie.apps.jurisdiction.models import Account

    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    if who == "resident" and planted is not None:
        given = {"number": planted.known.number, "secret": planted.known.secret}
        assert client.post("/follow/", given).status_code == 302
    elif who not in ("nobody", "resident"):
        client.force_login(Account.objects.get(username=who))
    return client


def identity(way: int) -> tuple[dict[str, str], tuple[str, ...], str]:
    """Return a contact, its canaries, and a text that holds them and more identities."""
    name = "赫连" + "甲乙丙丁戊己庚辛壬癸"[way] + "鸢"
    phone, other = f"139{way}7731{way}42", f"158{way}9924{way}86"
    email, address = f"canary{way}.kestrel@example.org", f"鹞子沟{way}弄三十九号半"
    plate, card = f"苏K7Q{way}9X", "330102199003074519"
    contact = {"name": name, "phone": phone, "email": email, "address": address, "note": f"隼时{way}刻之后再打"}
    contact["news"] = ("email", "sms")[way % 2]
    text = (
        f"我是{name}，电话{phone[:3]} {phone[3:7]} {phone[7:]}，证号{card}，对方车{plate}，"
        f"他的手机{other}，邮箱{email}。住{address}。楼道灯坏了。"
    )
    canaries = (
        name,
        phone,
        f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        email,
        address,
        contact["note"],
        plate,
        card,
        other,
    )
    return contact, canaries, text


def plant(place: Place) -> None:
    """Bring a matter in by every way, an identity in its contact and in its texts."""
    from datetime import UTC, datetime

    from tests.edges.api.client import Client as Api

    from huajie.apps.matters import loading
    from huajie.apps.matters.operations import Batch, Submission, submit
    from huajie.core.access import ANONYMOUS, IMPORT

    county = place.county

    def keep(way: str, number: str, canaries: tuple[str, ...], sealed: tuple[str, ...] = ()) -> None:
        from django.conf import settings

        from huajie.apps.matters.operations import secret_of

        tip = loading.load(number, using="default")
        assert tip is not None
        known = type(next(iter(county.matters.values())))(
            tip.number, secret_of(settings.HUAJIE_KEYS["number"], tip.stream), tip.stream
        )
        county.matters[way] = known
        place.planted.append(Planted(way, known, canaries, sealed))

    api = Api(county)
    contact, canaries, text = identity(0)
    body = {"pack": "en.complaint", "topic": "t.housing", "region": "r.qingshi", "title": "灯", "text": text}
    status, said = api.submit({**body, "contact": contact, "mode": "confidential"})
    assert status == 201, said
    keep("api", said["number"], canaries)

    contact, canaries, text = identity(1)
    status, said = api.post(
        "/matters",
        {**body, "text": text, "contact": contact, "channel": "phone"},
        who="intake",
        Idempotency_Key=str(uuid4()),
    )
    assert status == 201, said
    keep("api staff", said["number"], canaries)

    contact, canaries, text = identity(2)
    form = {
        "topic": "t.housing",
        "region": "r.qingshi",
        "mode": "open",
        "title": "灯",
        "text": text,
        "key": str(uuid4()),
    }
    given = {f"contact-{name}": value for name, value in contact.items()}
    response = client_of(place, "nobody").post("/report/en.complaint/", {**form, **given})
    page = response.content.decode()
    assert response.status_code == 200, page[:2000]
    keep("page", re.findall(r'class="secret">([^<]+)<', page)[0], canaries)

    for way, (topic, who) in enumerate((("t.conduct", ANONYMOUS), ("t.children", ANONYMOUS), ("t.housing", IMPORT)), 3):
        contact, canaries, text = identity(way)
        more: dict[str, Any] = {"contact": contact}
        if who is IMPORT:
            # an export brings no contact, so nobody knows which words are the name: shapes go out all the same
            text = text.replace(contact["name"], "某人").replace(contact["address"], "某处")
            unknown = (contact["name"], contact["address"], contact["note"])
            canaries = tuple(canary for canary in canaries if canary not in unknown)
            more = {"channel": "import", "act": "imported", "inputs": {"source_state": "open"}}
        sealed = (f"青隼密语{way}号", f"雀鹰耳语{way}处") if topic != "t.housing" else ()
        written = submit(
            Submission(
                pack="en.complaint",
                topic=topic,
                region="r.qingshi",
                texts={"title": sealed[0] if sealed else "灯", "text": text + "".join(sealed)},
                **more,
            ),
            actor=who,
            now=datetime.now(UTC),
        )
        keep(f"{topic} {who.kind}", written.number, canaries, sealed)

    contact, canaries, text = identity(6)
    with Batch() as batch:
        handle = batch.submit(
            Submission(
                pack="en.complaint",
                topic="t.housing",
                region="r.qingshi",
                texts={"title": "灯", "text": text},
                contact=contact,
            ),
            actor=ANONYMOUS,
            now=datetime.now(UTC),
        )
    keep("batch", handle.number, canaries)

    # an officer writes the person's name and phone down later, in a matter of each kind
    for planted in place.planted:
        county.act(
            planted.way,
            "housing",
            "add_note",
            texts={"note_text": f"已与{planted.identities[0]}（{planted.identities[1]}）通话"},
            at=datetime.now(UTC),
        )


def looked(place: Place) -> Iterator[tuple[str, str, Planted | None, bytes]]:
    """Yield (address, who, matter, answer) of every page and every answer of the API that a GET gives."""
    from urllib.parse import quote

    clients: dict[tuple[str, str], Any] = {}
    words = [planted.identities[number] for planted in place.planted[:4] for number in (0, 1)]
    words += [planted.sealed[0] for planted in place.planted if planted.sealed]
    for address in addresses():
        route = address.route.removeprefix("GET ")
        if " " in route or "(?P" in route or "{" in route.replace("{number}", ""):
            continue
        path = "/" + route.removeprefix("/")
        filled = path.replace("<str:name>", "add_note").replace("{name}", "en.complaint")
        filled = (
            filled.replace("<str:act>", "add_note").replace("<str:key>", "acknowledgement").replace("<str:step>", "ask")
        )
        filled = filled.replace("<str:kind>", "reply").replace("<int:version>", "1")
        numbered = "<str:number>" in filled
        if "<" in filled.replace("<str:number>", ""):
            continue
        for who in EYES:
            for planted in place.planted if numbered else [None]:
                key = (who, planted.way if planted is not None and who == "resident" else "")
                client = clients.get(key)
                if client is None:
                    client = clients[key] = client_of(place, who, planted)
                headers = {}
                if path.startswith("/api/"):
                    if who == "resident" and planted is not None:
                        headers = place.county.secret(planted.way)
                    elif who not in ("nobody", "resident"):
                        headers = place.county.bearer(who)
                target = filled.replace("<str:number>", planted.known.number) if planted is not None else filled
                queries = [""]
                if "search" in route:
                    # what is asked for comes back in the answer: only what was found counts
                    queries = [f"?q={quote('楼道灯')}"]
                for query in queries:
                    response = client.get(target + query, headers=headers)
                    content = b"".join(response.streaming_content) if response.streaming else response.content
                    yield target + query, who, planted, content + repr(response.headers).encode()


@pytest.mark.accept("P3")
def test_nothing_that_is_answered_holds_an_identity_or_a_sealed_text(place: Place) -> None:
    found, asked, routes = [], 0, set()
    everything = tuple({canary for planted in place.planted for canary in planted.identities})
    for target, who, planted, content in looked(place):
        asked += 1
        routes.add(target.split("?")[0])
        found += [(target, who, canary) for canary in sightings(content, everything)]
        for other in place.planted:
            if other.sealed and not (planted is other and who in READERS and "t.conduct" in other.way):
                if planted is other and who == "resident":
                    continue
                listed = who in READERS and "t.conduct" in other.way
                found += [(target, who, canary) for canary in sightings(content, other.sealed) if not listed]
    assert not found, found[:20]
    assert asked > 1000 and len(routes) > 60


@pytest.mark.accept("P3")
def test_nobody_finds_a_matter_by_an_identity_or_by_a_sealed_word(place: Place) -> None:
    from huajie.apps.matters.queries import search

    for who in EYES[:-2]:
        actor = place.county.actor(who)
        for planted in place.planted:
            for canary in (*planted.identities, *planted.sealed):
                assert not search(actor, canary).hits, (who, canary)


@pytest.mark.accept("P3")
@pytest.mark.parametrize("name", sorted(CARRIERS))
def test_no_file_holds_one_without_the_keys(name: str, place: Place) -> None:
    canaries = tuple(canary for planted in place.planted for canary in (*planted.identities, *planted.sealed))
    parts = list(CARRIERS[name](place))
    assert parts
    found = [(part, canary) for part, content in parts for canary in sightings(content, canaries)]
    assert not found, found[:20]


@pytest.mark.accept("P3")
def test_a_planted_leak_is_found(place: Place) -> None:
    """The search itself works: an identity put beside the vault is seen by what reads the files."""
    from django.db import connection

    canary = place.planted[0].identities[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matters_matter SET outcome = %s WHERE number = %s", [canary, place.planted[0].known.number]
        )
    assert any(sightings(content, (canary,)) for _, content in CARRIERS["dump of the database"](place))
    assert any(sightings(content, (canary,)) for _, content in CARRIERS["files of the database"](place))
    assert spellings(canary)


@pytest.mark.accept("P3")
def test_no_log_line_holds_one(
    county: Any, data_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    from datetime import UTC, datetime

    from tests.support import mailboxes

    from huajie.apps.ledger.operations import work_followups
    from huajie.apps.outbox.models import Message
    from huajie.apps.outbox.operations import send_due
    from huajie.config.outbox import Gateway, Mail, OutboxSettings

    place = Place(county, data_folder, tmp_path)
    with caplog.at_level(logging.DEBUG), mailboxes.mail_server() as server:
        mail = Mail("127.0.0.1", server.port, "none", "", "", "a@b.example")
        gateway = Gateway("http://127.0.0.1:1/", b"x" * 32)
        settings.HUAJIE_OUTBOX = OutboxSettings("https://huajie.example", mail, gateway)
        # what a server says of an address is what a careless log would quote
        server.refuse = "550 canary0.kestrel@example.org is not here"
        plant(place)
        work_followups(datetime.now(UTC))
        assert send_due(datetime.now(UTC), limit=50) >= 2
        assert {row.fault for row in Message.objects.exclude(fault="")} == {"recipient", "connection"}
        for planted in place.planted:
            client = client_of(place, "housing")
            client.get(f"/desk/search/?q={planted.identities[0]}")
            # a failed request is what the log always tells of
            client.get(f"/desk/matters/{planted.known.number}/acts/nothing/?q={planted.identities[1]}")
            client.post(
                f"/desk/matters/{planted.known.number}/open/",
                {"key": str(uuid4()), "what": "contact", "purpose": "reach", "purpose_words": "约时间"},
            )
    said = "\n".join(
        f"{record.getMessage()} {record.__dict__}" for record in caplog.records if record.name.startswith("huajie")
    )
    assert said
    assert not sightings(said.encode(), tuple(one for planted in place.planted for one in planted.identities))


@pytest.mark.accept("P3")
def test_what_was_erased_is_in_no_file_not_even_sealed(place: Place) -> None:
    """After an erasure the very bytes of the boxes and the key are gone: whoever has the keys reads nothing either."""
    from datetime import UTC, datetime

    from django.db import connection

    from huajie.apps.ledger.operations import work_followups
    from huajie.apps.matters.followers import purge
    from huajie.apps.matters.loading import db_uuid
    from huajie.apps.matters.verify import verify

    planted = next(one for one in place.planted if one.way == "page")
    with connection.cursor() as cursor:
        stream = db_uuid("default", planted.known.stream)
        cursor.execute("SELECT box FROM vault_secret WHERE matter = %s", [stream])
        boxes = [bytes(box) for (box,) in cursor.fetchall()]
        cursor.execute("SELECT wrapped FROM vault_key WHERE matter = %s", [stream])
        boxes += [bytes(wrapped) for (wrapped,) in cursor.fetchall()]
    assert len(boxes) >= 3
    place.county.act(
        "page", "dpo", "erase", texts={"legal_basis_text": "个人信息保护法第四十七条"}, at=datetime.now(UTC)
    )
    work_followups(datetime.now(UTC))
    left: list[bytes] = boxes
    for _ in range(5):
        content = b"".join(part for _, part in CARRIERS["files of the database"](place))
        left = [box for box in boxes if box in content]
        if not left:
            break
        # whoever read at that very moment (a vacuum of the server's own) keeps a dead row until they are done
        purge()
    assert not left
    assert verify().clean


@pytest.mark.accept("P2")
def test_an_anonymous_resident_answers_by_code_and_nothing_tells_who(
    county: Any, data_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A question and its answer go by number and secret; address, agent and what slipped into the text are nowhere."""
    from datetime import UTC, datetime

    from tests.edges.api.client import Client as Api

    from huajie.apps.matters import loading
    from huajie.apps.matters.verify import verify

    place = Place(county, data_folder, tmp_path)
    agent, address, phone = "KestrelBrowser/7731", "203.0.113.77", "13917731042"
    carried = {"User-Agent": agent, "X-Forwarded-For": address}
    api = Api(county)
    with caplog.at_level(logging.DEBUG):
        body = {"pack": "en.complaint", "topic": "t.housing", "region": "r.qingshi", "title": "灯", "mode": "anonymous"}
        status, said = api.submit(
            {**body, "text": f"楼道灯坏了，别打{phone}。"}, User_Agent=agent, X_Forwarded_For=address
        )
        assert status == 201
        number, secret = said["number"], said["secret"]
        tip = loading.load(number, using="default")
        assert tip is not None
        county.matters["anonymous"] = type(county.matters["ordinary"])(number, secret, tip.stream)
        county.act(
            "anonymous",
            "housing",
            "acknowledge",
            inputs={"is_complaint": "complaint", "category": "delay"},
            texts={"message": "收到。"},
            at=datetime.now(UTC),
        )
        county.act("anonymous", "housing", "write_to_resident", texts={"message": "是几号楼？"}, at=datetime.now(UTC))
        seen = api.get(f"/public/matters/{number}", secret="anonymous", User_Agent=agent, X_Forwarded_For=address)[1]
        assert any("几号楼" in str(text) for text in seen["texts"])
        assert any(one["act"] == "write_to_us" for one in seen["acts"])
        sent = {"seen": seen["n"], "texts": {"message": "三号楼。"}}
        status, told = api.post(
            f"/public/matters/{number}/acts/write_to_us",
            sent,
            secret="anonymous",
            User_Agent=agent,
            X_Forwarded_For=address,
        )
        assert status == 200, told
        # the same by the page
        from django.test import Client

        browser = Client(headers={"accept-language": "en", **{name.lower(): value for name, value in carried.items()}})
        assert browser.post("/follow/", {"number": number, "secret": secret}, REMOTE_ADDR=address).status_code == 302
        assert browser.get(f"/matters/{number}/", REMOTE_ADDR=address).status_code == 200
        # and by the page that leaves nothing in the browser either
        quiet = Client(headers={"accept-language": "en", "user-agent": agent, "x-forwarded-for": address})
        both = {"number": number, "secret": secret}
        shown = quiet.post("/talk/", both, REMOTE_ADDR=address)
        assert "几号楼" in shown.content.decode()
        assert "Write" in quiet.post("/talk/", {**both, "act": "write_to_us"}).content.decode()
        sent_by_page = {**both, "act": "write_to_us", "send": "yes", "key": str(uuid4()), "message": "二单元。"}
        assert "二单元" in quiet.post("/talk/", sent_by_page, REMOTE_ADDR=address).content.decode()
        assert quiet.post("/talk/", {**both, "secret": "wrong"}).status_code == 422
        assert not quiet.cookies and "no-store" in shown["Cache-Control"]
    from huajie.apps.matters.queries import see

    assert any("二单元" in text for text in see(county.actor("housing"), number).texts.values())
    assert any("三号楼" in text for text in see(county.actor("housing"), number).texts.values())
    told_by = (agent, address, phone)
    logged = "\n".join(
        f"{record.getMessage()} {record.__dict__}" for record in caplog.records if record.name.startswith("huajie")
    )
    assert not sightings(logged.encode(), told_by)
    for name, carry in CARRIERS.items():
        for part, content in carry(place):
            assert not sightings(content, told_by), (name, part)
    assert verify().clean
