"""What the documents list is what the project has: commands, settings, targets, links, words; nothing of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.shape.project import PACKS, ROOT, SOURCE, files, name_of, tracked

from huajie.edges.cli.main import COMMANDS, load, parser_for, work_of

pytestmark = pytest.mark.accept("K11")


def rows(page: str, pattern: str) -> list[str]:
    """Return the first cells of a page's tables that match, as written."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^\|\s*`({pattern})`\s*\|", text, re.MULTILINE)


# Commands


def test_every_command_is_documented_once_and_every_documented_one_exists() -> None:
    assert sorted(rows("commands.md", "huajie [a-z-]+")) == sorted(f"huajie {name}" for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_a_module_that_configures_and_runs(name: str) -> None:
    module = load(name)
    if COMMANDS[name].verbs:
        assert all(callable(work_of(module, verb)) for verb in COMMANDS[name].verbs)
    else:
        assert callable(module.configure)
        assert callable(module.run)
        assert (module.__doc__ or "").lstrip().startswith(f"`huajie {name}"), "its first line says which command it is"
        assert name in parser_for(name).format_help()


# Make targets


def targets(text: str) -> dict[str, str]:
    """Return target -> its `##` line, empty where it has none; recipes that make a file are not targets for people."""
    found = re.findall(r"^([a-z][a-z-]*):(?!=)([^\n]*)$", text, re.MULTILINE)
    return {name: rest.partition("##")[2].strip() for name, rest in found}


def test_every_target_has_its_line_and_is_documented() -> None:
    found = targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    assert [name for name, line in found.items() if not line] == []
    assert sorted(rows("commands.md", "make [a-z-]+")) == sorted(f"make {name}" for name in found)
    assert {"setup", "run", "test", "test-quick", "bench", "soak", "imports", "lint", "fix", "diagrams", "lock"} <= set(
        found
    )


def test_a_planted_target_without_a_line_is_found() -> None:
    assert targets("a: b ## does\nplain: a\n\techo\nX := 1\n") == {"a": "does", "plain": ""}


def test_make_alone_lists_every_target() -> None:
    out = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+)", out, re.MULTILINE)) == set(targets((ROOT / "Makefile").read_text()))


def test_the_build_runs_the_readme_s_test_command_and_nothing_else() -> None:
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["exec make test </dev/null"]
    assert re.search(r"^\s*make test$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


# Settings


def settings_read(source: str) -> set[str]:
    """Return the names of settings in a module's strings: HUAJIE_... and PORT, where they stand alone."""
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"HUAJIE_[A-Z_]*[A-Z]|PORT", node.value)
    }


#: Names that the settings module gives to others, and the prefix of the tests' own: nobody sets them.
GIVEN = {"HUAJIE_KEYS", "HUAJIE_SERVER", "HUAJIE_TEST"}


def test_every_setting_is_documented_once_and_every_documented_one_exists() -> None:
    sources = [path for path in files(".py") if not path.is_relative_to(ROOT / "tests" / "shape")]
    read = set().union(*(settings_read(path.read_text(encoding="utf-8")) for path in sources)) - GIVEN
    read |= set(re.findall(r"\$\{(HUAJIE_[A-Z_]+)", (ROOT / "scripts" / "system.sh").read_text()))
    listed = rows("settings.md", "HUAJIE_[A-Z_]+|PORT")
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name, count in Counter(listed).items() if count > 1] == []
    assert sorted(read - set(re.findall(r"`(HUAJIE_[A-Z_]+|PORT)`", text))) == []
    assert sorted(set(listed) - read) == []


def test_a_planted_setting_is_found() -> None:
    assert settings_read('x = env.str("HUAJIE_PLANTED", "")\ny = "PORTABLE HUAJIE_X text"') == {"HUAJIE_PLANTED"}


# Lock files


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_its_hashes_and_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert lock_faults(text) == []
    assert len(re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)) > 20


def lock_faults(text: str) -> list[str]:
    """Return what is wrong with a lock file: a package without hash or exact version, an address."""
    faults = [line for line in text.splitlines() if "://" in line or re.match(r"^\s*--(?!hash=)", line)]
    plain = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    pinned = re.compile(r"^[a-z0-9][a-z0-9._-]*(\[[a-z,-]+\])?==\S+( ;.*?)?(\s+--hash=sha256:[0-9a-f]{64})+$")
    return faults + [line[:80] for line in map(str.strip, plain.splitlines()) if line and not pinned.match(line)]


@pytest.mark.parametrize(
    "line", ["x==1.0", "x>=1 --hash=sha256:" + "a" * 64, "--index-url https://host/simple", "x @ https://host/x.whl"]
)
def test_a_planted_fault_in_a_lock_is_found(line: str) -> None:
    assert lock_faults(line + "\n")


def test_no_other_lock_is_kept() -> None:
    assert not [name_of(path) for path in tracked() if path.name in ("uv.lock", "poetry.lock", "Pipfile.lock")]


# Nothing of any machine

#: A home folder, a checkout, a job folder: true on one machine only.
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work|builds?|mnt|workspace)/[A-Za-z0-9._-]+/")


def test_no_file_names_a_place_on_a_machine() -> None:
    text = {path: path.read_bytes() for path in tracked() if path.stat().st_size < 2_000_000}
    found = [
        f"{name_of(path)}: {hit.group(0)}"
        for path, content in text.items()
        if path != Path(__file__) and b"\0" not in content[:4096]
        for hit in MACHINE.finditer(content.decode("utf-8", errors="replace"))
    ]
    assert not found
    # put together here, so that this file names no such place either
    home, inside = ("/".join(("", *parts, "")) for parts in (("home", "somebody"), ("desk", "work", "plan")))
    assert MACHINE.search(f"see {home}") and not MACHINE.search(inside)


def test_no_large_file_is_kept() -> None:
    assert not [name_of(path) for path in tracked() if path.stat().st_size > 2_000_000]


# Links


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings as code hosts make them."""
    heads = re.findall(r"^#+\s+(.*?)\s*$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", head).lower()).replace(" ", "-") for head in heads}


def broken_links(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere in the project."""
    text = page.read_text(encoding="utf-8")
    plain = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    found = []
    for target in re.findall(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", plain):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        to = (page.parent / place).resolve() if place else page
        if not to.exists():
            found.append(f"{name_of(page)}: {target}")
        elif anchor and to.suffix == ".md" and anchor not in anchors(to.read_text(encoding="utf-8")):
            found.append(f"{name_of(page)}: {target}: no such heading")
    return found


def test_every_link_of_every_page_resolves() -> None:
    pages = files(".md")
    assert len(pages) >= 6
    assert not [fault for page in pages for fault in broken_links(page)]


def test_a_planted_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A head\n[a](#a-head) [b](gone.md) [c](#none) `[d](x)` [e](https://example.org)\n", encoding="utf-8"
    )
    assert [fault.split(": ")[1] for fault in broken_links(page)] == ["gone.md", "#none"]


# Words

#: The words of DESIGN section 2, each with one meaning.
WORDS = """matter submission pack act entry effect request child-matter clock timer gate dossier unit region seat
posting remit sponsor frame sweep visit recheck slip ladder cadence bulletin meeting project-gate hold vault opening
receipt checkpoint acceptance verification referral assignment handover completion write-off exhaustion
archiving""".split()


def glossary() -> list[list[str]]:
    """Return the rows of the glossary: word, Chinese, meaning, never called."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    cells = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [row for row in cells if len(row) == 4 and not set(row[0]) <= set("-: ") and row[0] != "word"]


def test_every_word_of_the_design_stands_in_the_glossary_once() -> None:
    found = Counter(row[0].replace(" ", "-") for row in glossary())
    assert [word for word in WORDS if found[word] != 1] == []
    assert [word for word, count in found.items() if count > 1] == []


def test_every_word_has_its_chinese_term_and_a_meaning() -> None:
    assert [row[0] for row in glossary() if not re.search(r"[\u4e00-\u9fff]", row[1]) or len(row[2]) < 10] == []


def test_one_chinese_word_of_several_meanings_has_one_english_word_for_each() -> None:
    english = {word: row[0] for row in glossary() for word in re.split(r"[、,，\s]+", row[1]) if word}
    assert english["受理"] == "acceptance" and english["验收"] == "verification" and english["接收"] == "receipt"
    assert len({english[word] for word in ("转送", "交办", "移交")}) == 3
    assert len({english[word] for word in ("办结", "销号", "终结", "归档")}) == 4


def pack_ids(document: dict[str, object]) -> set[str]:
    """Return the ids that a pack gives: stages, acts, clocks, requests, children, facts, gates, notices."""
    groups = ("stages", "acts", "clocks", "requests", "children", "facts", "notices", "gates", "parameters")
    return {str(key) for group in groups for key in (document.get(group) or {})}  # type: ignore[attr-defined]


def test_ids_of_packs_use_the_glossary_s_word_and_no_second_one() -> None:
    second = {name.strip(): row[0] for row in glossary() for name in row[3].split(",") if name.strip() not in ("", "-")}
    assert second
    faults = []
    for path in files(".yaml", under=PACKS):
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for name in pack_ids(document):
            if not re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", name):
                faults.append(f"{name_of(path)}: {name!r} is no plain id")
            faults += [
                f"{name_of(path)}: {name!r}: say {second[part]}, not {part}"
                for part in re.split(r"[_-]", name)
                if part in second
            ]
    assert not faults


def test_the_models_use_the_glossary_s_word_and_no_second_one() -> None:
    second = {name.strip(): row[0] for row in glossary() for name in row[3].split(",") if name.strip() not in ("", "-")}
    classes = [
        (path, node.name)
        for path in files(".py", under=SOURCE)
        if path.name == "models.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    words = [(path, name, part.lower()) for path, name in classes for part in re.findall(r"[A-Z][a-z]+", name)]
    assert not [f"{name_of(path)}: {name}: say {second[part]}" for path, name, part in words if part in second]
