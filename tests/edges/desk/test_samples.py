"""A supervisor fixes a seed and draws, somebody else records what they found, and anybody draws again."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def ended(county: Any) -> Any:
    """The county, with the seed of its month fixed and one matter withdrawn in it, a month on."""
    from huajie.apps.supervision import samples

    first = county.founded_at.astimezone(ZONE).date().replace(day=1)
    last = (first + timedelta(days=40)).replace(day=1) - timedelta(days=1)
    name = f"{first:%Y-%m}"
    supervisor = county.actor("supervisor")
    samples.fix_seed(name, first=first, last=last, actor=supervisor, now=county.founded_at, zone=ZONE)
    return county, name, last


def test_a_supervisor_fixes_the_seed_and_everybody_reads_its_hash(staff: Callable[..., Any], client: Any) -> None:
    supervisor = staff("supervisor")
    page = supervisor.get("/desk/samples/")
    assert "Fix the seed" in page.content.decode()
    assert supervisor.post("/desk/samples/", {"do": "fix"}).status_code == 302
    from huajie.apps.supervision import samples

    (known,) = samples.samples()
    assert known.seed_hash in supervisor.get("/desk/samples/").content.decode()
    public = client.get("/samples/", headers={"accept-language": "en"}).content.decode()
    assert known.seed_hash in public
    assert client.get(f"/samples/{known.name}.json").status_code == 404
    again = supervisor.post("/desk/samples/", {"do": "fix"})
    assert again.status_code == 422
    assert "done already" in again.content.decode()
    refused = staff("housing").post("/desk/samples/", {"do": "fix"})
    assert refused.status_code == 422


def test_a_drawn_ending_is_looked_at_by_somebody_else(ended: Any, staff: Callable[..., Any], client: Any) -> None:
    from huajie.apps.supervision import samples
    from huajie.core.supervision import differences

    county, name, last = ended
    after = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=ZONE) + timedelta(hours=9)
    document = samples.freeze_and_draw(name, size=1, actor=county.actor("supervisor"), now=after, zone=ZONE)
    published = json.loads(client.get(f"/samples/{name}.json").content)
    assert published == document
    assert differences(published) == ()
    (ending,) = samples.drawn(name)
    page = staff("supervisor").get(f"/desk/samples/{name}/").content.decode()
    assert "Look at it again" in page
    number = next(known.number for known in county.matters.values() if known.stream == ending.matter)
    address = f"/desk/samples/{name}/{number}/"
    assert staff("labour").get(address).status_code == 404
    incomplete = staff("supervisor").post(address, {"resident": "not-reached", "done": "yes"})
    assert incomplete.status_code == 422
    found = {"resident": "not-reached", "channel": "", "met_unit": "met", "file": "read"}
    found |= {"answerable": "yes", "done": "yes", "solved": "unknown"}
    assert staff("supervisor").post(address, found).status_code == 302
    told = staff("supervisor").get(f"/desk/samples/{name}/").content.decode()
    assert "Nobody can say" in told
