"""From an entry to a message that was sent: once, to whom asked for it, with nothing in it but a number and news."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support import mailboxes

pytestmark = pytest.mark.accept("P3")

EMAIL = {"name": "欧阳晴", "phone": "13900007777", "email": "Ouyang.Qing@example.org", "address": "青石镇柳巷三号"}
#: what never stands in a message
CANARIES = ("欧阳晴", "13900007777", "Ouyang", "ouyang", "柳巷", "楼道灯", "住建局", "Housing Bureau", "en.complaint")
ACKNOWLEDGE: dict[str, Any] = {
    "inputs": {"is_complaint": "complaint", "category": "delay"},
    "texts": {"message": "收到，楼道灯由欧阳晴反映。"},
}


def worked(now: datetime | None = None) -> None:
    """Do what follows, then send what is due."""
    from huajie.apps.ledger.operations import work_followups
    from huajie.apps.outbox.operations import send_due

    done, failed = work_followups(datetime.now(UTC))
    assert not failed, done
    send_due(now or datetime.now(UTC), limit=100)


def messages(**more: Any) -> list[Any]:
    from huajie.apps.outbox.models import Message

    return list(Message.objects.filter(**more).order_by("n", "way"))


def bring(county: Any, way: str | None, contact: dict[str, str] = EMAIL, **more: Any) -> Any:
    wish = {"news": way, "news_language": more.pop("language", "zh")} if way else {}
    return county.bring_in("told", "t.housing", contact={**contact, **wish}, **more)


def test_a_mail_tells_the_number_and_that_there_is_news(county: Any, post: mailboxes.MailServer) -> None:
    from huajie.apps.matters.numbers import shown

    known = bring(county, "email")
    county.act("told", "housing", "acknowledge", at=datetime.now(UTC), **ACKNOWLEDGE)
    worked()
    assert [row.event for row in messages(state="sent")] == ["received", "news"]
    number = shown(known.number)
    assert len(post.taken) == 2
    for taken in post.taken:
        assert taken.envelope_to == [EMAIL["email"]]
        assert taken.mail["To"] == "undisclosed-recipients:;"
        assert number in taken.text and "https://huajie.example/follow/" in taken.text and "新消息" in taken.text
        said = taken.raw.decode("utf-8", "replace") + taken.text + str(taken.mail["Subject"])
        assert not [one for one in CANARIES if one in said]
        assert known.secret not in said
    ids = [taken.mail["Message-ID"] for taken in post.taken]
    assert ids == [f"<{row.id.hex}@yunxi.example>" for row in messages()]


def test_english_is_spoken_where_it_was_asked_for(county: Any, post: mailboxes.MailServer) -> None:
    bring(county, "email", language="en")
    worked()
    assert "there is news" in post.taken[0].text
    assert "Yunxi County" in post.taken[0].text


def test_a_gateway_gets_a_signed_request(county: Any, gateway: mailboxes.Gateway) -> None:
    known = bring(county, "sms")
    worked()
    (said,) = gateway.taken
    assert said["type"] == "message.send"
    assert said["data"]["to"] == EMAIL["phone"] and said["data"]["way"] == "sms"
    assert gateway.paths == ["/send?to=us"]
    rest = gateway.raw[0].decode().replace(f'"to": "{EMAIL["phone"]}"', "")
    assert not [one for one in CANARIES if one in rest] and known.secret not in rest
    (row,) = messages()
    assert (row.state, gateway.ids) == ("sent", [f"msg_{row.id.hex}"])


def test_a_wrong_signature_is_seen(county: Any, gateway: mailboxes.Gateway, settings: Any) -> None:
    """The receiver of these tests does look: with another key it takes nothing."""
    from dataclasses import replace

    outbox = settings.HUAJIE_OUTBOX
    settings.HUAJIE_OUTBOX = replace(outbox, gateway=replace(outbox.gateway, secret=b"x" * 32))
    bring(county, "sms")
    worked()
    assert not gateway.taken
    assert [(row.state, row.fault) for row in messages()] == [("waiting", "refused")]


@pytest.mark.accept("P2")
def test_nobody_is_told_who_did_not_ask(county: Any, post: mailboxes.MailServer) -> None:
    from huajie.apps.ledger.models import Followup

    bring(county, None)
    county.bring_in("nobody", "t.housing", contact=None, mode="anonymous")
    county.act("told", "housing", "acknowledge", at=datetime.now(UTC), **ACKNOWLEDGE)
    assert not Followup.objects.filter(follower="outbox-prepare").exists()
    worked()
    assert not messages() and not post.taken


def test_what_only_the_office_reads_is_no_news(county: Any, post: mailboxes.MailServer) -> None:
    bring(county, "email")
    county.act("told", "housing", "add_note", texts={"note_text": "打过电话"}, at=datetime.now(UTC))
    worked()
    assert [row.event for row in messages()] == ["received"]


def test_what_the_resident_does_is_no_news_to_them(county: Any, post: mailboxes.MailServer) -> None:
    bring(county, "email")
    county.act("told", "resident", "write_to_us", texts={"message": "还没修"}, at=datetime.now(UTC))
    worked()
    assert [row.event for row in messages()] == ["received"]


def test_the_event_follows_from_what_was_written(county: Any, post: mailboxes.MailServer) -> None:
    """A question and more time are told with other words than an ending; none says which it was."""
    from huajie.apps.outbox.messages import event_of

    def body(*effects: dict[str, Any], act: str = "a", at: str = "1") -> dict[str, Any]:
        return {"act": act, "at": at, "effects": list(effects)}

    more = {"e": "clock.extended"}
    assert event_of([body({"e": "opened"}, {"e": "stage"})]) == "received"
    assert event_of([body({"e": "request.opened", "unit": "u.a"}), body(more)]) == "time"
    assert event_of([body({"e": "request.opened", "unit": None})]) == "question"
    assert event_of([body({"e": "stage"}), body(more, at="2")]) == "news"
    assert event_of([body({"e": "stage"}), body(more, act="b")]) == "news"
    assert event_of([body({"e": "document.served"}), body(more)]) == "document"
    assert event_of([body({"e": "ended"}, {"e": "reopened"})]) == "reopened"
    assert event_of([body({"e": "ended"})]) == "ended"


def test_the_entry_and_the_note_of_it_are_one_commit(county: Any, post: mailboxes.MailServer) -> None:
    """What refuses the act leaves no message; what writes it leaves exactly one, however often it is prepared."""
    from huajie.apps.ledger.models import Followup
    from huajie.apps.outbox.operations import prepare
    from huajie.core.procedure import Refused

    known = bring(county, "email")
    before = Followup.objects.count()
    with pytest.raises(Refused):
        county.act("told", "housing", "acknowledge", at=datetime.now(UTC))
    assert Followup.objects.count() == before == 1
    for _ in range(3):
        prepare(known.stream, 1, datetime.now(UTC))
    worked()
    assert len(messages()) == len(post.taken) == 1


def test_a_worker_that_dies_after_sending_sends_the_same_message_again(
    county: Any, gateway: mailboxes.Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once, and the gateway can tell: the id is the same."""
    from huajie.apps.outbox import operations

    class Killed(BaseException):
        pass

    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    bring(county, "sms")
    with monkeypatch.context() as broken:
        broken.setattr(operations, "_settle", die)
        with pytest.raises(Killed):
            worked()
    assert [row.state for row in messages()] == ["waiting"]
    # not at once: whoever took it in hand may still be at it
    worked()
    assert len(gateway.taken) == 1
    worked(datetime.now(UTC) + timedelta(minutes=2))
    assert [row.state for row in messages()] == ["sent"]
    assert len(gateway.taken) == 2 and len(set(gateway.ids)) == 1


def test_two_workers_do_not_send_one_message_twice(county: Any, gateway: mailboxes.Gateway) -> None:
    from huajie.apps.outbox.operations import _claim

    bring(county, "sms")
    from huajie.apps.ledger.operations import work_followups

    now = datetime.now(UTC)
    work_followups(now)
    one, other = messages()[0], messages()[0]
    assert _claim(one, now, "default") and not _claim(other, now, "default")


def test_what_fails_is_tried_ever_more_rarely_and_given_up(
    county: Any, post: mailboxes.MailServer, settings: Any
) -> None:
    from dataclasses import replace

    settings.HUAJIE_OUTBOX = replace(settings.HUAJIE_OUTBOX, attempts=4)
    post.refuse = "451 later"
    bring(county, "email")
    # a moment after the message came to be
    now = datetime.now(UTC) + timedelta(seconds=30)
    pauses = []
    for attempt in range(1, 5):
        worked(now)
        (row,) = messages()
        assert row.attempts == attempt and row.fault == "later"
        assert row.state == ("given-up" if attempt == 4 else "waiting")
        pauses.append((row.next_at - now).total_seconds())
        now = row.next_at
    assert pauses == [60, 120, 240, 480]
    worked(now + timedelta(days=1))
    assert messages()[0].attempts == 4 and not post.taken


def test_an_address_that_the_server_refuses_is_not_tried_again(county: Any, post: mailboxes.MailServer) -> None:
    post.refuse = "550 no such box Ouyang.Qing@example.org"
    bring(county, "email")
    worked()
    (row,) = messages()
    assert (row.state, row.fault, row.attempts) == ("failed", "recipient", 1)


@pytest.mark.parametrize(("status", "state", "fault"), [
    (500, "waiting", "later"), (429, "waiting", "later"), (401, "waiting", "refused"), (422, "failed", "recipient"),
    (302, "waiting", "refused"),
])  # fmt: skip
def test_answers_of_a_gateway(county: Any, gateway: mailboxes.Gateway, status: int, state: str, fault: str) -> None:
    gateway.status = status
    gateway.headers = {"Location": gateway.url + "&again=1"}
    bring(county, "sms")
    worked()
    assert [(row.state, row.fault) for row in messages()] == [(state, fault)]
    # no redirect is followed
    assert len(gateway.paths) == 1


def test_a_server_that_is_away_keeps_the_others_waiting_without_counting(
    county: Any, post: mailboxes.MailServer, settings: Any
) -> None:
    from dataclasses import replace

    outbox = settings.HUAJIE_OUTBOX
    with mailboxes.gateway() as gone:
        port = int(gone.url.split(":")[2].split("/")[0])
    settings.HUAJIE_OUTBOX = replace(outbox, mail=replace(outbox.mail, port=port))
    bring(county, "email")
    county.act("told", "housing", "acknowledge", at=datetime.now(UTC), **ACKNOWLEDGE)
    worked()
    rows = messages()
    assert sorted(row.attempts for row in rows) == [0, 1]
    assert {row.fault for row in rows} == {"connection", ""} and all(row.state == "waiting" for row in rows)
    assert all(row.next_at > datetime.now(UTC) for row in rows)
    settings.HUAJIE_OUTBOX = outbox
    worked(datetime.now(UTC) + timedelta(minutes=2))
    assert len(post.taken) == 2


def test_erasing_the_contact_ends_what_waits(county: Any, post: mailboxes.MailServer) -> None:
    """Both ways: the follower ends it, and whoever sends looks into the vault again."""
    from huajie.apps.ledger.operations import work_followups
    from huajie.apps.matters.verify import verify
    from huajie.apps.outbox.operations import send_due

    post.refuse = "451 later"
    bring(county, "email")
    worked()
    county.act("told", "dpo", "erase", texts={"legal_basis_text": "个人信息保护法第四十七条"}, at=datetime.now(UTC))
    post.refuse = ""
    send_due(datetime.now(UTC) + timedelta(minutes=5), limit=10)
    assert [(row.state, row.fault) for row in messages()] == [("ended", "erased")]
    work_followups(datetime.now(UTC))
    assert not post.taken and {row.state for row in messages()} == {"ended"}
    assert verify().clean


def test_the_follower_ends_letters_too(county: Any) -> None:
    from huajie.apps.ledger.operations import work_followups

    bring(county, "letter")
    work_followups(datetime.now(UTC))
    assert [row.state for row in messages()] == ["waiting"]
    county.act("told", "dpo", "erase", texts={"legal_basis_text": "个人信息保护法第四十七条"}, at=datetime.now(UTC))
    work_followups(datetime.now(UTC))
    assert {(row.state, row.fault) for row in messages()} == {("ended", "erased")}


def test_without_settings_nothing_goes_out_and_old_news_is_none(county: Any, post: Any, settings: Any) -> None:
    from huajie.config.outbox import OutboxSettings

    outbox, settings.HUAJIE_OUTBOX = settings.HUAJIE_OUTBOX, OutboxSettings()
    bring(county, "email")
    worked()
    assert [(row.state, row.attempts) for row in messages()] == [("waiting", 0)]
    settings.HUAJIE_OUTBOX = outbox
    worked(datetime.now(UTC) + timedelta(days=15))
    assert [(row.state, row.fault) for row in messages()] == [("given-up", "too-late")]
    assert not post.taken


def test_only_an_administrator_sends_again(county: Any, post: mailboxes.MailServer) -> None:
    from huajie.apps.outbox.operations import send_again
    from huajie.apps.outbox.queries import heaps, stuck

    post.refuse = "550 no"
    bring(county, "email")
    worked()
    now = datetime.now(UTC)
    for who in ("housing", "housing_head", "dpo", "auditor", "supervisor"):
        actor = county.actor(who)
        assert not send_again(actor, now) and not heaps(actor) and not stuck(actor)
    admin = county.actor("admin")
    assert [(heap.way, heap.state, heap.fault, heap.count) for heap in heaps(admin)] == [
        ("email", "failed", "recipient", 1)
    ]
    assert send_again(admin, now, fault="timeout") == 0
    assert send_again(admin, now, fault="recipient") == 1
    post.refuse = ""
    worked()
    assert len(post.taken) == 1 and not stuck(admin)


def test_a_letter_is_printed_by_whoever_may_open_the_address_and_the_entry_says_so(county: Any) -> None:
    from huajie.apps.ledger.operations import work_followups
    from huajie.apps.matters import loading
    from huajie.apps.outbox.operations import posted, print_letter
    from huajie.apps.outbox.queries import letters, letters_among

    known = bring(county, "letter")
    county.act("told", "housing", "acknowledge", at=datetime.now(UTC), **ACKNOWLEDGE)
    work_followups(datetime.now(UTC))
    for who in ("labour", "admin", "auditor", "housing_colleague", "supervisor"):
        assert not letters(county.actor(who)), who
        assert not letters_among(county.actor(who), [known.stream]), who
    officer = county.actor("housing")
    (row,) = letters(officer)
    assert (row.number, row.count, row.printed) == (known.number, 2, False)
    assert not letters(officer, after=(row.since, row.stream))
    asked: dict[str, Any] = {"said": "打印告知信", "key": "k" * 20, "now": datetime.now(UTC)}
    sheet = print_letter(officer, known.stream, **asked)
    assert sheet is not None and (sheet.name, sheet.address) == (EMAIL["name"], EMAIL["address"])
    assert not [one for one in CANARIES if one in sheet.words.text + sheet.words.subject + sheet.words.office]
    tip = loading.load(known.stream, using="default")
    assert tip is not None and tip.state is not None
    assert [(opening[2], opening[3]) for opening in tip.state.openings] == [("contact", "reach")]
    again = print_letter(officer, known.stream, **asked)
    assert again is not None and again.repeat and not again.name and not again.address
    assert letters(officer)[0].printed
    assert posted([known.stream], datetime.now(UTC)) == 2
    assert not letters(officer) and not posted([known.stream], datetime.now(UTC))


def test_a_confidential_letter_is_printed_by_the_intake_desk_only(county: Any) -> None:
    from huajie.apps.ledger.operations import work_followups
    from huajie.apps.outbox.queries import letters

    bring(county, "letter", mode="confidential", actor=county.actor("intake"), channel="counter")
    work_followups(datetime.now(UTC))
    assert not letters(county.actor("housing")) and not letters(county.actor("housing_head"))
    assert len(letters(county.actor("intake"))) == 1


def test_settings_that_are_wrong_are_named() -> None:
    from huajie.config.errors import SettingError
    from huajie.config.outbox import outbox_settings

    mail = {"HUAJIE_SITE": "https://a.example", "HUAJIE_MAIL_HOST": "mail.example", "HUAJIE_MAIL_FROM": "a@b.example"}
    gate = {"HUAJIE_SITE": "https://a.example", "HUAJIE_GATEWAY_URL": "https://g.example/s"}
    gate |= {"HUAJIE_GATEWAY_SECRET": mailboxes.SECRET}
    assert outbox_settings(mail).ways == ("email", "letter")
    assert outbox_settings({**gate, "HUAJIE_LETTERS": "false"}).ways == ("sms",)
    for given, name in (
        ({**mail, "HUAJIE_SITE": ""}, "HUAJIE_SITE"),
        ({**mail, "HUAJIE_SITE": "http://a.example"}, "HUAJIE_SITE"),
        ({**mail, "HUAJIE_MAIL_FROM": "nobody"}, "HUAJIE_MAIL_FROM"),
        ({**mail, "HUAJIE_MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "HUAJIE_MAIL_FROM"),
        ({**mail, "HUAJIE_MAIL_SECURITY": "none"}, "HUAJIE_MAIL_SECURITY"),
        ({**mail, "HUAJIE_MAIL_USER": "a"}, "HUAJIE_MAIL_PASSWORD"),
        ({**mail, "HUAJIE_MAIL_PORT": "0"}, "HUAJIE_MAIL_PORT"),
        ({"HUAJIE_MAIL_USER": "a"}, "HUAJIE_MAIL_USER"),
        ({**gate, "HUAJIE_GATEWAY_URL": "http://g.example/s"}, "HUAJIE_GATEWAY_URL"),
        ({**gate, "HUAJIE_GATEWAY_URL": "https://u:p@g.example/s"}, "HUAJIE_GATEWAY_URL"),
        ({**gate, "HUAJIE_GATEWAY_SECRET": "whsec_c2hvcnQ="}, "HUAJIE_GATEWAY_SECRET"),
        ({"HUAJIE_GATEWAY_SECRET": mailboxes.SECRET}, "HUAJIE_GATEWAY_SECRET"),
        ({"HUAJIE_OUTBOX_ATTEMPTS": "0"}, "HUAJIE_OUTBOX_ATTEMPTS"),
        ({"HUAJIE_LETTERS": "perhaps"}, "HUAJIE_LETTERS"),
    ):
        with pytest.raises(SettingError, match=f"^{name}:"):
            outbox_settings(given)
