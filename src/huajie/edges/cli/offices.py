"""
Who answers for what, out into a workbook and in from one, on the server itself: the same reading, the same dry run and
the same writing as at /desk/offices/import/.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.translation import override

from huajie.apps.jurisdiction.operations import Refused
from huajie.apps.jurisdiction.queries import snapshot
from huajie.apps.offices.importing import SHEETS, Plan, Stale, carry_out, present
from huajie.core.access import SYSTEM
from huajie.edges.desk.importing import plan_of, said, unreadable_words
from huajie.edges.desk.workbook import Unreadable, column_title, read, sheet_title, shown, write


def export(args: Sequence[str]) -> int:
    """Write what stands now as the workbook that `import` takes."""
    parser = _parser("export", export.__doc__)
    parser.add_argument("--language", choices=("zh-hans", "en"), default="zh-hans", help="of words and help")
    given = parser.parse_args(args)
    with override(given.language):
        given.file.write_bytes(write(present(now=datetime.now(UTC), actor=SYSTEM), _zone()))
    print(f"{given.file}: written")
    return 0


def import_(args: Sequence[str]) -> int:
    """Say what a workbook would make and change and everything that is wrong with it; write it with --commit."""
    parser = _parser("import", import_.__doc__)
    parser.add_argument("--commit", action="store_true", help="write it, all or nothing")
    parser.add_argument("--reason", default="", help="with --commit: why; stays in the record, so no names")
    given = parser.parse_args(args)
    if given.commit and not given.reason.strip():
        print("huajie offices: --reason: say why", file=sys.stderr)
        return 2
    now = datetime.now(UTC)
    with override("en"):
        try:
            data = given.file.read_bytes()
            content = read(data, given.file.name, _zone())
        except OSError as error:
            print(f"huajie offices: {error}", file=sys.stderr)
            return 2
        except Unreadable as error:
            print(f"huajie offices: {given.file}: {unreadable_words(error)}", file=sys.stderr)
            return 2
        planned = plan_of(content, actor=SYSTEM, now=now)
        faults = [*content.faults, *planned.faults]
        _print(planned)
        for fault in (said(one) for one in faults):
            where = f"{fault['sheet']} row {fault['row']}, {fault['column']}"
            print(f"! {where}: {fault['words']} {fault['about']}. {fault['advice']}".rstrip())
        if faults:
            return 1
        if planned.empty or not given.commit:
            print("There is nothing to do." if planned.empty else "Nothing was written; --commit writes it.")
            return 0
        try:
            made = carry_out(
                planned,
                reason=given.reason.strip()[:200],
                file_hash=hashlib.sha256(data).hexdigest(),
                actor=SYSTEM,
                now=now,
            )
        except (Stale, Refused) as error:
            print(f"huajie offices: changed meanwhile, nothing was written: {error}", file=sys.stderr)
            return 1
    for account, code in made:
        print(f"{account.username}: one-time code, shown this once, for 3 days: {code}")
    print("Written.")
    return 0


def _parser(verb: str, doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"huajie offices {verb}", description=doc)
    parser.add_argument("file", type=Path, help="an Excel workbook (.xlsx)")
    return parser


def _zone() -> ZoneInfo:
    """Return the zone of the region that this instance serves, as the desk's pages show moments."""
    jurisdiction = snapshot()
    unit = jurisdiction.units.get(jurisdiction.settings.backstop_unit)
    region = jurisdiction.regions.get(unit.region) if unit is not None else None
    return ZoneInfo(region.zone if region is not None else "UTC")


def _print(planned: Plan) -> None:
    zone = _zone()
    for step in planned.steps:
        kinds = {column.key: column for column in SHEETS[step.sheet]}
        print(f"{'+' if step.verb == 'made' else '~'} {sheet_title(step.sheet)} row {step.row}: {step.name}")
        for key, old, new in step.diffs:
            words = [shown(step.sheet, kinds[key], value, zone) or "-" for value in (old, new)]
            print(f"    {column_title(step.sheet, key)}: {words[0]} -> {words[1]}")
    for first, second in planned.overlaps:
        print(f"? {first} and {second} claim the same")
    print(f"{len(planned.steps)} to write, {planned.same} as they are")
