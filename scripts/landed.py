"""
Keep a small database of a landed version, so that every later version shows that it can go on with it.

    python -m scripts.landed COMMIT [--name NAME] [--seed N] [--python FILE]

Takes the code of COMMIT into a folder of its own, lets it load its own demo county on both databases under one set of
keys, and writes what came of it to tests/data/landed/NAME (the commit's short name where none is given):

    sqlite3.xz     the SQLite file
    postgres.xz    the PostgreSQL database as SQL that any client can run
    files.tar.gz   HUAJIE_DATA/files, from the first version that has one
    keys.json      the keys, in hex: they guard nothing but this invented county
    about.json     commit, moment, and how many matters and entries `huajie verify` of that version counted

A kept version is never made again and never taken away: it is what administrators have on their disks.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from scripts.postgres import Server, temporary

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "tests" / "data" / "landed"
#: One file may have so many bytes: every clone carries all of them.
LARGEST = 300_000
MATTERS = 14
#: So many of them must still be open, or there is nothing to go on with.
OPEN = 4


def git(*words: str) -> str:
    """Return what git says of this repository."""
    return subprocess.run(["git", "-C", str(ROOT), *words], check=True, capture_output=True, text=True).stdout.strip()


def command(environment: Mapping[str, str], python: str, *words: str) -> str:
    """Run a `huajie` command of the landed version."""
    done = subprocess.run(
        [python, "-m", "huajie.edges.cli.main", *words], env=environment, cwd="/", capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"huajie {' '.join(words)} of that version failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def make(commit: str, name: str, python: str, seed: int) -> Path:
    """Make the folder of one version; returns it."""
    target = KEPT / name
    if target.exists():
        raise SystemExit(f"{target} is kept already, and a kept version is never made again")
    with tempfile.TemporaryDirectory(prefix="huajie-landed-") as place, temporary() as server:
        code = Path(place) / "code"
        git("worktree", "add", "--detach", str(code), commit)
        try:
            made = _load(code, Path(place) / "data", server, python, commit, seed)
        finally:
            git("worktree", "remove", "--force", str(code))
        for file, content in made.items():
            if len(content) > LARGEST:
                raise SystemExit(f"{file} has {len(content)} bytes, more than {LARGEST}: load fewer matters")
        target.mkdir(parents=True)
        for file, content in made.items():
            (target / file).write_bytes(content)
    return target


def _load(code: Path, data: Path, server: Server, python: str, commit: str, seed: int) -> dict[str, bytes]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("HUAJIE_", "DJANGO_"))}
    environment = {**plain, "PYTHONPATH": str(code / "src"), "HUAJIE_DATA": str(data)}
    where = subprocess.run(
        [python, "-c", "import huajie; print(huajie.__file__)"],
        env=environment,
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    if not where.startswith(str(code)):
        raise SystemExit(f"that would be the code of {where.strip()}, not of {commit}")
    at = git("show", "-s", "--format=%cI", commit)
    load = ("demo", "load", "--matters", str(MATTERS), "--seed", str(seed), "--until", at[:10])
    database = f"huajie_landed_{os.getpid()}"
    with_postgres = {**environment, "HUAJIE_DATABASE_URL": server.url(database)}
    server._run(str(server.bin / "createdb"), "-h", "127.0.0.1", "-p", str(server.port), "-U", server.user, database)
    counted = {}
    for kind, settings in (("sqlite", environment), ("postgres", with_postgres)):
        command(settings, python, *load)
        report = json.loads(command(settings, python, "verify", "--json"))
        counted[kind] = {key: report[key] for key in ("matters", "entries", "acts", "texts")}
    with closing(sqlite3.connect(data / "huajie.sqlite3")) as connection:
        (still_open,) = connection.execute("SELECT count(*) FROM matters_matter WHERE open").fetchone()
    if still_open < OPEN:
        raise SystemExit(
            f"{still_open} matters are open, fewer than {OPEN}: nobody could go on with them; try another --seed"
        )
    about = {"commit": git("rev-parse", commit), "landed_at": at, "counted": counted}
    keys = {path.stem: path.read_bytes().hex() for path in sorted((data / "keys").glob("*.key"))}
    found = {
        "about.json": (json.dumps(about, indent=1) + "\n").encode(),
        "keys.json": (json.dumps(keys, indent=1) + "\n").encode(),
        "sqlite3.xz": lzma.compress(_sqlite(data), preset=9),
        "postgres.xz": lzma.compress(_postgres(server, database), preset=9),
    }
    if (data / "files").is_dir():
        bundle = data / "files.tar.gz"
        with tarfile.open(bundle, "w:gz") as out:
            out.add(data / "files", arcname="files")
        found["files.tar.gz"] = bundle.read_bytes()
    return found


def _sqlite(data: Path) -> bytes:
    whole = data / "whole.sqlite3"
    with closing(sqlite3.connect(data / "huajie.sqlite3")) as connection:
        connection.execute("VACUUM INTO ?", [str(whole)])
    return whole.read_bytes()


def _postgres(server: Server, database: str) -> bytes:
    dump = subprocess.run(
        [
            str(server.bin / "pg_dump"), "-h", "127.0.0.1", "-p", str(server.port), "-U", server.user,
            "--no-owner", "--no-privileges", "--rows-per-insert", "500", database,
        ],
        check=True,
        capture_output=True,
    ).stdout  # fmt: skip
    # Lines for psql itself; without them any client can run the text.
    return b"".join(line for line in dump.splitlines(keepends=True) if not line.startswith(b"\\"))


def main(argv: list[str] | None = None) -> int:
    """Keep one version."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("commit", help="the landed commit")
    parser.add_argument("--name", help="name of the folder: a release, or the commit's short name")
    parser.add_argument("--seed", type=int, default=1, help="another county of that version")
    parser.add_argument("--python", default=sys.executable, help="a Python with what that version needs, if not this")
    args = parser.parse_args(argv)
    target = make(args.commit, args.name or git("rev-parse", "--short", args.commit), args.python, args.seed)
    for path in sorted(target.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
