"""The rings keep their order, and the tool that says so would notice if they did not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.shape.project import ROOT, SOURCE

pytestmark = pytest.mark.accept("K11")

LINT = str(Path(sys.executable).parent / "lint-imports")


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache", "--config", str(ROOT / ".importlinter")],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
    )


def test_every_contract_is_kept() -> None:
    done = lint(SOURCE.parent)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("core/clocks/planted.py", "from huajie.apps import ledger"),
        ("core/ledger/planted.py", "import django"),
        ("core/clocks/planted.py", "from huajie.core import procedure"),
        ("core/planted/__init__.py", "x = 1"),
        ("apps/ledger/planted.py", "from huajie.apps import matters"),
        ("apps/matters/planted.py", "from huajie.edges import desk"),
        ("edges/public/planted.py", "from huajie.edges import desk"),
    ],
)
def test_a_planted_arrow_outwards_is_found(tmp_path: Path, place: str, line: str) -> None:
    shutil.copytree(
        SOURCE, tmp_path / "huajie", ignore=shutil.ignore_patterns("__pycache__", "*.mo", "static", "templates")
    )
    target = tmp_path / "huajie" / place
    target.parent.mkdir(exist_ok=True)
    target.write_text(line + "\n")
    done = lint(tmp_path)
    assert done.returncode != 0
    assert "planted" in done.stdout, done.stdout + done.stderr
