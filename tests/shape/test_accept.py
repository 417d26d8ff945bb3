"""The comparison that ends `make test` finds what it is there for, and a run refuses tests that did not run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripts.accept import IDS, KERNEL, Line, compare_databases, compare_promises, lines, make_targets, matches
from tests.shape.project import ROOT

from huajie.edges.cli.main import COMMANDS

pytestmark = pytest.mark.accept("K4")


def run(**tests: Any) -> dict[str, dict[str, Any]]:
    return {name: {"outcome": value, "accept": [], "seconds": 0.1} for name, value in tests.items()}


def test_the_same_tests_on_both_are_right() -> None:
    both = {"sqlite": run(a="passed"), "postgres": run(a="passed")}
    assert compare_databases(both, []) == []


@pytest.mark.parametrize("outcome", ["failed", "error", "skipped", "xfail"])
def test_one_that_did_not_pass_on_one_is_found(outcome: str) -> None:
    both = {"sqlite": run(a="passed"), "postgres": run(a=outcome)}
    assert compare_databases(both, []) == [f"a: {outcome} on postgres"]


def test_one_that_is_missing_on_one_is_found() -> None:
    both = {"sqlite": run(a="passed", b="passed"), "postgres": run(a="passed")}
    assert compare_databases(both, []) == ["b: did not run on postgres"]
    assert compare_databases(both, [{"tests": "b", "on": "sqlite", "reason": "a reason"}]) == []


def test_an_exception_that_matches_nothing_or_ran_elsewhere_is_found() -> None:
    both = {"sqlite": run(a="passed"), "postgres": run(a="passed")}
    assert len(compare_databases(both, [{"tests": "z*", "on": "sqlite", "reason": "r"}])) == 1
    assert len(compare_databases(both, [{"tests": "a", "on": "sqlite", "reason": "r"}])) == 1


def promise(line: Line, tests: dict[str, dict[str, Any]]) -> list[str]:
    return compare_promises([line], {"sqlite": tests}, make_targets={"soak"}, commands={"verify"}, ids=["K1"])


GOOD = Line("K1", ("tests/x/test_a.py",), ("make soak", "huajie verify"), "done")


def test_a_line_that_is_shown_is_right() -> None:
    assert promise(GOOD, run(**{"tests/x/test_a.py::test_b[1]": "passed"})) == []


def test_each_way_not_to_show_a_line_is_found() -> None:
    passed = run(**{"tests/x/test_a.py::test_b": "passed"})
    marked = {"tests/y.py::t": {"outcome": "passed", "accept": ["K1"], "seconds": 0.1}, **passed}
    odd = {"tests/x/test_a.py::t": {"outcome": "passed", "accept": ["K99"], "seconds": 0.1}}
    assert "no test ran" in promise(GOOD, run(other="passed"))[0]
    assert "failed" in promise(GOOD, run(**{"tests/x/test_a.py::test_b": "failed"}))[0]
    assert "skipped" in promise(GOOD, run(**{"tests/x/test_a.py::test_b": "skipped"}))[0]
    assert "marked for it" in promise(GOOD, marked)[0]
    assert "no acceptance line" in promise(GOOD, odd)[0]
    assert "there is no `make gone`" in promise(Line("K1", GOOD.patterns, ("make gone",), "x"), passed)[0]
    assert "names no test" in promise(Line("K1", (), (), "x"), passed)[0]
    assert "gives no result" in promise(Line("K1", GOOD.patterns, (), ""), passed)[0]
    assert "not in docs" in promise(Line("K2", GOOD.patterns, (), "x"), passed)[0]


def test_a_pattern_means_a_file_a_folder_or_every_parameter() -> None:
    nodeid = "tests/a/test_b.py::test_c[1-x]"
    assert all(
        matches(nodeid, p) for p in ("tests/a", "tests/a/", "tests/a/test_b.py", nodeid[:-5], "tests/a/*::test_c*")
    )
    assert not any(matches(nodeid, p) for p in ("tests/a/test", "tests/a/test_b.py::test", "tests/b"))


def test_the_page_has_a_line_for_each_id_and_names_what_exists() -> None:
    table = lines((ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8"))
    found = [line.id for line in table]
    assert sorted(found, key=IDS.index) == found, "in the order of the ids"
    assert set(KERNEL) <= set(found)
    known = make_targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    for line in table:
        for command in line.commands:
            program, word = command.split()[:2]
            assert word in (known if program == "make" else COMMANDS), command
        for pattern in line.patterns:
            place = pattern.partition("::")[0].partition("*")[0]
            assert (ROOT / place).exists() or (ROOT / place).parent.exists(), pattern


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ("def test_a():\n    pass\n", True),
        ("import pytest\n\n\n@pytest.mark.skip\ndef test_a():\n    pass\n", False),
        ("import pytest\n\n\ndef test_a():\n    pytest.skip('x')\n", False),
        ("import pytest\n\n\n@pytest.mark.xfail\ndef test_a():\n    assert 0\n", False),
        ("import pytest\n\npytest.importorskip('no_such_module')\n\n\ndef test_a():\n    pass\n", False),
        ("async def f():\n    pass\n\n\ndef test_a():\n    f()\n", False),
        ("def test_a():\n    open('x.txt', 'w').write('1')\n", False),
    ],
)
def test_a_run_refuses_what_did_not_run(tmp_path: Path, body: str, good: bool) -> None:
    shutil.copy(ROOT / "conftest.py", tmp_path / "conftest.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "databases.toml").write_text("")
    (tmp_path / "tests" / "test_planted.py").write_text(body)
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--report", "out.json", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) is good, done.stdout + done.stderr
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["database"] == "sqlite"
    if good:
        assert report["tests"]["tests/test_planted.py::test_a"]["outcome"] == "passed"


def test_an_exception_keeps_a_test_to_its_database(tmp_path: Path) -> None:
    shutil.copy(ROOT / "conftest.py", tmp_path / "conftest.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "databases.toml").write_text(
        '[[exception]]\ntests = "*::test_only"\non = "postgres"\nreason = "planted for this very test"\n'
    )
    (tmp_path / "tests" / "test_planted.py").write_text("def test_only():\n    pass\n\n\ndef test_both():\n    pass\n")
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--report", "out.json"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )
    assert list(json.loads((tmp_path / "out.json").read_text())["tests"]) == ["tests/test_planted.py::test_both"]
