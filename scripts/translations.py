"""
Translations without gettext's own programs, which a clean machine may lack.

    python scripts/translations.py compile FILE.po...    write FILE.mo beside it
    python scripts/translations.py collect               bring new texts into the .po files (needs gettext)
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "src" / "huajie" / "locale"


def faults(path: Path) -> list[str]:
    """Return what is wrong with one .po file: texts without translation, fuzzy ones, placeholders that differ."""
    found = []
    for entry in polib.pofile(str(path), check_for_duplicates=True):
        if entry.obsolete:
            continue
        place = f"{path.name}:{entry.linenum}"
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy:
            found.append(f"{place}: fuzzy: {entry.msgid!r}")
        elif not all(texts):
            found.append(f"{place}: not translated: {entry.msgid!r}")
        else:
            wanted = placeholders(entry.msgid)
            found.extend(
                f"{place}: placeholders differ: {entry.msgid!r} and {text!r}"
                for text in texts
                if placeholders(text) != wanted and not entry.msgid_plural
            )
    return found


def placeholders(text: str) -> list[str]:
    """Return what is put into a text when it is shown, sorted."""
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text))


def compile_file(path: Path) -> None:
    """Write the .mo file of one .po file."""
    polib.pofile(str(path), check_for_duplicates=True).save_as_mofile(str(path.with_suffix(".mo")))


def main(arguments: list[str]) -> int:
    """Run one of the two commands of this module's docstring."""
    if arguments[:1] == ["compile"] and len(arguments) > 1:
        for name in arguments[1:]:
            compile_file(Path(name))
        return 0
    if arguments == ["collect"]:
        command = [
            sys.executable,
            "-m",
            "django",
            "makemessages",
            "--locale",
            "zh_Hans",
            "--locale",
            "en",
            "--no-obsolete",
        ]
        return subprocess.run(command, cwd=LOCALE.parent).returncode
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
