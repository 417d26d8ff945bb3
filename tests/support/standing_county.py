"""A small county in the database, and a complaint that has come some way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.small_county import FOUNDING, person

from huajie.apps.jurisdiction import operations as jurisdiction
from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.apps.jurisdiction.models import Account
from huajie.apps.matters.operations import Order, Submission, Written, act, forget, submit
from huajie.core.access import ANONYMOUS, SYSTEM, Actor, actor_for, resident_of

FOUNDED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PEOPLE = (1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 20, 21, 22, 23, 30, 31, 32, 40, 41, 50, 51, 60, 70, 71)


def found(*more: dict[str, Any]) -> Callable[..., Actor]:
    """The county, founded; gives the actor that a person is at a moment."""
    jurisdiction_queries.forget()
    forget()
    Account.objects.bulk_create(
        Account(username=f"p{number}", person=UUID(person(number)), display_name=f"p{number}", created_at=FOUNDED)
        for number in PEOPLE
    )
    jurisdiction.change(FOUNDING, actor=SYSTEM, now=FOUNDED)
    if more:
        jurisdiction.change(more, actor=SYSTEM, now=FOUNDED + timedelta(minutes=1))

    def who(number: int, at: datetime = FOUNDED + timedelta(hours=1)) -> Actor:
        return actor_for(jurisdiction_queries.snapshot(), person(number), None, at)

    return who


def day(number: int, hour: int = 2) -> datetime:
    """A moment on the number-th day after the county was founded."""
    return FOUNDED.replace(hour=hour) + timedelta(days=number)


def acknowledged(county: Callable[..., Actor]) -> Written:
    """A complaint about water, brought in on day 0 and acknowledged on day 1 by the water bureau."""
    brought = submit(
        Submission(
            pack="en.complaint",
            topic="t.water",
            region="r.qingshi",
            texts={"title": "井盖破损", "text": "路口井盖破了三个月，晚上很危险，希望换新的。"},
            contact={"name": "某某某", "phone": "19900001111"},
            point=(112.9, 28.2),
        ),
        actor=ANONYMOUS,
        now=day(0),
    )
    return act(
        brought.number,
        Order(
            act="acknowledge",
            inputs={"is_complaint": "complaint", "category": "other"},
            texts={"message": "收到，十个工作日内答复。"},
            seen=brought.n,
        ),
        actor=county(60),
        now=day(1),
    )


def review_asked(county: Callable[..., Actor], matter: Written) -> None:
    """A petition that the centre answered, 10 handling and 11 signing; its resident asks for review, all on day 2."""
    desk, head, resident = county(10), county(11), resident_of(matter.stream.hex)
    for actor, name, inputs, words in (
        (desk, "register", {}, "request_text"),
        (desk, "triage", {"class": "request", "route": "petition"}, ""),
        (desk, "keep_here", {}, ""),
        (desk, "accept", {}, "message"),
        (desk, "hear_resident", {}, "heard"),
        (
            desk,
            "draft_opinion",
            {"weight": "ordinary", "opinion": "not-supported-reasons", "fulfilment_days": 30},
            "request_text findings law opinion_text how_to_review",
        ),
        (head, "opinion", {}, ""),
        (head, "serve", {"served_date": "2026-03-04", "served_way": "hand"}, "opinion_file proof"),
        (resident, "ask_review", {}, "reason"),
    ):
        order = Order(act=name, inputs=inputs, texts=dict.fromkeys(words.split(), "说明。"))
        act(matter.stream, order, actor=actor, now=day(2))
