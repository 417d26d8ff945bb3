"""What was promised, what came of it, and the page that keeps it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Requests a second under which a floor tells nothing: the machine was busy with something else.
FLOOR_RATE = 1000.0
#: Between these lines of docs/benchmarks.md everything is written by the bench.
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"

#: Pages -> p50 at most so many times that of their floor, at the largest size.
PAGES = {"desk": 5.0, "list": 5.0, "search": 5.0, "matter page": 8.0, "board": 10.0}
#: Calls whose p95 may grow at most by this factor from the smallest to the largest size.
GROWTH = 1.5
GROWING = ("intake", "act", "desk", "list", "search", "matter page")
MEMORY_MIB = 250.0
INTAKE_RATIO = 0.4
ACT_STATEMENTS = 3
#: Entries a second of the demo county.
DEMO_RATE = 5000


@dataclass(frozen=True, slots=True)
class Line:
    """One budget and what was measured."""

    database: str
    what: str
    measured: str
    budget: str
    kept: bool


def lines(results: list[dict[str, Any]]) -> list[Line]:
    """Return every budget that these results can tell something about."""
    found: list[Line] = []
    for database in dict.fromkeys(result["order"]["database"] for result in results):
        mine = sorted((r for r in results if r["order"]["database"] == database), key=lambda r: r["order"]["size"])
        small, large = mine[0], mine[-1]
        size = f"{large['order']['size']:,}"

        def line(
            what: str, value: float, limit: float, *, form: str = "{:.2f} ×", least: bool = False, to: str = database
        ) -> None:
            kept = value >= limit if least else value <= limit
            sign = "≥" if least else "≤"
            found.append(Line(to, what, form.format(value), f"{sign} {form.format(limit)}", kept))

        intake = large["calls"]["intake"]["rate_ratio"]
        if database == "postgres":
            line("intake, requests a second against one bare insert", intake, INTAKE_RATIO, least=True)
        else:
            found.append(
                Line(database, "intake, requests a second against one bare insert", f"{intake:.2f} ×", "told", True)
            )
        found.append(
            Line(
                database,
                "act, requests a second against one bare insert",
                f"{large['calls']['act']['rate_ratio']:.2f} ×",
                "told",
                True,
            )
        )
        for name, count in large["statements"].items():
            line(f"statements, {name}", count, ACT_STATEMENTS, form="{:.0f}")
        for name, times in PAGES.items():
            line(f"{name}, p50 against its floor at {size}", large["calls"][name]["p50_ratio"], times)
        if small is not large:
            for name in GROWING:
                value = large["calls"][name]["p95"] / small["calls"][name]["p95"]
                line(f"{name}, p95 at {size} against {small['order']['size']:,}", value, GROWTH)
            for name, at_most in (("nothing due", GROWTH), ("200 due", GROWTH)):
                # Below a millisecond the machine's own noise is larger than anything that grows.
                value = max(large["tick"][name], 1.0) / max(small["tick"][name], 1.0)
                line(f"tick with {name}, at {size} against {small['order']['size']:,}", value, at_most)
        counted = f"{large['board']:.0f} ms, at most once in 30 s a process"
        found.append(Line(database, f"board, counting all of it at {size}", counted, "told", True))
        line("memory of the web processes (PSS)", max(r["memory"]["pss"] for r in mine), MEMORY_MIB, form="{:.0f} MiB")
        found.append(
            Line(
                database,
                "durability, read by a served request",
                ", ".join(f"{name} {value}" for name, value in large["durability"].items()),
                "full",
                True,
            )
        )
    return found


def demo_line(loaded: dict[str, Any]) -> Line:
    """Return the budget of loading the demo county; `loaded` is what edges/bench/demo.py returns."""
    rate = loaded["entries_a_second"]
    what = f"demo county, {loaded['matters']:,} matters, {loaded['entries']:,} entries in {loaded['seconds']:.0f} s"
    return Line("sqlite", what, f"{rate:,}/s", f"≥ {DEMO_RATE:,}/s", rate >= DEMO_RATE)


def slow_floors(results: Iterable[dict[str, Any]]) -> list[str]:
    """Return the floors that were too slow to measure anything against."""
    return [
        f"{result['order']['database']} at {result['order']['size']:,}, {name}: {call['floor_rate']:.0f} a second"
        for result in results
        for name, call in result["calls"].items()
        if call["floor_rate"] < FLOOR_RATE
    ]


def machine() -> str:
    """Say what it ran on, without naming it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, {python}"


def commit(root: Path) -> str:
    """Return the commit that was measured, with a mark where files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout.strip()

    dirty = git("status", "--porcelain", "--untracked-files=no", "--", "src", "packs")
    return (git("rev-parse", "--short=10", "HEAD") or "unknown") + (" with changes" if dirty else "")


def table(results: list[dict[str, Any]], found: list[Line], void: list[str], root: Path) -> str:
    """Return what stands between the marks of docs/benchmarks.md."""
    missed = [line for line in found if not line.kept]
    verdict = "**void**" if void else f"**{len(missed)} missed**" if missed else "all kept"
    out = [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit(root)}, {machine()}. Budgets: {verdict}.",
        "",
    ]
    out += [f"- void: {line}" for line in void] + ([""] if void else [])
    out += ["| database | what | measured | budget | |", "| --- | --- | --- | --- | --- |"]
    out += [
        f"| {line.database} | {line.what} | {line.measured} | {line.budget} | {'kept' if line.kept else '**missed**'} |"
        for line in found
    ]
    out += [
        "",
        "Medians of the repeats; milliseconds; the floor of each call was measured in turns with it.",
        "",
        "| database | matters | call | requests/s | p50 | p95 | floor/s | floor p50 | rate × | p50 × | requests |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for result in results:
        order = result["order"]
        for name, call in result["calls"].items():
            out.append(
                f"| {order['database']} | {order['size']:,} | {name} | {call['rate']:.0f} | {call['p50']:.2f} |"
                f" {call['p95']:.2f} | {call['floor_rate']:.0f} | {call['floor_p50']:.2f} | {call['rate_ratio']:.2f} |"
                f" {call['p50_ratio']:.2f} | {call['requests']:,} |"
            )
    out += [
        "",
        "| database | matters | entries | loaded, entries/s | board rows made/s | board counted, ms"
        " | tick, none due, ms | 200 due, ms | PSS, MiB | RSS, MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for result in results:
        made, order = result["made"], result["order"]
        out.append(
            f"| {order['database']} | {order['size']:,} | {made['entries']:,} | {made['entries_a_second']:,} |"
            f" {made['rows_a_second']:,} | {result['board']:.0f} |"
            f" {result['tick']['nothing due']:.2f} | {result['tick']['200 due']:.0f} |"
            f" {result['memory']['pss']:.0f} | {result['memory']['rss']:.0f} |"
        )
    return "\n".join(out)


def write(page: Path, text: str) -> None:
    """Put the text between the marks of the page."""
    old = page.read_text(encoding="utf-8")
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
