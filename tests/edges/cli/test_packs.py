"""`huajie packs`: exit codes, and output that an editor can jump from."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from huajie.edges.cli import packs

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "packs"
MAIN = "import sys; from huajie.edges.cli.main import main; sys.exit(main(sys.argv[1:]))"
LINE = re.compile(r"^(?P<file>\S+\.yaml):(?P<line>\d+): (?P<rest>.+)$")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_shipped_packs_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert packs.check([]) == 0
    assert "nothing wrong" in capsys.readouterr().out
    # the walks of all of them: tests/core/procedure/test_explore.py, and `huajie packs explore` without a name
    assert packs.explore([str(ROOT / "packs" / name) for name in ("open311", "cn.supervision")]) == 0
    assert capsys.readouterr().out.count("promises 2, 4, 5 and 6 hold") == 2


@pytest.mark.parametrize("path", sorted((DATA / "malformed").iterdir()), ids=lambda path: path.name)
def test_a_malformed_pack_exits_1_from_both_commands_with_its_place(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (packs.check, packs.explore):
        assert command([str(path)]) == 1
        first = LINE.match(capsys.readouterr().out.splitlines()[0])
        assert first is not None
        assert first["file"] == str((path / "pack.yaml").relative_to(ROOT))
        assert int(first["line"]) >= 1


@pytest.mark.parametrize("promise", [2, 4, 5, 6])
def test_a_broken_promise_exits_1_with_its_number_place_and_acts(
    promise: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = DATA / "broken" / f"promise-{promise}"
    assert packs.check([str(path)]) == 0
    capsys.readouterr()
    assert packs.explore([str(path)]) == 1
    first, second, *_ = capsys.readouterr().out.splitlines()
    found = LINE.match(first)
    assert found is not None
    assert f": promise {promise}: " in found["rest"]
    assert second.startswith("    by: submit -> ")


def test_what_is_not_there_is_a_mistake_not_a_success(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert packs.check([str(tmp_path)]) == 1
    assert "no pack.yaml here" in capsys.readouterr().err
    assert packs.explain(["en.complaint", "replly"]) == 2
    assert "did you mean reply?" in capsys.readouterr().err
    assert packs.explain(["en.complain", "reply"]) == 2


def test_an_act_is_explained_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert packs.explain(["en.complaint", "reply", "--language", "en"]) == 0
    assert "Who may do it: " in capsys.readouterr().out
    assert packs.explain(["en.complaint", "reply"]) == 0
    assert "谁可以做：" in capsys.readouterr().out


def test_drawing_writes_a_page_and_a_picture_and_knows_when_they_are_old(tmp_path: Path) -> None:
    assert packs.draw(["en.complaint", "--out", str(tmp_path)]) == 0
    assert {one.name for one in tmp_path.iterdir()} == {"en.complaint.md", "en.complaint.svg"}
    assert packs.draw(["en.complaint", "--out", str(tmp_path), "--check"]) == 0
    (tmp_path / "en.complaint.md").write_text("old", encoding="utf-8")
    assert packs.draw(["en.complaint", "--out", str(tmp_path), "--check"]) == 1


def test_the_command_itself_exits_1() -> None:
    """Through the process, as a script in a build would see it."""
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "packs", "check", str(DATA / "malformed" / "unknown-effect")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert done.returncode == 1
    assert "169: acts.answer.effects[1].stopp: unknown word 'stopp' (did you mean 'stop'?)" in done.stdout
