"""
Every figure counted again from the entries of an export, by nothing but Python's own json and dates.

This file knows no line of the program's code, reads only `ledger_entry.jsonl`, and folds no more of an entry than a
figure needs.
"""

import json
from datetime import UTC, datetime, time, timedelta


def at(text):
    """Read a stamp of an entry."""
    return datetime.fromisoformat(text)


def matters(folder):
    """Return what the entries say of each matter, by stream."""
    streams = {}
    (path,) = folder.rglob("ledger_entry.jsonl")
    with open(path, "rb") as file:
        for line in map(json.loads, file):
            body = line["body"]
            if any(effect.get("e") == "opened" for effect in body["effects"]) or body["stream"] in streams:
                streams.setdefault(body["stream"], []).append(body)
    found = {}
    for stream, bodies in streams.items():
        matter = {"imported": False, "clocks": {}, "ended": None}
        for body in sorted(bodies, key=lambda body: body["n"]):
            for effect in body["effects"]:
                fold(matter, effect, body)
        found[stream] = matter
    return found


def fold(matter, effect, body):
    """Take one effect in."""
    kind, clocks = effect["e"], matter["clocks"]
    if kind == "opened":
        matter.update({name: effect[name] for name in ("topic", "region", "sensitivity", "parent")})
        matter.update(pack=effect["pack_name"], received=at(effect["received_at"]), open=True)
    elif kind == "imported":
        matter["imported"] = True
    elif kind == "owner":
        matter.update(unit=effect["unit"], seat=effect["seat"])
    elif kind == "ended":
        matter["open"] = False
        matter["ended"] = matter["ended"] or at(body["at"] if matter["imported"] else body["occurred"])
    elif kind == "reopened":
        matter["open"] = True
    elif kind == "clock.started":
        due, how = at(effect["due"]), None
        clocks[effect["key"]] = {"name": effect["name"], "due": due}
        clocks[effect["key"]].update(how=how, stopped=None)
    elif kind == "clock.stopped":
        clocks[effect["key"]].update(how=effect["how"], stopped=at(effect["at"]))
    elif kind in ("clock.extended", "clock.excluded", "clock.reset"):
        clocks[effect["key"]]["due"] = at(effect["due"])


def counted(matter):
    """Return whether a matter is in the figures."""
    return matter["sensitivity"] == "ordinary" and not matter["imported"] and matter["parent"] is None


#: Clocks by which an office is measured, by hand from the packs: none that a resident's coming back starts or stops.
MEASURED = {
    ("cn.petition.request", "registration"),
    ("cn.petition.request", "notice"),
    ("cn.petition.request", "handling"),
    ("cn.petition.request", "look_back"),
    ("en.complaint", "acknowledgement"),
    ("en.complaint", "reply"),
    ("en.complaint", "look_back"),
    ("open311", "service"),
}


def recount(folder, now, zone, units=None):
    """Return the figures as plain values."""
    ours = [one for one in matters(folder).values() if counted(one) and (units is None or one["unit"] in units)]
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())

    def begins(day):
        return datetime.combine(day, time(), zone).astimezone(UTC)

    weeks = []
    for n in range(12, 0, -1):
        since, until = begins(monday - timedelta(weeks=n)), begins(monday - timedelta(weeks=n - 1))
        came = sum(since <= one["received"] < until for one in ours)
        ended = sum(one["ended"] is not None and since <= one["ended"] < until for one in ours)
        weeks.append((came, ended))
    ages = [0] * 6
    regions, topics, dates = {}, {}, {}
    for one in ours:
        still, over = regions.get(one["region"], (0, 0))
        regions[one["region"]] = (still + one["open"], over + (not one["open"]))
        if one["open"]:
            topics[one["topic"]] = topics.get(one["topic"], 0) + 1
            days = (today - one["received"].astimezone(zone).date()).days
            ages[sum(days > high for high in (7, 15, 30, 60, 90))] += 1
        since, until = begins(monday - timedelta(weeks=12)), begins(monday)
        for key, clock in one["clocks"].items():
            # started again, or that of a request, a clock has a longer key
            if "#" in key or (one["pack"], clock["name"]) not in MEASURED:
                continue
            if not since < clock["due"] <= until:
                continue
            in_time = clock["stopped"] is not None and clock["stopped"] < clock["due"]
            place = (one["pack"], clock["name"], one["unit"])
            due, kept, away = dates.get(place, (0, 0, 0))
            fell_away = in_time and clock["how"] != "met"
            dates[place] = (due + (not fell_away), kept + (in_time and not fell_away), away + fell_away)
    return {"weeks": weeks, "ages": ages, "regions": regions, "topics": topics, "dates": dates}
