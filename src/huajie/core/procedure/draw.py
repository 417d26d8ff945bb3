"""A pack as pictures and tables: Mermaid, a plain SVG table of stages and where acts lead, and a page with both."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from huajie.core.procedure.explore import flat
from huajie.core.procedure.phrases import Words

if TYPE_CHECKING:
    from huajie.core.procedure.pack import Pack

#: An act that is possible in more stages than this is drawn from one point that stands for them all.
MANY = 4


def draw(pack: Pack) -> str:
    """Return the stages and the acts between them as a Mermaid `stateDiagram-v2`; the same pack gives the same text."""
    document = pack.document
    lines = ["stateDiagram-v2", "    direction LR"]
    for name, stage in document["stages"].items():
        lines.append(f'    state "{_plain(_both(stage["title"]))}" as {_id(name)}')
    for (start, end), acts in _arrows(document).items():
        lines.append(f"    {_id(start)} --> {_id(end)} : {_plain(' · '.join(acts))}")
    if any(start == ANYWHERE for start, _ in _arrows(document)):
        lines.insert(2, f'    state "任何未结束的阶段 any open stage" as {_id(ANYWHERE)}')
    for name, stage in document["stages"].items():
        if stage.get("ending"):
            lines.append(f"    {_id(name)} --> [*]")
    return "\n".join(lines) + "\n"


#: Stands for the stages that an act can be done from when these are many.
ANYWHERE = "(anywhere)"
_BEGIN = "[*]"


def _arrows(document: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Return (stage, next stage) -> titles of the acts that lead there, in the order of stages, then of acts."""
    stages: Mapping[str, Any] = document["stages"]
    found: dict[tuple[str, str], list[str]] = {}
    initial = next(name for name, stage in stages.items() if stage.get("initial"))
    open_ones = [name for name, stage in stages.items() if not stage.get("ending")]
    for act in document["acts"].values():
        targets = list(dict.fromkeys(one["stage"] for one in flat(act.get("effects") or ()) if "stage" in one))
        title = _both(act["title"])
        if act.get("creates"):
            starts, targets = [_BEGIN], list(dict.fromkeys([*targets, initial])) if len(targets) != 1 else targets
        else:
            given = act.get("from") or open_ones
            starts = list(given) if isinstance(given, list) else [given]
            if len(starts) > MANY:
                starts = [ANYWHERE]
        for start in starts:
            for target in targets:
                if start != target:
                    found.setdefault((start, target), []).append(title)
    for child in (document.get("children") or {}).values():
        for signal, effects in (child.get("signals") or {}).items():
            for one in flat(effects):
                if "stage" in one:
                    title = f"{_both(child['title']) if child.get('title') else child['pack']}: {signal}"
                    titles = found.setdefault((ANYWHERE, one["stage"]), [])
                    if title not in titles:
                        titles.append(title)
    rank = {_BEGIN: -2, ANYWHERE: -1, **{name: at for at, name in enumerate(stages)}}
    return dict(sorted(found.items(), key=lambda pair: (rank[pair[0][0]], rank[pair[0][1]])))


def _both(text: Mapping[str, str]) -> str:
    return f"{text['zh']} {text['en']}"


def _id(name: str) -> str:
    return name if name == _BEGIN else "".join(c if c.isalnum() and c.isascii() else "_" for c in name)


def _plain(text: str) -> str:
    # Mermaid ends a label at these.
    return text.replace('"', "'").replace(";", ",").replace("#", "").replace(":", "：").replace("\n", " ")


# --- SVG

_ROW = 22
_LEFT = 330


def draw_svg(pack: Pack) -> str:
    """Return a picture without any tool: stages in order, and from each an arrow a line to where its acts lead."""
    document = pack.document
    arrows = _arrows(document)
    stages: Mapping[str, Any] = document["stages"]
    number = {name: at + 1 for at, name in enumerate(stages)}
    rows: list[str] = []
    top = 44
    titles: dict[str, str] = {_BEGIN: "新事项 New matter", ANYWHERE: "任何未结束的阶段 Any open stage"}
    titles |= {name: f"{number[name]} {_both(stage['title'])}" for name, stage in stages.items()}
    width = 900
    for name, title in titles.items():
        ends = [(end, acts) for (start, end), acts in arrows.items() if start == name]
        if not ends and name not in stages:
            continue
        height = max(1, len(ends)) * _ROW
        kind = "ending" if name in stages and stages[name].get("ending") else "stage"
        rows.append(f'<rect class="{kind}" x="12" y="{top}" width="{_LEFT - 30}" height="{height - 4}" rx="4"/>')
        rows.append(f'<text x="22" y="{top + 14}">{escape(_fit(title, 46))}</text>')
        for at, (end, acts) in enumerate(ends):
            y = top + at * _ROW + 9
            label = f"{number[end]} {_both(stages[end]['title'])} ← {' · '.join(acts)}"
            rows.append(f'<path class="arrow" d="M{_LEFT - 18} {y}H{_LEFT + 14}m-6 -4l6 4l-6 4"/>')
            rows.append(f'<text x="{_LEFT + 24}" y="{y + 5}">{escape(label)}</text>')
            width = max(width, _LEFT + 40 + int(_cells(label) * 7.2))
        top += height + 8
    title = escape(f"{document['pack']} {document['version']}: {_both(document['title'])}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + 8}" role="img" aria-label="{title}">\n'
        "<style>\n"
        "text{font:13px system-ui,'Noto Sans CJK SC',sans-serif;fill:#1c2126}"
        ".page{fill:#fff}.stage{fill:#e8eef6;stroke:#5b6f8a}.ending{fill:#e6f0e6;stroke:#4c7a4c}"
        ".arrow{fill:none;stroke:#5b6f8a;stroke-width:1.5}.title{font-weight:600;font-size:16px}\n"
        "@media (prefers-color-scheme:dark){text{fill:#e6e9ec}.page{fill:#15191d}.stage{fill:#22303f;stroke:#8fa6c4}"
        ".ending{fill:#1f3323;stroke:#86b386}.arrow{stroke:#8fa6c4}}\n"
        "</style>\n"
        f'<rect class="page" width="{width}" height="{top + 8}"/>\n'
        f'<text class="title" x="12" y="26">{title}</text>\n' + "\n".join(rows) + "\n</svg>\n"
    )


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _fit(text: str, cells: int) -> str:
    if _cells(text) <= cells:
        return text
    kept = ""
    for one in text:
        if _cells(kept + one) >= cells:
            return kept + "…"
        kept += one
    return kept


# --- the page


def page(pack: Pack) -> str:
    """Return the page of a pack for `docs/packs/`: diagram, picture, and tables of stages, acts, clocks and sources."""
    document = pack.document
    zh, en = Words(document, "zh"), Words(document, "en")
    name = document["pack"]
    out = [
        f"# {name}: {_both(document['title'])}",
        "",
        "Drawn by `huajie packs draw` from the pack; change the pack, not this page.",
        "",
        f"{document['description']['zh']} {document['description']['en']}",
        "",
        "```mermaid",
        draw(pack).rstrip(),
        "```",
        "",
        f"![{_both(document['title'])}]({name}.svg)",
        "",
        "## 阶段 Stages",
        "",
        *_table(
            ("stage", "阶段", "Stage", "对当事人 For the resident"),
            [
                (
                    f"`{key}`",
                    one["title"]["zh"],
                    one["title"]["en"] + (" (ending)" if one.get("ending") else ""),
                    _both(one["plain"]),
                )
                for key, one in document["stages"].items()
            ],
        ),
        "## 操作 Acts",
        "",
        *_table(
            ("act", "操作", "Act", "谁 By", "从 From", "依据 Source"),
            [
                (
                    f"`{key}`",
                    one["title"]["zh"],
                    one["title"]["en"],
                    en.relations(one.get("by") or ()),
                    _from(one),
                    en.source(one["source"]) if one.get("source") else "",
                )
                for key, one in document["acts"].items()
            ],
        ),
    ]
    if document.get("clocks"):
        out += [
            "## 期限 Clocks",
            "",
            *_table(
                ("clock", "期限", "Clock", "长度 Length", "延长 Extension", "依据 Source"),
                [
                    (
                        f"`{key}`",
                        one["title"]["zh"],
                        one["title"]["en"],
                        f"{zh.length(one)} / {en.length(one)}",
                        _extension(one, en),
                        en.source(one.get("source")),
                    )
                    for key, one in document["clocks"].items()
                ],
            ),
        ]
    for key, one in (document.get("dossiers") or {}).items():
        out += [
            f"## 卷宗：{one['title']['zh']} File: {one['title']['en']} (`{key}`)",
            "",
            *([f"{zh.condition(one['when'])} / {en.condition(one['when'])}", ""] if one.get("when") else []),
            *_table(
                ("item", "要有", "Item", "怎样算有 Present when", "谁提供 By", "依据 Source"),
                [
                    (
                        f"`{item['name']}`",
                        item["title"]["zh"],
                        item["title"]["en"],
                        en.condition(item["need"]),
                        en.relation(item["supply"]) if item.get("supply") else "",
                        en.source(item["source"]),
                    )
                    for item in one["items"]
                ],
            ),
        ]
    if document.get("documents"):
        out += [
            "## 文书 Documents",
            "",
            *_table(
                (
                    "document",
                    "文书",
                    "Document",
                    "起草 Drafted by",
                    "核签 Countersigned by",
                    "送达 Served, with",
                    "依据 Source",
                ),
                [
                    (
                        f"`{key}`",
                        one["title"]["zh"],
                        one["title"]["en"],
                        en.relations(one["drafts"]),
                        "; ".join(_level(level, en) for level in one.get("countersign") or ()),
                        "; ".join(
                            f"{way['title']['zh']} {way['title']['en']} ("
                            + ", ".join(map(en.field, way["needs"]))
                            + ")"
                            for way in (one.get("service") or {}).values()
                        ),
                        en.source(one["source"]),
                    )
                    for key, one in document["documents"].items()
                ],
            ),
        ]
    out += [
        "## 依据 Sources",
        "",
        *_table(
            ("source", "依据", "Source", "条款 Article", "核实 Verified", "日期 Date"),
            [
                (
                    f"`{key}`",
                    one["title"]["zh"],
                    one["title"]["en"],
                    str(one.get("article", "")),
                    f"{one['tag']}, {'yes' if one['verified'] else 'no'}",
                    str(one.get("date", "")),
                )
                for key, one in document["sources"].items()
            ],
        ),
    ]
    return "\n".join(out).rstrip() + "\n"


def _from(act: Mapping[str, Any]) -> str:
    if act.get("creates"):
        return "opens the matter"
    stages = act.get("from")
    if not stages:
        return "any open stage"
    return ", ".join(f"`{name}`" for name in (stages if isinstance(stages, list) else [stages]))


def _level(level: Mapping[str, Any], words: Words) -> str:
    who = f"{level['title']['zh']} {level['title']['en']}"
    return f"{who}, if {words.condition(level['when'])}" if level.get("when") else who


def _extension(clock: Mapping[str, Any], words: Words) -> str:
    extension = clock.get("extension")
    if not extension:
        return ""
    most = words.most(extension.get("max"))
    unit = extension.get("unit") or clock["unit"]
    granted = words.relations(extension["by"])
    return f"at most {words.amount(most, unit)}, by {granted}; {words.source(extension['source'])}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(head), "|" + " --- |" * len(head), *(line(row) for row in rows), ""]
