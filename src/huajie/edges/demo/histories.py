"""
What happens to the matters of the invented county: one script for each kind of procedure.

The shares are chosen to look like a county's year: most are on time, some late, some contested, extended, reviewed,
withdrawn and taken up again, opened again; and whatever the end of the time cuts off stands in its stage, open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from huajie.apps.matters.operations import Handle, Submission
from huajie.core.access import ANONYMOUS, Actor
from huajie.core.ledger import stamp
from huajie.edges.demo import county, texts
from huajie.edges.demo.texts import pick
from huajie.edges.demo.world import Days, Halt, Script, Story, World

_UNASSIGNED = [topic.code for topic in county.topics() if topic.parent == "t.unassigned"]
#: What nobody's remit names comes twice as often, so that its queue has something to show.
_LEAVES = [topic.code for topic in county.topics() if topic.parent is not None] + _UNASSIGNED
_CITY_TOPICS = {
    "t.pothole": "pothole",
    "t.streetlight": "streetlight",
    "t.signals": "signal",
    "t.waste": "waste",
    "t.drainage": "water",
    "t.park": "park",
    "t.noise": "noise",
    "t.stalls": "other",
    "t.dust": "other",
}
_CITY_LEAVES = list(_CITY_TOPICS)
_ENGLISH_LEAVES = list(texts.ENGLISH_PROBLEMS)
#: topic -> bureau to which the petition office refers it
_BUREAU = {
    "t.wages": "u.labour",
    "t.injury": "u.labour",
    "t.pension": "u.labour",
    "t.deeds": "u.housing",
    "t.resettlement": "u.housing",
    "t.expropriation": "u.land",
    "t.contract": "u.farming",
    "t.subsidy": "u.farming",
    "t.leaks": "u.housing",
    "t.village-books": "u.farming",
    "t.low-income": "u.civil",
    "t.medical": "u.health",
    "t.school-place": "u.education",
    "t.river": "u.ecology",
    "t.rural-road": "u.transport",
    "t.prepaid": "u.market",
    "t.property": "u.housing",
    "t.bus": "u.transport",
    "t.dogs": "u.urban",
    "t.charging": "u.housing",
    "t.signal": "u.data",
}
#: Where a second opinion on competence points.
_OTHER = {
    "u.housing": "u.urban",
    "u.urban": "u.housing",
    "u.labour": "u.housing",
    "u.land": "u.farming",
    "u.farming": "u.land",
    "u.transport": "u.urban",
    "u.water": "u.ecology",
    "u.ecology": "u.water",
    "u.civil": "u.health",
    "u.health": "u.civil",
    "u.education": "u.transport",
    "u.market": "u.urban",
    "u.data": "u.urban",
}
_HELPERS = {"t.power-cut": "u.power", "t.streetlight": "u.power", "t.tap-water": "u.waterworks"}
#: Out of a hundred: how something comes in.
_CHANNELS = ("web",) * 46 + ("counter",) * 20 + ("hotline",) * 18 + ("letter",) * 6 + ("township",) * 10
_MODES = ("open",) * 80 + ("confidential",) * 11 + ("anonymous",) * 9
_TOWNS = [index for index, weight in enumerate(county.people_weights()) for _ in range(weight)]
_ROUTES = ("labour", "administrative-review", "land", "competent-body", "disclosure")
_ROUTE_OF = {
    "labour": "arbitration",
    "land": "arbitration",
    "administrative-review": "administrative",
    "competent-body": "duty",
    "disclosure": "administrative",
}


@dataclass(slots=True)
class Brought:
    """What a resident brings, before anybody has seen it."""

    topic: str
    region: str
    title: str
    story: str
    wish: str
    #: which of the topic's problems it is: findings and remedies follow it
    which: int
    point: tuple[float, float] | None


def bring(rng: Random, leaves: list[str], town: int | None = None) -> Brought:
    """Return one problem somewhere in the county, or in the township of that number."""
    topic = leaves[int(rng.random() * len(leaves))]
    index = _TOWNS[int(rng.random() * len(_TOWNS))]
    index = index if town is None else town
    town = county.TOWNSHIPS[index]
    title, story, wish, which = texts.problem(rng, topic, town.zh + pick(rng, town.places))
    point = None
    if rng.random() < 0.55:
        x, y = county.middle_of(index)
        point = (round(x + (rng.random() - 0.5) * 0.05, 6), round(y + (rng.random() - 0.5) * 0.05, 6))
    return Brought(topic, f"r.{town.code}", title, story, wish, which, point)


class _Chinese(Story):
    """The parts that county matters share."""

    __slots__ = ("brought",)

    def __init__(self, world: World, days: Days) -> None:
        super().__init__(world, days)
        self.brought: Brought | None = None

    @property
    def phrases(self) -> texts.Phrases:
        """The words of this matter's topic."""
        assert self.brought is not None
        return texts.phrases()[self.brought.topic]

    def line(self, options: list[str]) -> str:
        """Return the phrase that goes with the problem."""
        assert self.brought is not None
        return options[self.brought.which % len(options)]

    def bring_in(self, pack: str, brought: Brought, fields: dict[str, str], **inputs: Any) -> None:
        """Submit through one of the channels, with whoever types it in."""
        rng, world = self.rng, self.world
        self.brought = brought
        channel = pick(rng, _CHANNELS)
        actor: Actor = ANONYMOUS
        received = world.now
        if channel == "township":
            found, channel = world.seat(f"s{brought.region[1:]}.desk"), "counter"
        elif channel == "hotline":
            found = world.seat("s.hotline.desk")
        else:
            found = world.seat("s.petition.desk") if channel in ("counter", "letter") else None
        if found is not None:
            actor = found
        if channel == "letter":
            received -= timedelta(days=int(1 + rng.random() * 3))
            fields = {**fields, "late_reason": "来信先到收发室，转到窗口后当天登记。"}
        mode = pick(rng, _MODES)
        self.submit(
            Submission(
                pack=pack,
                topic=brought.topic,
                region=brought.region,
                mode=mode,
                channel=channel,
                texts=fields,
                contact=texts.contact(rng) if mode != "anonymous" else None,
                point=brought.point,
                received_at=received,
                inputs=inputs,
            ),
            actor,
        )

    def note(self) -> None:
        """Write down how it goes."""
        self.act("add_note", self.lead, {"note_text": pick(self.rng, texts.NOTES)})

    def photo(self) -> str:
        """Return evidence of something done."""
        return self.paper(
            pick(self.rng, ("现场照片.jpg", "完工照片.jpg", "签收单.pdf", "银行回单.pdf", "检测报告.pdf"))
        )

    def contacted(self) -> str:
        """Return how calling back went."""
        if self.state.mode == "anonymous":
            return "no-contact"
        return pick(self.rng, ("reached",) * 7 + ("not-reached",) * 2 + ("not-wished",))

    def view(self) -> None:
        """Let the resident say what they think."""
        draw = self.rng.random()
        verdict = "solved" if draw < 0.55 else "partly" if draw < 0.8 else "not-solved"
        words = pick(self.rng, texts.SAYS)
        self.act("give_view", self.resident, {"message": words} if words else {}, verdict=verdict)

    def transfer(self) -> str:
        """Return the key of the newest transfer."""
        return max((key for key in self.state.requests if key.startswith("transfer#")), key=lambda key: int(key[9:]))

    def steps(self) -> list[str]:
        """Return the keys of unfinished steps, oldest first."""
        found = [key for key, one in self.state.requests.items() if one.kind == "plan_step" and one.state == "open"]
        return sorted(found, key=lambda key: int(key.rpartition("#")[2]))

    def plan(self, step: str) -> None:
        """Promise a step."""
        self.act(
            "plan_step",
            self.lead,
            {"step_text": step},
            action_days=int(5 + self.rng.random() * 20),
            to_unit=self.state.unit,
        )

    def work_off(self, slips: float) -> Script:
        """Finish the steps one after another, some late with a word about it."""
        for key in self.steps():
            yield self.office(3, 12)
            if self.chance(slips):
                self.act(
                    "slip_step",
                    self.lead,
                    {"reason": pick(self.rng, texts.SLIPS), "step_text": self.line(self.phrases.steps)},
                    target=key,
                    action_days=int(7 + self.rng.random() * 14),
                    to_unit=self.state.unit,
                )
                yield self.office(4, 11)
                key = self.steps()[-1]
            self.act(
                "finish_step",
                self.lead,
                {"note_text": pick(self.rng, texts.NOTES), "evidence_file": self.photo()},
                target=key,
            )

    def withdraw(self) -> Script:
        """Let the resident withdraw; three in ten take it back."""
        words = pick(self.rng, texts.WITHDRAW_WORDS)
        self.act("withdraw", self.resident, {"message": words} if words else {})
        if self.draw("undo") < 0.3:
            yield self.later(3, 25)
            self.act("undo_withdrawal", self.resident, {"message": pick(self.rng, texts.UNDO_WORDS)})

    def archive(self) -> Script:
        """Put the file away, after the time in which a withdrawal can be undone."""
        yield self.office_after(35, 90)
        archivist = self.world.seat("s.yunxiu.archivist")
        assert archivist is not None
        self.act("archive", archivist, {"note_text": "材料齐全，目录已核。"})


class _Petition(_Chinese):
    """A petition from submission to the archive, by 信访工作条例."""

    __slots__ = ()

    def run(self) -> Script:
        """The whole way."""
        rng = self.rng
        if "place" in self.forced:
            # one road that many complain about
            brought = bring(rng, ["t.drainage"], int(self.forced["place"]))
        else:
            brought = bring(rng, _UNASSIGNED if "unmatched" in self.forced else _LEAVES)
        fields = {"title": brought.title, "text": brought.story, "wish": brought.wish}
        self.bring_in("cn.petition.request", brought, fields)
        fate = self.draw("fate")
        yield self.office(0, 3) if self.draw("slow") < 0.96 else self.office(9, 13)
        if fate < 0.012:
            self.act("opened_in_error", self.head, {"reason": pick(rng, texts.ERRORS)})
            yield from self.checked()
            return
        self.act("register", self.lead, {"request_text": brought.wish})
        yield self.office(0, 2)
        if fate < 0.03:
            yield from self.withdraw()
            if self.state.stage == "withdrawn":
                yield from self.archive()
                return
            yield self.office(0, 2)
        if 0.03 <= fate < 0.12:
            yield from self.guided(pick(rng, _ROUTES))
            return
        if 0.15 <= fate < 0.165:
            yield from self.same_problem()
            if not self.state.open:
                return
        if 0.165 <= fate < 0.25:
            yield from self.common_problem()
        self.world.recent[brought.topic] = self.tip
        if self.state.part_of is None:
            self.world.leading.setdefault((brought.topic, brought.region), self.tip)
        self.act("triage", self.lead, **{"class": "request", "route": "petition"})
        yield self.office(0, 2)
        if self.state.unmatched and self.draw("unmatched") < 0.5:
            # nobody has settled yet whose it is
            yield self.office_after(40, 190)
        yield from self.placed()
        yield self.office(1, 4)
        if 0.12 <= fate < 0.135:
            yield from self.not_accepted()
            return
        if self.draw("notify") < 0.6:
            self.act("notify", self.lead, {"message": pick(rng, texts.NOTIFIES)})
            yield self.office(0, 2)
        late = self.chance(0.05)
        if late:
            yield self.office(6, 12)
        self.act("accept", self.lead, {"message": pick(rng, texts.ACCEPTS)})
        if self.draw("served") < 0.8:
            yield self.office(0, 2)
            self.serve_notices()
        if 0.135 <= fate < 0.15:
            yield self.office(2, 15)
            yield from self.withdraw()
            if self.state.stage == "withdrawn":
                yield from self.archive()
                return
        yield from self.handled(late=self.draw("late") < 0.09)

    def common_problem(self) -> Script:
        """Ask the resident whether it is what others of the place raised too; most say yes, some nothing at all."""
        assert self.brought is not None
        place = (self.brought.topic, self.brought.region)
        leader = self.world.leading.get(place)
        if leader is None or leader.state is None or not leader.state.open or leader.state.part_of is not None:
            self.world.leading.pop(place, None)
            return
        message = {"message": "这一带还有人反映同样的问题，请您看看是不是同一处。归在一起办，您的编号和期限都不变。"}
        self.act("propose_part", self.lead, message, problem_ref=leader.stream.hex)
        yield self.later(1, 4)
        draw = self.draw("join")
        if draw < 0.8:
            self.act("confirm_part" if draw < 0.7 else "decline_part", self.resident)
            yield self.office(0, 1)

    def sponsored(self) -> Script:
        """A leader answers for it: the team has a task, the plan is approved, safeguards are looked at."""
        rng = self.rng
        leader = self.world.seat("s.yunxiu.deputy")
        helper = _OTHER.get(self.state.unit)
        if leader is None or helper is None or self.state.superior is None:
            return
        self.act(
            "propose_sponsor",
            self.head,
            {"reason": "涉及几个部门，需要一位领导牵头负责。"},
            sponsor_seat="s.yunxiu.deputy",
        )
        yield self.office(0, 2)
        self.act("accept_sponsor", leader, target="sponsor#1", sponsor_days=int(60 + rng.random() * 60))
        yield self.office(0, 3)
        task = {"task_text": "请提供有关审批和验收材料，并派人一起看现场。"}
        self.act("give_task", leader, task, support_unit=helper, task_days=int(7 + rng.random() * 10))
        self.plan(self.line(self.phrases.steps))
        yield self.office(0, 2)
        self.act("approve_plan", leader, {"note_text": "同意这个方案，按答应的日期办。"})
        if self.chance(0.4):
            guard = {"step_text": "现场拉起围挡，设置警示牌。"}
            self.act("set_safeguard", self.lead, guard, safeguard="place_made_safe")
        else:
            self.act("no_safeguard", self.lead, {"reason": "看过现场，损失不会扩大。"})
        yield self.office(5, 14)
        done = {"note_text": "材料已提供，现场已一起看过。", "evidence_file": self.photo()}
        self.act("finish_task", self.taker(helper), done, target="task#1")
        yield from self.work_off(0.25)

    def evaluate(self) -> None:
        """Say, as somebody who did not handle it, whether the measures of a sponsored case work."""
        if self.state.sponsor is not None and "evaluation" not in self.state.texts:
            self.act("evaluate", self.verifier(), {"evaluation": "措施按方案落实，现场核对仍然管用。"})

    def same_problem(self) -> Script:
        """Ask the resident whether it is the same problem as another one; three in four say yes."""
        other = self.world.recent.get(self.state.topic)
        if other is None or other.state is None or not other.state.open:
            return
        message = {"message": "另有一件反映的是同一类问题，请您看看是不是同一件事，由您决定要不要放在一起办。"}
        self.act("propose_merge", self.lead, message, merge_ref=other.stream.hex)
        yield self.later(1, 5)
        self.act("confirm_merge" if self.chance(0.75) else "decline_merge", self.resident)
        yield self.office(0, 1)

    def guided(self, remedy: str) -> Script:
        """Another legal route is open: say where, until when and how."""
        route = _ROUTE_OF[remedy]
        self.act("triage", self.lead, **{"class": "request", "route": route})
        yield self.office(0, 3)
        number = f"{remedy[:2].upper()}{int(self.rng.random() * 10**6):06d}"
        self.act("refer_out", self.lead, {"route_text": texts.ROUTES[remedy]}, remedy=remedy)
        yield self.office(1, 3)
        self.serve_notices()
        yield self.office(2, 7)
        self.act(
            "confirm_referral", self.verifier(), {"receipt_number": number, "note_text": "与接收机关核对，材料已收到。"}
        )
        yield from self.archive()

    def checked(self) -> Script:
        """Somebody else confirms the ending."""
        self.serve_notices()
        yield self.office(2, 9)
        if self.state.sponsor is not None:
            self.act("confirm_to_look_back", self.verifier(), {"note_text": pick(self.rng, texts.VERIFY_WORDS)})
            yield self.office_after(70, 92)
            self.evaluate()
            self.act("look_back", self.verifier(), {"note_text": pick(self.rng, texts.LOOK_BACK_WORDS)})
        else:
            self.act("confirm_ending", self.verifier(), {"note_text": pick(self.rng, texts.VERIFY_WORDS)})
        yield from self.archive()

    def not_accepted(self) -> Script:
        """A body is handling it already and still in time."""
        self.act(
            "not_accept",
            self.head,
            {
                "reason": "同一事项有关机关已经受理，正在规定期限内办理（第十九条第三款）。",
                "route_text": "正在办理的单位和编号已当面告诉本人，办结后会书面答复。",
            },
            non_acceptance="referred-to",
        )
        yield self.office(1, 3)
        self.serve_notices()
        yield self.office(2, 7)
        number = f"SL{int(self.rng.random() * 10**6):06d}"
        self.act("confirm_referral", self.verifier(), {"receipt_number": number, "note_text": "与办理机关核对无误。"})
        yield from self.archive()

    def serve_notices(self) -> None:
        """Serve every notice that was issued, by hand at the counter or by post."""
        for key, one in list(self.state.documents.items()):
            if one.state == "issued" and one.kind != "opinion":
                self.act("serve_notice", self.lead, self.proof(way := self.way()), target=key, **self.served(way))

    def way(self) -> str:
        """Return how a paper reaches the resident: of whom nobody knows an address, at the counter."""
        if self.state.mode == "anonymous":
            return "collected"
        return pick(self.rng, ("hand", "hand", "hand", "registered-post", "collected", "left"))

    def proof(self, way: str) -> dict[str, str]:
        """Return what proves that way of service."""
        found = {"proof": self.paper("送达回证.pdf")}
        if way == "registered-post":
            found["tracking_number"] = f"XA{int(self.rng.random() * 10**9):09d}"
        elif way == "left":
            found["witness"] = "本人不在家，同住亲属拒绝签收，村（居）委会工作人员到场见证。"
        return found

    def served(self, way: str) -> dict[str, Any]:
        """Return the facts of a service today."""
        return {"served_date": self.today(), "served_way": way}

    def placed(self) -> Script:
        """Find the body that can decide: here, or by referral, which may be contested twice."""
        assert self.brought is not None
        state = self.state
        if state.unit != "u.petition":
            if self.chance(0.9) or state.unit not in _OTHER:
                self.act("keep_here", self.lead, {"note_text": "属于本单位职责，自行办理。"})
                return
            to = _OTHER[state.unit]
        else:
            to = _BUREAU.get(self.brought.topic) or "u.centre"
        self.act("offer_transfer", self.lead, {"reason": pick(self.rng, texts.REFERS)}, to_unit=to)
        draw = self.rng.random()
        if draw < 0.78:
            yield self.office(0, 4)
            self.act("accept_transfer", self.taker(to), {"note_text": "接收，已分给经办岗。"}, target=self.transfer())
        elif draw < 0.83:
            # no answer at all: the unit above decides once the time to object is over
            yield self.office(7, 10)
            self.act("direct_transfer", self.decider, {"reason": pick(self.rng, texts.DIRECTS)}, to_unit=to)
        else:
            yield self.office(1, 4)
            self.act(
                "contest_transfer", self.taker(to), {"reason": pick(self.rng, texts.CONTESTS)}, target=self.transfer()
            )
            if draw < 0.92 or to not in _OTHER:
                yield self.office(1, 5)
                self.act(
                    "direct_transfer",
                    self.decider,
                    {"reason": pick(self.rng, texts.DIRECTS)},
                    to_unit=to if self.chance(0.7) or to not in _OTHER else _OTHER[to],
                )
                return
            yield self.office(1, 3)
            self.act("agree_objection", self.lead, {"reason": "核实了理由，同意。"}, target=self.transfer())
            yield self.office(0, 2)
            other = _OTHER[to]
            self.act("offer_transfer", self.lead, {"reason": pick(self.rng, texts.REFERS)}, to_unit=other)
            yield self.office(1, 4)
            if self.chance(0.4):
                self.act(
                    "contest_transfer",
                    self.taker(other),
                    {"reason": pick(self.rng, texts.CONTESTS)},
                    target=self.transfer(),
                )
            else:
                self.act("accept_transfer", self.taker(other), {"note_text": "接收。"}, target=self.transfer())

    @property
    def decider(self) -> Actor:
        """The head of the unit that was asked who handles it."""
        asked = [one for one in self.state.requests.values() if one.kind == "transfer_decision" and one.state == "open"]
        return self.world.head(asked[0].unit)

    def taker(self, unit: str) -> Actor:
        """Return who answers for a unit that was asked."""
        found = self.world.seat(f"s{unit[1:]}.handler")
        assert found is not None, unit
        return found

    def hear(self) -> None:
        """Hear the resident, who chooses how."""
        heard = texts.HEARD_BY_NUMBER if self.state.mode == "anonymous" else pick(self.rng, texts.HEARD)
        self.act("hear_resident", self.lead, {"heard": heard})

    def handled(self, *, late: bool) -> Script:
        """From acceptance to the opinion or a settlement."""
        rng = self.rng
        yield self.office(2, 8)
        self.hear()
        if self.draw("sponsor") < 0.03:
            yield from self.sponsored()
        if (helper := _HELPERS.get(self.state.topic)) and self.chance(0.6):
            self.act("add_support", self.lead, {"reason": "请配合现场检测。"}, support_unit=helper)
        yield self.office(2, 7)
        self.note()
        if self.chance(0.1):
            self.act(
                "set_safeguard", self.lead, {"step_text": "现场拉起围挡，设置警示牌。"}, safeguard="place_made_safe"
            )
        if self.chance(0.35):
            self.plan(self.line(self.phrases.steps))
            yield from self.work_off(0.25)
        if self.chance(0.12):
            self.act("write_to_us", self.resident, {"message": "补充两张照片说明，情况还是这样。"})
        if self.chance(0.2):
            yield self.office(1, 4)
            self.act("write_to_resident", self.lead, {"message": "正在核实，预计下周给您电话说明进度。"})
        if self.draw("settle") < 0.06:
            yield self.office(2, 6)
            self.act(
                "settle",
                self.lead,
                {
                    "agreement": self.paper("调解协议书.pdf"),
                    "opinion_text": f"双方自愿达成协议：{self.line(self.phrases.remedies)}。",
                },
                fulfilment_days=int(40 + rng.random() * 50),
            )
            yield from self.fulfilled()
            return
        extended = self.chance(0.13)
        if extended:
            yield self.office(8, 16)
            extended = not self.is_late("handling")
        if extended:
            more = (10, 15, 20, 30)[int(rng.random() * 4)]
            reason = {"reason": pick(rng, texts.EXTENDS)}
            self.act("ask_extension", self.lead, reason, extension_days=more)
            yield self.office(0, 2)
            if self.chance(0.85) and not self.is_late("handling"):
                self.act("grant_extension", self.head, reason, target="extension#1", extension_days=more)
            else:
                self.act("refuse_extension", self.head, {"reason": "案情不复杂，请按期办结。"}, target="extension#1")
                extended = False
        if self.chance(0.05):
            yield self.office(1, 5)
            self.act(
                "hold_hearing", self.lead, {"hearing_record": self.paper("听证笔录.pdf")}, hearing_date=self.today()
            )
        yield self.office(3, 12)
        self.note()
        yield self.office(2, 9)
        if late:
            yield self.office_after(35, 60)
        elif extended:
            yield self.office(8, 15)
        yield from self.decided()

    def decided(self) -> Script:
        """Sign the opinion, serve it, and what follows."""
        rng = self.rng
        draw = self.draw("opinion")
        kind = (
            "resolved-as-asked"
            if draw < 0.5
            else "partly-resolved"
            if draw < 0.72
            else "explained-no-basis"
            if draw < 0.86
            else "not-supported-reasons"
        )
        assert self.brought is not None
        remedy = self.line(self.phrases.remedies)
        words = {
            "resolved-as-asked": f"支持您的请求：{remedy}。",
            "partly-resolved": f"部分支持：{remedy}；其余部分理由见上。",
            "explained-no-basis": "您的请求合情合理，现行规定没有依据，已作解释说明。",
            "not-supported-reasons": "经核实没有事实依据，不予支持，理由如上。",
        }
        drafter, signer = self.hands()
        self.act(
            "draft_opinion",
            drafter,
            {
                "request_text": self.brought.wish,
                "findings": f"{self.line(self.phrases.findings)}。",
                "law": "《信访工作条例》第三十二条以及该领域现行规定。",
                "opinion_text": words[kind],
                "how_to_review": "请向作出本意见机关的上一级机关书面提出。",
            },
            weight="major" if self.chance(0.1) else "ordinary",
            opinion=kind,
            fulfilment_days=int(45 + rng.random() * 60),
        )
        yield self.office(0, 1)
        self.act("opinion", signer)
        yield self.office(0, 3)
        self.serve_notices()
        way = self.way()
        if self.chance(0.1):
            self.act("agree_online", self.resident, electronic_service=True)
            way = "online"
        proof = {"opinion_file": self.paper("处理意见书（盖章）.pdf"), **self.proof(way)}
        self.act("serve", self.lead, proof, **self.served(way))
        if self.draw("review") < (0.05 if kind in ("resolved-as-asked", "partly-resolved") else 0.22):
            yield self.later(4, 24)
            yield from self.reviewed()
            return
        if kind in ("resolved-as-asked", "partly-resolved"):
            yield self.office(1, 6)
            yield from self.fulfilled()
            return
        if self.chance(0.2):
            yield self.later(2, 10)
            self.view()
        yield self.office_after(43, 58)
        yield from self.finished()

    def finished(self) -> Script:
        """Nothing has to be carried out, and the time to ask for review is over."""
        self.act(
            "finish",
            self.lead,
            {"note_text": "期限内没有收到复查请求，已再次说明。", "report_text": pick(self.rng, texts.REPORTS)},
            contacted=self.contacted(),
        )
        yield from self.checked()

    def fulfilled(self) -> Script:
        """Carry out what was promised, have it checked, look again after a quarter."""
        rng = self.rng
        if self.state.stage in ("served", "reviewed"):
            self.act("begin_fulfilment", self.lead, {"note_text": "按意见开始落实。"})
        if self.chance(0.5):
            self.plan(self.line(self.phrases.steps))
            yield from self.work_off(0.2)
        else:
            yield self.office(4, 14)
            self.note()
        if self.chance(0.07) and not self.is_late("fulfilment"):
            self.act("extend_fulfilment", self.head, {"reason": pick(rng, texts.SLIPS)}, action_days=30)
        if self.chance(0.08):
            yield self.office_after(40, 70)
        yield self.office(2, 9)
        self.carried_out(f"{self.line(self.phrases.remedies)}。")
        if self.chance(0.45):
            yield self.later(1, 6)
            self.view()
        yield self.office(1, 7)
        self.act("write_off", self.verifier(), {"note_text": pick(rng, texts.VERIFY_WORDS)}, contacted=self.contacted())
        yield self.office_after(70, 92)
        if self.chance(0.05):
            self.act(
                "look_back_failed", self.verifier(), {"reason": pick(rng, texts.REOPEN_REASONS)}, fulfilment_days=30
            )
            yield self.office(5, 15)
            self.carried_out("重新处理完毕。")
            yield self.office(1, 5)
            self.act(
                "write_off", self.verifier(), {"note_text": pick(rng, texts.VERIFY_WORDS)}, contacted=self.contacted()
            )
            yield self.office_after(70, 92)
        self.evaluate()
        self.act("look_back", self.verifier(), {"note_text": pick(rng, texts.LOOK_BACK_WORDS)})
        if self.chance(0.04):
            yield self.later(8, 40)
            self.act("reopen", self.resident, {"reason": pick(rng, texts.REOPEN_REASONS)})
            yield self.office(1, 6)
            self.act("uphold_reopening", self.verifier(), {"note_text": pick(rng, texts.VERIFY_WORDS)})
            yield self.office(4, 12)
            self.carried_out("补做了剩下的部分。")
            yield self.office(1, 6)
            self.act(
                "write_off", self.verifier(), {"note_text": pick(rng, texts.VERIFY_WORDS)}, contacted=self.contacted()
            )
            return
        yield from self.archive()

    def carried_out(self, note: str) -> None:
        """Record that it was done."""
        texts_of = {"note_text": note, "evidence_file": self.photo(), "report_text": pick(self.rng, texts.REPORTS)}
        self.act("record_fulfilment", self.lead, texts_of, fulfilment="fulfilled")

    def reviewed(self) -> Script:
        """The unit above looks at it again, and sometimes the one above that."""
        self.act("ask_review", self.resident, {"reason": pick(self.rng, texts.REVIEW_REASONS)})
        outcome = yield from self.looked_at(self.child("review"), "review")
        if outcome == "redo":
            yield from self.redone()
            return
        if outcome == "upheld" and self.draw("re-review") < 0.4:
            yield self.later(3, 14)
            self.act("ask_re_review", self.resident, {"reason": pick(self.rng, texts.RE_REVIEW_REASONS)})
            outcome = yield from self.looked_at(self.child("re_review"), "re_review")
            if outcome == "redo":
                yield from self.redone()
                return
        if self.state.stage == "caring":
            yield from self.cared()
        elif self.state.fulfilment is not None and self.state.fulfilment["value"] != "not-due":
            yield self.office(2, 8)
            yield from self.fulfilled()
        else:
            yield self.office_after(43, 58)
            yield from self.finished()

    def redone(self) -> Script:
        """Handle it again after it was sent back."""
        yield self.office(5, 14)
        self.note()
        yield from self.decided()

    def looked_at(self, child: Handle, kind: str) -> Script:
        """One review: taken, heard where asked, decided, served, the file checked."""
        _rng, world = self.rng, self.world
        state = child.state
        assert state is not None
        handler = world.seat(state.seat)
        assert handler is not None
        yield self.office(0, 3)
        self.act("take", handler, {"message": "已收到您的请求，由没有办过此事的人重新看。"}, child=child)
        yield self.office(3, 8)
        if kind == "re_review" and self.chance(0.6):
            begins = self.days.local_date(world.now)
            self.act(
                "hold_hearing",
                handler,
                {"hearing_record": self.paper("听证笔录.pdf")},
                child=child,
                hearing_from=begins.isoformat(),
                hearing_to=(begins + timedelta(days=2)).isoformat(),
            )
        else:
            self.act("add_note", handler, {"note_text": "调取原卷，逐项核对。"}, child=child)
        yield self.office(3, 8)
        draw = self.draw("decision")
        decision = "upheld" if draw < 0.62 else "changed" if draw < 0.87 else "redo"
        words = {
            "upheld": "维持原处理意见。",
            "changed": "变更原意见，支持您的第一项请求。",
            "redo": "事实没有查清，请重新办理。",
        }
        assert child.state is not None
        head = world.head(child.state.unit)
        drafter = handler
        if drafter.person == head.person:
            drafter = world.seat(f"s{child.state.unit[1:]}.handler") or handler
        self.act(
            "draft_result",
            drafter,
            {
                "findings": "核对了原始材料和现场，情况如下所述。",
                "law": "《信访工作条例》第三十五条、第三十六条以及该领域现行规定。",
                "opinion_text": words[decision],
            },
            child=child,
            decision=decision,
        )
        self.act("decide", head, child=child)
        self.again()
        yield self.office(0, 3)
        self.act(
            "serve",
            handler,
            {
                "opinion_file": self.paper("复查意见书.pdf" if kind == "review" else "复核意见书.pdf"),
                **self.proof("hand"),
            },
            child=child,
            **self.served("hand"),
        )
        self.again()
        yield self.office(1, 5)
        self.act("confirm_ending", self.verifier(child), {"note_text": "材料齐全。"}, child=child)
        self.again()
        return decision

    def cared(self) -> Script:
        """The procedure is at its end, help goes on."""
        for _ in range(1 + int(self.rng.random() * 2)):
            yield self.office_after(20, 40)
            self.act("give_care", self.lead, {"care_text": pick(self.rng, texts.CARE_WORDS)})
        yield self.office_after(15, 30)
        words = {"note_text": "已有帮助和解释的记录。", "care_text": pick(self.rng, texts.CARE_WORDS)}
        self.evaluate()
        self.act("end_care", self.verifier(), words, contacted=self.contacted())
        yield from self.archive()


#: Where a story can halt that is no stage: somebody is asked to go and look, and has not been there yet.
VISIT = "@visit"


class _Service(_Chinese):
    """Something broken in the street."""

    __slots__ = ()

    def visited(self) -> Script:
        """Ask the area worker of the township to go and look, where it has one."""
        worker = self.world.seat(f"s.{self.state.region.removeprefix('r.')}.field")
        if worker is None or self.draw("visit") >= 0.1:
            return
        self.act(
            "ask_visit",
            self.lead,
            {"visit_place": f"{self.brought.title}的地方", "visit_what": "现在是什么样子，有没有危险。"},
            visitor_seat=worker.seat,
        )
        if self.halt == VISIT:
            raise Halt
        yield self.office(1, 2)
        if self.state.requests["site_visit#1"].state == "open":
            self.act(
                "report_visit",
                worker,
                {"visit_found": "到现场看了，和反映的一致，已拍照。", "visit_photos": self.photo()},
                target="site_visit#1",
                visited_at=stamp(self.world.now),
            )

    def run(self) -> Script:
        """From the report to the closing."""
        rng = self.rng
        town = self.forced.get("town")
        brought = self.brought = bring(rng, _CITY_LEAVES, int(town) if town is not None else None)
        self.bring_in(
            "open311",
            brought,
            {"title": brought.title, "text": brought.story},
            service_kind=_CITY_TOPICS[brought.topic],
        )
        yield self.office(0, 1)
        if self.draw("withdraw") < 0.02:
            yield from self.withdraw()
            if self.state.stage == "withdrawn":
                yield from self.archive()
                return
            yield self.office(0, 1)
        if self.chance(0.08) and self.state.unit in _OTHER:
            to = _OTHER[self.state.unit]
            self.act("offer_transfer", self.lead, {"reason": pick(rng, texts.REFERS)}, to_unit=to)
            yield self.office(0, 1)
            taker = self.world.seat(f"s{to[1:]}.handler")
            assert taker is not None
            self.act("accept_transfer", taker, {"note_text": "接办。"}, target=self.transfer())
            yield self.office(0, 1)
        self.act("dispatch", self.lead, {"note_text": "派给本区班组。"})
        yield self.office(0, 2)
        self.act("start_work", self.lead)
        if self.chance(0.15):
            self.note()
        yield from self.visited()
        if self.chance(0.06) and not self.is_late("service"):
            self.act("extend", self.head, {"reason": pick(rng, texts.SLIPS)}, action_days=7)
        yield self.office(0, 2) if self.chance(0.85) else self.office(8, 16)
        draw = rng.random()
        repair = "resolved-as-asked" if draw < 0.82 else "partly-resolved" if draw < 0.93 else "not-substantiated"
        for attempt in range(2):
            self.act(
                "fix",
                self.lead,
                {"note_text": pick(rng, texts.FIX_NOTES), "evidence_file": self.photo()},
                repair=repair,
            )
            yield self.office(0, 3)
            if attempt == 0 and self.chance(0.06):
                self.act("not_verified", self.verifier(), {"reason": "现场看还有一处没有处理。"})
                yield self.office(1, 4)
                continue
            self.act(
                "verify", self.verifier(), {"note_text": pick(rng, texts.VERIFY_WORDS)}, contacted=self.contacted()
            )
            if attempt == 0 and self.chance(0.04):
                yield self.later(1, 8)
                self.act("object", self.resident, {"reason": pick(rng, texts.REOPEN_REASONS)})
                yield self.office(1, 4)
                continue
            break
        if self.chance(0.3):
            yield self.later(1, 9)
            self.view()
        # the system closes it when the time to object is over
        yield self.later(17, 30)
        if self.state.stage != "closed":
            return
        if self.chance(0.03):
            self.act("reopen", self.resident, {"reason": pick(rng, texts.REOPEN_REASONS)})
            return
        yield from self.archive()


class _Complaint(Story):
    """A complaint in the English borough."""

    __slots__ = ()

    def note(self) -> None:
        """Write down how it goes."""
        self.act("add_note", self.lead, {"note_text": pick(self.rng, texts.ENGLISH_NOTES)})

    def run(self) -> Script:
        """Both stages."""
        rng, world = self.rng, self.world
        topic = pick(rng, _ENGLISH_LEAVES)
        subject, story, wish = texts.english_problem(rng, topic)
        phone = self.chance(0.3)
        desk = world.seat("s.fernmoor.homes.desk")
        assert desk is not None
        mode = pick(rng, _MODES)
        self.submit(
            Submission(
                pack="en.complaint",
                topic=topic,
                region=county.BOROUGH,
                mode=mode,
                channel="phone" if phone else "web",
                texts={"title": subject, "text": story, "wish": wish},
                contact=texts.contact(rng) if mode != "anonymous" else None,
                inputs={"category": pick(rng, ("delay", "quality", "decision", "information"))},
            ),
            desk if phone else ANONYMOUS,
        )
        yield self.office(1, 4) if self.chance(0.9) else self.office(6, 8)
        if self.draw("withdraw") < 0.03:
            self.act("withdraw", self.resident)
            return
        self.act(
            "acknowledge",
            self.lead,
            {"message": pick(rng, texts.ENGLISH_ACKNOWLEDGE)},
            is_complaint="complaint",
            category=self.state.facts.get("category", "quality"),
        )
        yield self.office(2, 5)
        self.note()
        if self.chance(0.15):
            reason = {"reason": "The contractor can only inspect after the date."}
            self.act("ask_extension", self.lead, reason, extension_days=5)
            yield self.office(0, 1)
            self.act("grant_extension", self.head, reason, target="extension#1", extension_days=5)
        yield self.office(1, 4) if self.chance(0.85) else self.office(9, 12)
        yield from self.replied()
        if self.draw("escalate") < 0.22:
            yield self.later(3, 20)
            self.act("escalate", self.resident, {"reason": "The reply leaves out half of what I wrote."})
            yield self.office(1, 4)
            self.act("take_stage_2", self.superior, {"message": "I had no part in stage 1 and will read it afresh."})
            yield self.office(6, 17)
            yield from self.replied("_2")
            yield self.office(1, 4)
            self.act("signpost", self.lead, {"message": "If you are still unhappy, the ombudsman can look at it."})
        upheld = self.state.outcome["value"] != "not-supported-reasons"
        if not upheld:
            if self.state.stage != "answered_1":
                return
            yield self.office_after(43, 55)
            self.act("finish", self.lead, {"note_text": "No request for stage 2 came."}, contacted=self.contacted())
            yield self.office(1, 6)
            self.act("confirm_ending", self.verifier(), {"note_text": "The file is complete."})
            return
        if self.state.stage == "answered_1":
            yield self.office(1, 3)
            self.act("begin_actions", self.lead, {"note_text": "Work ordered."})
        self.act(
            "plan_step",
            self.lead,
            {"step_text": pick(rng, texts.ENGLISH_STEPS)},
            action_days=14,
            to_unit=self.state.unit,
        )
        yield self.office(3, 9)
        key = next(key for key, one in self.state.requests.items() if one.kind == "plan_step" and one.state == "open")
        photo = self.paper("finished.jpg")
        self.act("finish_step", self.lead, {"note_text": "Done.", "evidence_file": photo}, target=key)
        yield self.office(1, 4)
        self.act(
            "record_fulfilment",
            self.lead,
            {"note_text": "Everything promised is done.", "evidence_file": photo},
            fulfilment="fulfilled",
        )
        if self.chance(0.4):
            yield self.later(1, 5)
            self.act("give_view", self.resident, verdict=pick(rng, ("solved", "partly", "not-solved")))
        yield self.office(1, 5)
        self.act("write_off", self.verifier(), {"note_text": "Seen on the spot."}, contacted=self.contacted())
        yield self.office(2, 9)
        self.act("learn", self.lead, {"lesson": pick(rng, texts.ENGLISH_LESSONS)})
        yield self.office_after(75, 89)
        self.act("look_back", self.verifier(), {"note_text": "It still holds."})

    def contacted(self) -> str:
        """Return how calling back went."""
        return "no-contact" if self.state.mode == "anonymous" else pick(self.rng, ("reached", "reached", "not-reached"))

    def replied(self, second: str = "") -> Script:
        """Draft, sign off, send and prove one of the two replies."""
        rng = self.rng
        draw = self.draw("reply")
        decision = "upheld" if draw < 0.45 else "partly-upheld" if draw < 0.75 else "not-upheld"
        drafter, signer = self.hands()
        self.act(
            f"draft_reply{second}",
            drafter,
            {
                "findings": pick(rng, texts.ENGLISH_FINDINGS),
                "remedy": pick(rng, texts.ENGLISH_REMEDIES) if decision != "not-upheld" else "We explain why above.",
                "how_to_escalate": texts.ENGLISH_HOW,
            },
            decision=decision,
        )
        yield self.office(0, 1)
        self.act(f"reply{second}", signer)
        yield self.office(0, 1)
        served = {"served_date": self.today()}
        if "contact" in self.state.texts:
            proof = {"proof": self.paper("certificate of posting.pdf")}
            self.act(f"serve_reply{second}", self.lead, proof, served_way="post", **served)
        else:
            note = {"note_text": "Put on the matter's page; no other way was given."}
            self.act(f"serve_reply{second}", self.lead, note, served_way="page", **served)


_SUPPORTED, _NOT_SUPPORTED = 0.1, 0.95
#: Matters that show a stage on the last day: kind, stage to halt in, days before the end, draws settled beforehand.
SHOWN: tuple[tuple[type[Story], str | None, float, dict[str, float]], ...] = (
    (_Petition, "submitted", 1, {"fate": 0.5}),
    (_Petition, "submitted", 2, {"fate": 0.5}),
    (_Petition, "registered", 6, {"fate": 0.5}),
    (_Petition, "triaged", 9, {"fate": 0.5}),
    (_Petition, None, 12, {"fate": 0.5, "unmatched": 0.1}),
    (_Petition, None, 21, {"fate": 0.5, "unmatched": 0.1}),
    (_Petition, None, 34, {"fate": 0.5, "unmatched": 0.1}),
    (_Petition, "received", 17, {"fate": 0.5}),
    (_Petition, "notified", 30, {"fate": 0.5, "notify": 0.1}),
    (_Petition, "notified", 45, {"fate": 0.5, "notify": 0.1}),
    (_Petition, "accepted", 62, {"fate": 0.5, "place": 0}),
    *((_Petition, "accepted", 44 - 2 * number, {"fate": 0.2, "place": 0, "join": 0.1}) for number in range(6)),
    (_Petition, "opinion", 128, {"fate": 0.5, "sponsor": 0, "opinion": _SUPPORTED}),
    (_Petition, "watching", 190, {"fate": 0.5, "sponsor": 0, "opinion": _SUPPORTED, "review": 0.9}),
    (_Petition, "withdrawn", 12, {"fate": 0.02, "undo": 0.9}),
    (_Petition, "withdrawn", 26, {"fate": 0.02, "undo": 0.9}),
    (_Petition, None, 60, {"fate": 0.02, "undo": 0.1}),
    (_Petition, "checking", 13, {"fate": 0.05}),
    (_Petition, "opinion", 84, {"fate": 0.5, "opinion": _SUPPORTED}),
    (_Petition, "opinion", 118, {"fate": 0.5, "opinion": _SUPPORTED}),
    (_Petition, "served", 96, {"fate": 0.5, "opinion": _NOT_SUPPORTED, "review": 0.9}),
    (_Petition, "served", 124, {"fate": 0.5, "opinion": _NOT_SUPPORTED, "review": 0.9}),
    (_Petition, "under_review", 112, {"fate": 0.5, "opinion": _NOT_SUPPORTED, "review": 0.01}),
    (_Petition, "under_review", 146, {"fate": 0.5, "opinion": _NOT_SUPPORTED, "review": 0.01}),
    (_Petition, "reviewed", 140,
     {"fate": 0.5, "opinion": _SUPPORTED, "review": 0.01, "decision": 0.1, "re-review": 0.9}),
    (_Petition, "reviewed", 190,
     {"fate": 0.5, "opinion": _SUPPORTED, "review": 0.01, "decision": 0.1, "re-review": 0.9}),
    (_Petition, "caring", 235,
     {"fate": 0.5, "opinion": _NOT_SUPPORTED, "review": 0.01, "re-review": 0.01, "decision": 0.1}),
    (_Petition, "caring", 290,
     {"fate": 0.5, "opinion": _NOT_SUPPORTED, "review": 0.01, "re-review": 0.01, "decision": 0.1}),
    (_Complaint, "logged", 2, {}),
    (_Complaint, "stage_1", 10, {"withdraw": 0.9}),
    (_Complaint, "stage_1", 17, {"withdraw": 0.9}),
    (_Complaint, "issued_1", 20, {"withdraw": 0.9}),
    (_Complaint, "answered_1", 28, {"withdraw": 0.9, "reply": 0.6}),
    (_Complaint, "escalated", 42, {"withdraw": 0.9, "escalate": 0.01}),
    (_Complaint, "stage_2", 50, {"withdraw": 0.9, "escalate": 0.01}),
    (_Complaint, "issued_2", 62, {"withdraw": 0.9, "escalate": 0.01}),
    (_Complaint, "answered_2", 75, {"withdraw": 0.9, "escalate": 0.01, "reply": 0.1}),
    (_Complaint, "acting", 45, {"withdraw": 0.9, "escalate": 0.9, "reply": 0.1}),
    (_Complaint, "checking", 85, {"withdraw": 0.9, "escalate": 0.9, "reply": 0.9}),
    (_Complaint, "withdrawn", 15, {"withdraw": 0.01}),
    (_Service, "received", 1, {"withdraw": 0.9}),
    (_Service, "dispatched", 5, {"withdraw": 0.9}),
    (_Service, "in_progress", 12, {"withdraw": 0.9}),
    # an answer lapses after three working days: of several, one is open at the end
    *((_Service, VISIT, before, {"withdraw": 0.9, "visit": 0.01, "town": 0}) for before in (2, 3, 4, 6)),
    (_Service, VISIT, 5, {"withdraw": 0.9, "visit": 0.01, "town": 1}),
    (_Service, "fixed", 14, {"withdraw": 0.9}),
    (_Service, "fixed", 33, {"withdraw": 0.9}),
    (_Service, "verified", 16, {"withdraw": 0.9}),
    (_Service, "withdrawn", 9, {"withdraw": 0.01, "undo": 0.9}),
)  # fmt: skip
#: Below this many matters only the usual course of things is made.
_ENOUGH = 200


def begin(world: World, moment: datetime, rng: Random) -> None:
    """Let one matter begin at a moment: most are petitions, some service requests, a few English complaints."""
    draw = rng.random()
    _begin(world, moment, _Petition if draw < 0.74 else _Service if draw < 0.95 else _Complaint)


def _begin(world: World, moment: datetime, kind: Any) -> Story:
    story: Story = kind(world, world.days["england" if kind is _Complaint else "cn"])
    story.life = world.at(moment, kind.run(story))
    return story


def begin_all(world: World, rng: Random, count: int, first: date, last: date) -> None:
    """Let so many matters begin between two days: those that show a stage, and the usual course of things."""
    shown = SHOWN if count >= _ENOUGH else ()
    for kind, halt, before, forced in shown:
        story = _begin(world, world.until - timedelta(days=before, hours=3), kind)
        story.halt, story.forced = halt, {"slow": 0.1, "settle": 0.9, "late": 0.9, **forced}
    for moment in arrivals(rng, count - len(shown), world.days["cn"], first, last):
        begin(world, moment, rng)


def arrivals(rng: Random, count: int, days: Days, first: date, last: date) -> list[datetime]:
    """Return moments at which matters begin, in order: more on working days, and a little more every month."""
    span = (last - first).days
    found = []
    for _ in range(count):
        day = first + timedelta(days=int((1 - (1 - rng.random()) ** 1.25) * (span + 1)))
        if day.weekday() >= 5 and rng.random() < 0.5:
            day = max(first, day - timedelta(days=2))
        found.append(days.local_moment(day, 7.5 * 3600 + rng.random() * 14 * 3600))
    return sorted(found)
