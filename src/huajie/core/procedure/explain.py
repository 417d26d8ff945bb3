"""One act of a pack in words: who may do it, when, what must be there, what it changes, what the resident is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from huajie.core.procedure.documents import IT
from huajie.core.procedure.dossiers import gate_items
from huajie.core.procedure.explore import flat
from huajie.core.procedure.phrases import Words

if TYPE_CHECKING:
    from huajie.core.procedure.pack import Pack


def explain(pack: Pack, act: str, *, language: str = "zh") -> str:
    """
    Return what an act means, one fact a line.

    Args:
        pack: as resolved, so that lengths are those of its parameter set.
        act: name of an act of the pack.
        language: `zh` or `en`.
    Raises:
        KeyError: the pack has no such act.
    """
    document = pack.document
    words = Words(document, language)
    say = words.say
    one = pack.acts[act].raw
    lines = [
        f"{one['title'][language]} ({act}, {document['pack']} {document['version']})",
        say("谁可以做：", "Who may do it: ") + words.relations(one.get("by") or ()),
    ]
    if one.get("creates"):
        lines.append(say("何时：新事项登记时", "When: it opens the matter"))
    else:
        stages: Any = one.get("from")
        if stages:
            given = stages if isinstance(stages, list) else [stages]
            where = say("、", ", ").join(words.title("stages", name) for name in given)
        else:
            where = say("任何尚未结束的阶段", "any stage that is not an ending")
        lines.append(say("在哪些阶段：", "From which stages: ") + where)
    if one.get("on"):
        title = words.title("requests", one["on"])
        lines.append(say(f"针对一项等待答复的“{title}”", f"About one open “{title}”"))
    if one.get("about"):
        titles = say("、", ", ").join(words.title("documents", name) for name in one["about"])
        lines.append(say(f"针对其中一份文书：{titles}", f"About one of these documents: {titles}"))
    if one.get("when"):
        lines.append(say("条件：", "Only when: ") + words.condition(one["when"]))
    if one.get("independent"):
        lines.append(say("经办过此事的人不能做", "Refused to anyone who handled the matter"))
    if one.get("handles"):
        lines.append(say("做了即算经办过此事", "Whoever does it has handled the matter"))
    required = [field for field in (one.get("form") or {}).get("fields") or () if field.get("required")]
    if required:
        names = say("、", ", ").join(
            field["title"][language] if field.get("title") else words.field(field["name"]) for field in required
        )
        lines.append(say("必须填写：", "Must be given: ") + names)
    for _where, item in gate_items(document, one, f"acts.{act}"):
        source = words.source(item.get("source"))
        lines.append(
            say("必须具备：", "Must be there: ")
            + say(
                f"{item['title']['zh']}（{words.condition(item['need'])}；{source}）",
                f"{item['title']['en']} ({words.condition(item['need'])}; {source})",
            )
        )
    lines += [say("结果：", "Then: ") + line for line in words.effects(one.get("effects"))]
    told = [line for name, step in _documents(one) for line in words.document_step(name, step)]
    lines += [say("文书：", "Document: ") + line for line in dict.fromkeys(told)]
    if one.get("source"):
        lines.append(say("依据：", "By: ") + words.source(one["source"]))
    notice = (document.get("notices") or {}).get(one.get("notice") or "")
    if notice:
        lines.append(say("告知当事人：", "The resident is told: ") + notice["body"][language])
    else:
        lines.append(
            say("不另行通知当事人，当事人在自己的页面上能看到", "No notice is sent; the resident sees it on their page")
        )
    return "\n".join(lines) + "\n"


def _documents(act: Any) -> list[tuple[str, str]]:
    found = []
    for effect in flat(act.get("effects") or ()):
        if "document" in effect:
            names = act.get("about") or () if effect["document"] == IT else (effect["document"],)
            found += [(name, effect["do"]) for name in names]
    return found
