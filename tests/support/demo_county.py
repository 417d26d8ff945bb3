"""The demo county behind `huajie serve`, as `make run` shows it; the API brings matters to where a story begins."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests
from tests.support.instance import Instance, instance
from tests.support.servers import Client, fresh_key, verify

from huajie.edges.demo.county import PASSWORD

#: What a resident writes to say what they want, and what an officer answers.
WISH = "请修好电梯，并说明多久检查一次。"
OPINION = {
    "request_text": WISH,
    "findings": "十一月二十日现场查看，控制柜接触器老化，属实。",
    "law": "《信访工作条例》第三十二条，《特种设备安全监察条例》。",
    "opinion_text": "不予支持换新，已安排维修。",
    "how_to_review": "收到后三十日内，可以向县人民政府书面请求复查。",
}


@dataclass(frozen=True, slots=True)
class Brought:
    """A matter of whoever brought it."""

    number: str
    secret: str


@dataclass(slots=True)
class DemoCounty:
    """The county, and everybody's token by and by."""

    served: Instance
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where it answers."""
        return self.served.address

    def bring_in(self, title: str, *, topic: str = "t.lifts", text: str = "楼里的电梯三天停了四次。") -> Brought:
        """Bring a petition in, as a resident does; lifts go to the housing bureau, wages to the petition office."""
        body = {
            "pack": "cn.petition.request",
            "topic": topic,
            "region": "r.wanghuai",
            "title": title,
            "text": text,
            "mode": "open",
            "texts": {"wish": WISH},
        }
        with self._client() as client:
            sent = client.send("POST", "/api/v1/public/matters", body, Idempotency_Key=fresh_key())
        assert sent.status == 201, sent.body
        return Brought(sent.body["number"], sent.body["secret"])

    def act(self, matter: Brought, username: str, name: str, facts: dict[str, Any] | None = None, **texts: Any) -> None:
        """Let somebody of the county act."""
        with self._client() as client:
            seen = client.own(matter.number, matter.secret).body["n"]
            body = {"seen": seen, "facts": facts or {}, "texts": texts}
            done = client.act(matter.number, name, self._token(client, username), body)
        assert done.status == 200, done.body

    def registered(self, title: str) -> Brought:
        """Bring a petition about wages in, which the petition office registers and has to sort."""
        found = self.bring_in(title, topic="t.wages", text="三个月的工资一直没有发。")
        self.act(found, "petition-dispatcher", "register", request_text="请发工资。")
        return found

    def accepted(self, title: str) -> Brought:
        """Bring a petition about a lift in, which the housing bureau takes up."""
        found = self.bring_in(title)
        self.take_up(found)
        return found

    def take_up(self, matter: Brought) -> None:
        """Let the housing bureau register, sort and accept a petition and hear whoever brought it."""
        handler = "housing-handler-new"
        self.act(matter, handler, "register", request_text=WISH)
        self.act(matter, handler, "triage", {"class": "request", "route": "petition"})
        self.act(matter, handler, "keep_here")
        self.act(matter, handler, "accept", message="受理了，六十日内答复您。")
        self.act(matter, handler, "hear_resident", heard="电话里听本人说了，老人上下楼不便。")

    def answer(self, matter: Brought) -> None:
        """Answer an accepted petition: drafted, signed by the head, handed over at the counter."""
        facts = {"weight": "ordinary", "opinion": "not-supported-reasons", "fulfilment_days": 30}
        self.act(matter, "housing-handler-new", "draft_opinion", facts, **OPINION)
        self.act(matter, "housing-head", "opinion")
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
        proof = {name: self._upload(f"{name}.txt") for name in ("opinion_file", "proof")}
        self.act(matter, "housing-handler-new", "serve", {"served_way": "hand", "served_date": today}, **proof)

    @contextlib.contextmanager
    def _client(self) -> Iterator[Client]:
        with contextlib.closing(Client(self.served.port)) as client:
            yield client

    def _token(self, client: Client, username: str) -> str:
        if username not in self._tokens:
            given = client.send("POST", "/api/v1/tokens", {"username": username, "password": PASSWORD})
            assert given.status == 201, given.body
            self._tokens[username] = given.body["token"]
        return self._tokens[username]

    def _upload(self, name: str) -> dict[str, list[str]]:
        sent = requests.post(
            f"{self.address}/api/v1/uploads", files={"file": (name, f"{name} {fresh_key()}".encode())}, timeout=60
        )
        assert sent.status_code == 201, sent.text
        return {"uploads": [sent.json()["upload"]]}


@contextlib.contextmanager
def demo_county(database: str, matters: int) -> Iterator[DemoCounty]:
    """Give the county, served; when its stories are over `huajie verify` finds it clean."""
    open_to_all = {f"HUAJIE_{name}_A_MINUTE": "0" for name in ("INTAKE", "SECRETS", "TOKENS", "SIGN_INS")}
    with instance(database, **open_to_all) as served:
        made = served.command("demo", "load", "--matters", str(matters))
        assert made.returncode == 0 and "refused" not in made.stderr, made.stderr
        served.start()
        yield DemoCounty(served)
        verify(served)
