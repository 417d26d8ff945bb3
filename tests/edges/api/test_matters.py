"""The resident's own matter, and matters as officers see them: what is shown, what may be done, what changes."""

import re
from typing import Any

import pytest
from tests.edges.api.client import Client, housing_complaint

pytestmark = pytest.mark.accept("K9")


def test_a_resident_reads_where_it_stands_who_answers_and_what_is_next(api: Client) -> None:
    number = api.county.matters["planned"].number
    status, found = api.get(f"/public/matters/{number}", secret="planned", Accept_Language="en")
    assert status == 200
    assert found["stage"]["name"] == "stage_1" and "looking into it" in found["stage"]["plain"]
    assert found["answers"] == {"unit": "Housing Bureau (invented)", "seat": "housing (invented)"}
    assert found["title"] == "planned 的事"
    reply = next(clock for clock in found["clocks"] if clock["clock"] == "reply")
    assert (reply["status"], reply["length"], reply["unit"], reply["late"]) == ("running", 10, "workday", False)
    assert reply["source"]["verified"] is True and "10 working days" in reply["why"][0]
    assert [(step["state"], step["text"]) for step in found["steps"]] == [("open", "更换三号楼二单元的声控灯。")]
    assert found["steps"][0]["due_at"] is not None
    assert [entry["kind"] for entry in found["entries"]][:2] == ["registered", "deadline-set"]
    assert {"withdraw", "write_to_us"} <= {act["act"] for act in found["acts"]}
    assert all(act["possible"] for act in found["acts"])
    texts = {(text["name"], text["text"]) for text in found["texts"]}
    assert ("message", "收到，十个工作日内答复。") in texts


def test_a_resident_never_reads_who_sat_there_or_what_clerks_noted(api: Client) -> None:
    number = api.county.matters["planned"].number
    noted = api.post(
        f"/matters/{number}/acts/add_note",
        {"seen": api.get(f"/matters/{number}", who="housing")[1]["n"], "texts": {"note_text": "内部记录：等配件。"}},
        who="housing",
    )
    assert noted[0] == 200, noted
    _, found = api.get(f"/public/matters/{number}", secret="planned")
    assert "内部记录" not in str(found)
    # nobody's code: uuid hex of persons
    assert not re.search(r"[0-9a-f]{32}", str(found).replace(found["number"], ""))


def test_a_wrong_secret_and_a_wrong_number_get_the_same_answer(api: Client) -> None:
    known, other = api.county.matters["ordinary"], api.county.matters["sealed"]
    answers = []
    for number, secret in ((known.number, other.secret), ("2222222222", known.secret), ("nonsense", "x")):
        status, found, response = api.call("GET", f"/public/matters/{number}", Authorization=f"Bearer {secret}")
        answers.append((status, found, sorted(response.headers.items())))
    strip = [(status, found) for status, found, _ in answers]
    assert strip[0] == strip[1] == strip[2] and strip[0][0] == 404
    assert api.get(f"/public/matters/{known.number}")[0] == 401


def test_guessing_secrets_is_slowed_down(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from huajie.edges.api import signing_in
    from huajie.edges.throttle import Buckets, Table

    monkeypatch.setattr(signing_in, "wrong_secrets", Buckets("secrets", 3, within=Table(None)))
    api.django.defaults["REMOTE_ADDR"] = "203.0.113.9"
    number = api.county.matters["ordinary"].number
    tries = [api.call("GET", f"/public/matters/{number}", Authorization=f"Bearer WRONG{n}") for n in range(4)]
    assert [status for status, _, _ in tries] == [404, 404, 404, 429]
    assert int(tries[-1][2]["Retry-After"]) > 0
    # the right one has to wait as well, or the waiting would tell which one is right
    assert api.get(f"/public/matters/{number}", secret="ordinary")[0] == 429


def test_a_resident_acts_and_the_number_of_entries_seen_is_compared(api: Client) -> None:
    number = api.county.matters["ordinary"].number
    _, before = api.get(f"/public/matters/{number}/acts", secret="ordinary")
    body = {"seen": before["n"], "texts": {"message": "还有一件事：楼下的门也坏了。"}}
    status, after = api.post(f"/public/matters/{number}/acts/write_to_us", body, secret="ordinary")
    assert (status, after["n"]) == (200, before["n"] + 1)
    status, problem = api.post(f"/public/matters/{number}/acts/write_to_us", body, secret="ordinary")
    assert (status, problem["n"], [entry["kind"] for entry in problem["since"]]) == (409, after["n"], ["note"])
    status, problem = api.post(
        f"/public/matters/{number}/acts/escalate",
        {"seen": after["n"], "texts": {"reason": "没有人来。"}},
        secret="ordinary",
        Accept_Language="en",
    )
    assert status == 422
    assert {error["code"] for error in problem["errors"]} == {"stage", "when"}
    assert all(error["source"]["title"] for error in problem["errors"])


def test_a_repeated_act_under_one_key_is_done_once(api: Client) -> None:
    number = api.county.matters["ordinary"].number
    body = {"seen": 2, "texts": {"message": "只写一次。"}}
    first = api.post(f"/public/matters/{number}/acts/write_to_us", body, secret="ordinary", Idempotency_Key="once")
    again = api.post(f"/public/matters/{number}/acts/write_to_us", body, secret="ordinary", Idempotency_Key="once")
    assert first[0] == 200 and first == again
    other = {**body, "texts": {"message": "另一句。"}}
    assert (
        api.post(f"/public/matters/{number}/acts/write_to_us", other, secret="ordinary", Idempotency_Key="once")[0]
        == 409
    )


def test_a_date_is_explained_day_by_day(api: Client) -> None:
    number = api.county.matters["ordinary"].number
    path = f"/public/matters/{number}/clocks/acknowledgement/explanation"
    status, found = api.get(path, secret="ordinary", Accept_Language="en")
    assert status == 200
    assert found["due_at"] == found["clock"]["due_at"] and found["last_date"] == found["clock"]["last_date"]
    counted = [line["text"] for line in found["lines"] if line["code"] == "counted"]
    assert counted == [f"day {n}" for n in range(1, 6)]
    assert api.get(path.replace("acknowledgement", "nothing"), secret="ordinary")[0] == 404
    _, staff = api.get(path.replace("/public", ""), who="housing", Accept_Language="en")
    assert staff == found


def test_acts_say_everything_that_is_missing_with_its_source(api: Client) -> None:
    number = api.county.matters["ordinary"].number
    _, found = api.get(f"/matters/{number}/acts", who="housing", Accept_Language="en")
    acts = {act["act"]: act for act in found["acts"]}
    assert acts["acknowledge"]["possible"] and not acts["acknowledge"]["unmet"]
    assert [field["member"] for field in acts["acknowledge"]["form"]] == ["facts", "facts", "texts", "facts"]
    assert not acts["draft_reply"]["possible"]
    assert [one["code"] for one in acts["draft_reply"]["unmet"]] == ["stage"]
    assert "needs" in acts["draft_reply"]["unmet"][0]["message"] and acts["draft_reply"]["unmet"][0]["source"]["title"]


def test_an_officer_acts_and_everything_missing_is_named(api: Client) -> None:
    number = api.county.matters["ordinary"].number
    path = f"/matters/{number}/acts/acknowledge"
    status, problem = api.post(
        path, {"seen": 2, "facts": {"is_complaint": "maybe"}, "texts": {"colour": "red"}}, who="housing"
    )
    assert status == 422
    assert {(error["field"], error["code"]) for error in problem["errors"]} >= {("texts.colour", "extra_forbidden")}
    status, problem = api.post(path, {"seen": 2, "facts": {"is_complaint": "maybe"}}, who="housing")
    assert {(error["field"], error["code"]) for error in problem["errors"]} == {
        ("facts.is_complaint", "field-invalid"),
        ("facts.category", "field-missing"),
        ("texts.message", "field-missing"),
    }
    good = {
        "seen": 2,
        "facts": {"is_complaint": "complaint", "category": "delay"},
        "texts": {"message": "十个工作日内答复。"},
    }
    status, found = api.post(path, good, who="housing")
    assert (status, found["stage"]["name"], found["n"]) == (200, "stage_1", 5)
    status, problem = api.post(path, good, who="housing_head")
    assert (status, problem["since"][0]["act"]) == (409, "acknowledge")
    assert all(entry["texts"] is None for entry in problem["since"])
    assert api.post(f"/matters/{number}/acts/no_such_act", {"seen": 5}, who="housing")[0] == 404
    assert api.post(f"/matters/{number}/acts/submit", {"seen": 5}, who="housing")[0] == 404


def test_an_act_names_another_matter_by_its_number(api: Client) -> None:
    number, other = api.county.matters["ordinary"].number, api.county.matters["planned"].number
    body: dict[str, Any] = {"seen": 2, "facts": {"other_matter": other}, "texts": {"reason": "同一栋楼。"}}
    assert api.post(f"/matters/{number}/acts/link", body, who="housing")[0] == 200
    _, found = api.get(f"/matters/{number}", who="housing")
    assert found["links"] == [other]
    body = {"seen": found["n"], "facts": {"other_matter": api.county.matters["elsewhere"].number}}
    body["texts"] = {"reason": "看不到的事项。"}
    status, problem = api.post(f"/matters/{number}/acts/link", body, who="housing")
    assert (status, problem["errors"][0]["code"]) == (422, "matter-unknown")


def test_an_act_takes_two_reads_and_one_write_with_its_token(
    api: Client, django_assert_max_num_queries: Any, database: str
) -> None:
    """On PostgreSQL: the token, the matter, the write. On SQLite one `executemany` a table stands for the write."""
    number = api.county.matters["ordinary"].number
    api.get("/desk", who="housing")
    if database == "postgres":
        with django_assert_max_num_queries(3):
            done = api.post(
                f"/matters/{number}/acts/add_note", {"seen": 2, "texts": {"note_text": "看过了。"}}, who="housing"
            )
        assert done[0] == 200
        with django_assert_max_num_queries(1):
            assert api.submit(housing_complaint())[0] == 201
    else:
        assert (
            api.post(
                f"/matters/{number}/acts/add_note", {"seen": 2, "texts": {"note_text": "看过了。"}}, who="housing"
            )[0]
            == 200
        )


def test_lists_narrow_by_the_problem_and_page_by_a_key(api: Client) -> None:
    everything = []
    after = ""
    while True:
        status, page = api.get(f"/matters?open=any&limit=2{after}", who="housing")
        assert status == 200 and len(page["rows"]) <= 2
        everything += page["rows"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    numbers = [row["number"] for row in everything]
    names = {known.number: name for name, known in api.county.matters.items()}
    assert len(set(numbers)) == len(numbers)
    # the answering seat sees sealed and minor ones too; not those of labour, not those that wait in the queue
    assert {names[number] for number in numbers} == set(names.values()) - {"elsewhere", "unplaced"}
    dues = [row["due_at"] or "9999" for row in everything]
    assert dues == sorted(dues)
    _, page = api.get("/matters?stage=stage_1", who="housing")
    assert [names[row["number"]] for row in page["rows"]] == ["planned"]
    _, page = api.get("/matters?topic=t.conduct", who="housing")
    assert [(names[row["number"]], row["title"]) for row in page["rows"]] == [("sealed", "")]
    _, page = api.get("/matters?open=no", who="housing")
    assert [names[row["number"]] for row in page["rows"]] == ["withdrawn"]
    assert api.get("/matters?due_before=2001-01-01T00:00:00Z", who="housing")[1]["rows"] == []


def test_search_finds_texts_and_numbers_but_nothing_sealed(api: Client) -> None:
    names = {known.number: name for name, known in api.county.matters.items()}
    _, found = api.get("/search?q=楼道灯", who="housing")
    hits = {names[hit["row"]["number"]] for hit in found["hits"]}
    assert {"ordinary", "planned"} <= hits and not hits & {"sealed", "minor", "elsewhere", "unplaced"}
    _, found = api.get(f"/search?q={api.county.matters['planned'].number.lower()}", who="housing")
    assert [names[hit["row"]["number"]] for hit in found["hits"]] == ["planned"]


def test_the_queue_holds_what_no_rule_could_place(api: Client) -> None:
    names = {known.number: name for name, known in api.county.matters.items()}
    for who, expected in (("dispatcher", ["unplaced"]), ("supervisor", ["unplaced"]), ("intake", [])):
        status, page = api.get("/queue", who=who)
        assert (status, [names[row["number"]] for row in page["rows"]]) == (200, expected), who
    assert api.get("/queue", who="housing")[0] == 403


def test_the_desk_says_what_must_be_done(api: Client) -> None:
    names = {known.number: name for name, known in api.county.matters.items()}
    _, found = api.get("/desk", who="labour")
    shown = {names[row["number"]] for part in ("late", "soon", "later") for row in found[part]}
    assert shown == {"elsewhere", "offered"}
    assert found["open_count"] == 2


def test_the_jurisdiction_is_changed_by_an_administrator_and_refusals_name_the_place(api: Client) -> None:
    topic = {"do": "set_topic", "id": "t.noise", "parent": None, "name": {"zh": "噪声", "en": "Noise"}}
    status, found = api.post("/jurisdiction/changes", {"changes": [topic]}, who="admin")
    assert (status, [effect["e"] for effect in found["effects"]]) == (201, ["topic.set"])
    assert "t.noise" in [row["code"] for row in api.get("/topics")[1]["topics"]]
    wrong = [{**topic, "parent": "t.nothing"}, {"do": "close_unit", "id": "u.housing"}]
    status, problem = api.post("/jurisdiction/changes", {"changes": wrong}, who="admin", Accept_Language="en")
    assert status == 422
    assert {error["field"].partition(".")[0] for error in problem["errors"]} >= {"changes[1]"}
    assert api.post("/jurisdiction/changes", {"changes": [topic]}, who="supervisor")[0] == 403
    assert api.post("/jurisdiction/changes", {"changes": [{"do": ["x"]}]}, who="admin")[0] == 422


def test_the_simulator_says_why_each_rule_lost(api: Client) -> None:
    body = {"pack": "en.complaint", "topic": "t.wages", "region": "r.qingshi"}
    status, found = api.post("/routing/simulate", body, who="supervisor", Accept_Language="en")
    assert (status, found["unit"]["code"], found["remit"], found["matched"]) == (200, "u.labour", "m.wages", True)
    assert [(step["remit"], step["code"]) for step in found["steps"]] == [("m.wages", "chosen"), ("m.housing", "topic")]
    assert found["steps"][1]["text"] == "does not cover the topic"
    _, found = api.post("/routing/simulate", {**body, "concerned": ["u.labour"]}, who="supervisor")
    assert (found["unit"]["code"], [step["code"] for step in found["steps"]][:2]) == ("u.gov", ["raised", "concerned"])
    assert api.post("/routing/simulate", body, who="housing")[0] == 403


def test_packs_places_and_calendars_are_open_to_anybody(api: Client) -> None:
    _, packs = api.get("/packs", Accept_Language="en")
    assert {"en.complaint", "cn.petition.request"} <= {pack["name"] for pack in packs["packs"]}
    _, pack = api.get("/packs/en.complaint", Accept_Language="en")
    assert {"acknowledgement", "reply"} <= {clock["name"] for clock in pack["clocks"]}
    assert [source["verified"] for source in pack["sources"] if source["tag"] == "M"].count(True) == 0
    assert api.get("/packs/no.such")[0] == 404
    assert {row["code"] for row in api.get("/regions")[1]["regions"]} == {"r.yunxi", "r.qingshi"}
    _, units = api.get("/units")
    assert "person" not in str(units) and {row["code"] for row in units["units"]} >= {"u.housing", "u.gov"}
    assert "cn" in {row["id"] for row in api.get("/calendars")[1]["calendars"]}
    _, calendar = api.get("/calendars/cn?year=2026")
    assert {"date": "2026-10-01", "kind": "holiday"}.items() <= next(
        day.items() for day in calendar["days"] if day["date"] == "2026-10-01"
    )
    assert api.get("/calendars/mars")[0] == 404
