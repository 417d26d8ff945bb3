"""A kept list is a name, filters and an order: one's own or the unit's; never a person, never words of a search."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.reading import said


def lists_on(client: Any) -> str:
    return said(client.get("/desk/list/kept/"))


def test_a_list_is_kept_for_oneself_and_opens_by_its_address(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    sent = {"name": " 超期的 信件 ", "due": "late", "channel": "letter", "sort": "-received", "q": "张三", "x": "1"}
    answer = client.post("/desk/list/kept/", sent)
    assert answer["Location"] == "/desk/matters/?channel=letter&due=late&sort=-received"
    assert 'href="/desk/matters/?channel=letter&amp;due=late&amp;sort=-received">超期的 信件' in lists_on(client)
    assert "超期的 信件" in said(client.get("/desk/matters/"))
    for other in ("housing_colleague", "housing_head", "labour"):
        assert "超期的 信件" not in lists_on(staff(other))
    client.post("/desk/list/kept/dropped/", {"own": "超期的 信件"})
    assert "超期的 信件" not in lists_on(client)


def test_a_shared_list_is_for_the_unit_and_means_the_same_from_every_seat(
    county: Any, staff: Callable[..., Any]
) -> None:
    from huajie.apps.accounts.models import SharedFilter

    client, colleague = staff("housing"), staff("housing_colleague")
    client.post("/desk/list/kept/", {"name": "一号岗的住房", "topic": "t.housing", "seat": "mine", "share": "1"})
    (row,) = SharedFilter.objects.all()
    assert (row.unit, row.query) == ("u.housing", "topic=t.housing&seat=s.housing.one")
    assert "一号岗的住房" in lists_on(colleague) and "一号岗的住房" not in lists_on(staff("labour"))
    # of another unit nothing is taken away; of one's own by anybody who sits in it
    staff("labour").post("/desk/list/kept/dropped/", {"shared": str(row.id)})
    assert SharedFilter.objects.count() == 1
    colleague.post("/desk/list/kept/dropped/", {"shared": str(row.id)})
    assert not SharedFilter.objects.exists()
    colleague.post("/desk/list/kept/dropped/", {"shared": "nonsense"})


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"name": "", "topic": "t.housing"}, "Give it a name"),
        ({"name": "长" * 41, "topic": "t.housing"}, "Give it a name"),
        ({"name": "13900007777 的事", "topic": "t.housing"}, "tells who somebody is"),
        ({"name": "邻居王建国反映", "topic": "t.housing"}, "tells who somebody is"),
        ({"name": "全部", "q": "张三"}, "Choose filters"),
        ({"name": "全部", "due": "soon", "person": "1"}, "Choose filters"),
    ],
)
@pytest.mark.parametrize("share", ["", "1"])
def test_what_tells_who_somebody_is_or_is_no_filter_is_not_kept(
    county: Any, staff: Callable[..., Any], sent: dict[str, str], why: str, share: str
) -> None:
    from huajie.apps.accounts.models import SharedFilter
    from huajie.apps.jurisdiction.models import Account

    answer = staff("housing").post("/desk/list/kept/", {**sent, "share": share})
    assert answer.status_code == 422 and why in said(answer)
    assert not SharedFilter.objects.exists()
    assert not Account.objects.exclude(lists="").exists()


def test_there_is_room_for_so_many(county: Any, staff: Callable[..., Any]) -> None:
    client = staff("housing")
    for n in range(20):
        assert client.post("/desk/list/kept/", {"name": f"第{n}个", "topic": "t.housing"}).status_code == 302
    assert client.post("/desk/list/kept/", {"name": "第0个", "topic": "t.wages"}).status_code == 302
    full = client.post("/desk/list/kept/", {"name": "再一个", "topic": "t.housing"})
    assert full.status_code == 422 and "as many as there may be" in said(full)
    assert said(full).count('name="own"') == 20


def test_a_view_of_the_board_is_kept_and_taken_away(county: Any, staff: Callable[..., Any]) -> None:
    from huajie.apps.accounts.lists import lists_of
    from huajie.apps.jurisdiction.models import Account

    def kept() -> tuple[tuple[str, str], ...]:
        return lists_of(Account.objects.get(username="supervisor")).views

    supervisor = staff("supervisor")
    asked = {"unit": "u.housing", "topic": "t.housing"}
    assert "Keep this view" not in supervisor.get("/desk/board/").content.decode(), "nothing narrows it"
    assert "Keep this view" in supervisor.get("/desk/board/", asked).content.decode()
    sent = {**asked, "name": "住建局住房", "seat": "mine", "person": "某某"}
    assert supervisor.post("/desk/board/views/", sent)["Location"] == "/desk/board/?topic=t.housing&unit=u.housing"
    assert kept() == (("住建局住房", "topic=t.housing&unit=u.housing"),), "only what the board asks of a problem"
    assert 'href="/desk/board/?topic=t.housing&amp;unit=u.housing"' in supervisor.get("/desk/board/").content.decode()
    assert "住建局住房" not in staff("auditor").get("/desk/board/").content.decode()
    for wrong in ({"name": ""}, {"name": "13900001111"}, {"unit": "", "topic": ""}):
        assert supervisor.post("/desk/board/views/", {**sent, **wrong}).status_code == 422, wrong
    assert supervisor.post("/desk/board/views/", {"drop": "住建局住房"}).status_code == 302
    assert kept() == ()
