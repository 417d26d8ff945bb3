"""
`huajie packs`: check, explore, explain and draw procedures.

Each verb takes its own arguments and returns an exit code: 0 clean, 1 something found, 2 a wrong call.
A finding is one line, `file:line: path: message (did you mean ...)`; a broken promise has the acts that show it below.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from huajie.apps.procedure.registry import PackMissing, pack_files, packs_folder, shared_texts
from huajie.core.procedure.check import Finding, findings_of
from huajie.core.procedure.check import check as lint
from huajie.core.procedure.draw import draw_svg, page
from huajie.core.procedure.errors import BadPack
from huajie.core.procedure.explain import explain as explain_act
from huajie.core.procedure.explore import TooMany
from huajie.core.procedure.explore import explore as walk
from huajie.core.procedure.pack import Pack, resolve
from huajie.core.procedure.source import Source, parse


def check(args: Sequence[str]) -> int:
    """Say everything that is wrong with packs as they are written."""
    parser = _parser("check", check.__doc__)
    _add_paths(parser)
    given = parser.parse_args(args)
    files = _files(given.path)
    found = sum(len(_show(_read(file)[1])) for file in files)
    if not found:
        print(f"{len(files)} packs: nothing wrong")
    return 1 if found or not files else 0


def explore(args: Sequence[str]) -> int:
    """Walk every situation that packs can lead to, and show promises 2, 4, 5 and 6 in each."""
    parser = _parser("explore", explore.__doc__)
    _add_paths(parser)
    given = parser.parse_args(args)
    files = _files(given.path)
    ready: list[tuple[Pack, Source]] = []
    wrong = not files
    for file in files:
        source, findings = _read(file)
        if _show(findings) or source is None:
            wrong = True
            continue
        ready.append((resolve(source), source))
    others = {pack.name: pack for pack, _ in ready}
    for pack, source in ready:
        for name in {child.pack for child in pack.children.values()} - set(others):
            beside = Path(source.file).parent.parent / name / "pack.yaml"
            if beside.is_file():
                child, findings = _read(beside)
                if child is not None and not findings:
                    others[name] = resolve(child)
        try:
            report = walk(pack, others, source=source)
        except TooMany as error:
            file_name, line = source.place("")
            print(f"{file_name}:{line or 1}: {pack.name}: {error}")
            wrong = True
            continue
        for violation in report.violations:
            print(violation)
        wrong = wrong or bool(report.violations)
        word = f"{len(report.violations)} violations" if report.violations else "promises 2, 4, 5 and 6 hold"
        print(f"{pack.name}: {report.states} situations, {report.transitions} transitions: {word}")
    return 1 if wrong else 0


def explain(args: Sequence[str]) -> int:
    """Say what an act of a pack means: who may do it, when, what must be there, what it changes."""
    parser = _parser("explain", explain.__doc__)
    parser.add_argument("pack", help="name of a pack, or its file")
    parser.add_argument("act")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--parameters", metavar="SET", help="one of the pack's parameter sets")
    given = parser.parse_args(args)
    file = _file_of(given.pack)
    if file is None:
        return 2
    source, findings = _read(file)
    if _show(findings) or source is None:
        return 1
    try:
        pack = resolve(source, given.parameters)
    except BadPack as bad:
        _show(findings_of(bad.errors, "name"))
        return 2
    if given.act not in pack.acts:
        close = difflib.get_close_matches(given.act, list(pack.acts), n=1)
        hint = f" (did you mean {close[0]}?)" if close else f" (its acts: {', '.join(pack.acts)})"
        print(f"{pack.name} has no act {given.act}{hint}", file=sys.stderr)
        return 2
    print(explain_act(pack, given.act, language=given.language), end="")
    return 0


def draw(args: Sequence[str]) -> int:
    """Draw packs: one page with a Mermaid diagram and tables, and one SVG, for each."""
    parser = _parser("draw", draw.__doc__)
    parser.add_argument("pack", nargs="*", help="names of packs, or their files; every shipped pack where left out")
    parser.add_argument("--all", action="store_true", help="every shipped pack")
    parser.add_argument("--out", type=Path, default=Path("docs/packs"), help="folder to write to (default docs/packs)")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where a drawing is out of date")
    given = parser.parse_args(args)
    files = [_file_of(name) for name in given.pack] if given.pack and not given.all else list(_files([]))
    stale = False
    for file in files:
        if file is None:
            return 2
        source, findings = _read(file)
        if _show(findings) or source is None:
            return 1
        pack = resolve(source)
        for name, text in ((f"{pack.name}.md", page(pack)), (f"{pack.name}.svg", draw_svg(pack))):
            target = given.out / name
            if given.check:
                if not target.is_file() or target.read_text(encoding="utf-8") != text:
                    print(f"{target}: out of date, run huajie packs draw")
                    stale = True
                continue
            given.out.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(target)
    return 1 if stale else 0


#: Verb -> function of its arguments.
VERBS = {"check": check, "explore": explore, "explain": explain, "draw": draw}


def _parser(verb: str, doc: str | None) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"huajie packs {verb}", description=doc)


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", nargs="*", type=Path, help="pack.yaml, a folder of one, or a folder of packs; else the shipped ones"
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the pack files that paths mean; what is missing is said and leaves nothing."""
    if not paths:
        try:
            return pack_files(packs_folder())
        except PackMissing as error:
            print(error, file=sys.stderr)
            return []
    found: list[Path] = []
    for path in paths:
        if path.is_file():
            found.append(path)
        elif (path / "pack.yaml").is_file():
            found.append(path / "pack.yaml")
        else:
            below = pack_files(path) if path.is_dir() else []
            if not below:
                print(f"{path}: no pack.yaml here", file=sys.stderr)
                return []
            found += below
    return found


def _file_of(name: str) -> Path | None:
    path = Path(name)
    if path.is_file():
        return path
    if (path / "pack.yaml").is_file():
        return path / "pack.yaml"
    shipped = {file.parent.name: file for file in _files([])}
    if name in shipped:
        return shipped[name]
    print(f"no pack {name} (there are: {', '.join(shipped)})", file=sys.stderr)
    return None


def _read(file: Path) -> tuple[Source | None, list[Finding]]:
    shown = str(file)
    try:
        shown = str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        pass
    folder = file.resolve().parent.parent
    try:
        if not (folder / "common").is_dir():
            folder = packs_folder()
        shared = shared_texts(folder)
    except PackMissing:
        shared = {}
    try:
        source = parse(file.read_text(encoding="utf-8"), shown, shared)
    except BadPack as bad:
        return None, findings_of(bad.errors, "yaml")
    except UnicodeDecodeError:
        return None, [Finding(shown, 1, "", "yaml", "this file is not UTF-8 text", "save it as UTF-8")]
    return source, lint(source)


def _show(findings: Sequence[Finding]) -> Sequence[Finding]:
    for finding in findings:
        print(finding)
    return findings


__all__ = ["VERBS", "check", "draw", "explain", "explore"]
