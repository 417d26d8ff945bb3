"""A petition of the hand-written county that housing has accepted, so that an opinion can be drafted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from huajie.apps.matters.operations import Submission, submit
from huajie.core.access import ANONYMOUS


def accepted(county: Any) -> Any:
    """Bring it in, tell the resident, accept it and hear the resident; two notices are issued."""
    wanted = Submission(
        pack="cn.petition.request",
        topic="t.housing",
        region="r.qingshi",
        texts={"title": "楼道灯坏了", "text": "三周没有人修。", "wish": "请修好。"},
        contact={"name": "某居民", "phone": "13900007777"},
    )
    county.keep("petition", submit(wanted, actor=ANONYMOUS, now=county.founded_at + timedelta(hours=2)))
    for act, inputs, texts in (
        ("register", {}, {"request_text": "修灯"}),
        ("triage", {"class": "request", "route": "petition"}, {}),
        ("keep_here", {}, {}),
        ("notify", {}, {"message": "走信访程序，六十日内出具意见。"}),
        ("accept", {}, {"message": "已受理。"}),
        ("hear_resident", {}, {"heard": "居民说明了情况。"}),
    ):
        county.act("petition", "housing", act, inputs=inputs, texts=texts)
    return county
