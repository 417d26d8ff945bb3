"""`huajie doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import argparse
import json

from django.conf import settings

from huajie.config.rotation import loose_keys
from huajie.edges.cli.migrate import pending
from huajie.edges.health import CHECKS, report


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--json", action="store_true", help="print the same as JSON")


def run(args: argparse.Namespace) -> int:
    """Check everything that /readyz checks, and what only the machine itself can see; exit 1 if it must not run so."""
    found = report()
    found["checks"]["place of the keys"] = _result(_keys())
    found["checks"]["erasure record"] = _result(_record())
    if found["checks"]["database"]["ok"]:
        found["checks"]["steps"] = _result([f"{step}: run huajie migrate" for step in pending()])
    # a machine may run like that, and somebody should know
    notes = {"erasure record", *(check.name for check in CHECKS if not check.decides)} - {"keys", "disk", "followups"}
    wrong = [name for name, check in found["checks"].items() if not check["ok"] and name not in notes]
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for name, check in found["checks"].items():
            print(f"{'ok   ' if check['ok'] else 'WRONG' if name in wrong else 'note '} {name}")
            for problem in check["problems"]:
                print(f"      {problem}")
    return 1 if wrong else 0


def _result(problems: list[str]) -> dict[str, object]:
    return {"ok": not problems, "problems": problems}


def _keys() -> list[str]:
    # The settings have read them, or this would not run; what is left is where they lie.
    inside = settings.STATIC_ROOT in (settings.HUAJIE_DATA / "keys").parents
    found = ["HUAJIE_DATA: the keys lie below the static files, which anybody can read"] if inside else []
    return found + loose_keys(settings.HUAJIE_DATA / "keys")


def _record() -> list[str]:
    if settings.HUAJIE_BACKUPS is not None:
        return []
    return ["HUAJIE_BACKUPS: no folder is named, so what is erased is written down nowhere apart (docs/operations.md)"]
