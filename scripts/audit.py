"""
Known faults of what is installed: none, or each excused in writing.

    make audit

Asks pip-audit about every package of both locks. What its service can't answer about is not clean, it is not audited,
and that is said and fails: silence is no finding. An excuse stands in scripts/audit.toml with its reason and the day on
which somebody has to look again; one that is past its day, or that excuses nothing, fails too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
EXCUSES = ROOT / "scripts" / "audit.toml"


def judge(found: Sequence[Mapping[str, Any]], excuses: Sequence[Mapping[str, Any]], *, today: date) -> list[str]:
    """
    Return what stands against it, a line each.

    Args:
        found: pip-audit's `dependencies`: name, version and vulns, or name and skip_reason.
        excuses: rows of audit.toml: package, id, reason, until.
    """
    faults = []
    used = set()
    by_place = {(row["package"], row["id"]): row for row in excuses}
    for row in excuses:
        if len(str(row["reason"]).split()) < 5:
            faults.append(f"{row['package']} {row['id']}: the excuse gives no reason")
        if row["until"] < today:
            faults.append(f"{row['package']} {row['id']}: excused until {row['until']}; look again")
    skipped = sorted({one["name"] for one in found if "skip_reason" in one})
    if skipped:
        faults.append(f"not audited: {len(skipped)} packages the service knew nothing about: {', '.join(skipped)}")
    for one in found:
        for fault in one.get("vulns", ()):
            names = {fault["id"], *fault.get("aliases", ())}
            excused = [place for name in names if (place := (one["name"], name)) in by_place]
            used.update(excused)
            if not excused:
                better = ", ".join(fault.get("fix_versions", ())) or "none yet"
                line = f"{one['name']} {one['version']}: {fault['id']}, mended in {better}"
                if line not in faults:
                    faults.append(line)
    faults += [f"{package} {name}: excused, but there is no such fault" for package, name in set(by_place) - used]
    return faults


def main() -> int:
    """Audit both locks; 1 where anything stands against it."""
    found: list[Mapping[str, Any]] = []
    for lock in LOCKS:
        done = subprocess.run(
            [
                sys.executable, "-m", "pip_audit", "-r", str(ROOT / lock), "--require-hashes", "--disable-pip",
                "--progress-spinner", "off", "--format", "json",
            ],
            capture_output=True,
            text=True,
        )  # fmt: skip
        try:
            found += json.loads(done.stdout)["dependencies"]
        except (ValueError, KeyError):
            print(f"{lock}: pip-audit gave no answer:\n{done.stderr[-2000:]}", file=sys.stderr)
            return 1
    excuses = tomllib.loads(EXCUSES.read_text(encoding="utf-8")).get("excuse", [])
    faults = judge(found, excuses, today=datetime.now(UTC).date())
    asked = {(one["name"], one.get("version")) for one in found if "skip_reason" not in one}
    print(f"pip-audit: {len(asked)} packages audited.")
    if (ROOT / "package.json").exists():
        faults.append("package.json: there are packages of npm now, and nothing audits them; add `npm audit` here")
    else:
        print("npm audit: not applicable, there is no package.json.")
    print("\n".join(faults) or "Nothing stands against it.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
