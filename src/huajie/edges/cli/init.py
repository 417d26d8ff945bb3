"""`huajie init`: keys, tables, static files, safe to run again; and once, the first administrator."""

from __future__ import annotations

import argparse
import sys

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from huajie.edges.cli import founding
from huajie.edges.cli.migrate import migrate


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    founding.configure(parser)
    parser.add_argument("--demo", action="store_true", help="load the invented county if there is no matter yet")


def run(args: argparse.Namespace) -> int:
    """Make or upgrade everything that serving needs."""
    asked = founding.wanted(args)
    if asked and args.demo:
        print("huajie init: --demo invents a county of its own; leave it out to found your own", file=sys.stderr)
        return 2
    migrate()
    collect_static()
    if asked and (code := founding.run(args)):
        return code
    if args.demo:
        from huajie.apps.matters.models import Matter
        from huajie.edges.cli.main import load, parser_for

        if not Matter.objects.exists():
            code = int(load("demo").run(parser_for("demo").parse_args(["demo", "load"])) or 0)
            if code:
                return code
    print(f"Ready: {settings.HUAJIE_DATA}")
    return 0


def collect_static() -> None:
    """Put the static files under hashed, compressed names into HUAJIE_DATA/static, unless nothing changed."""
    newest = 0.0
    count = 0
    for finder in get_finders():
        for path, storage in finder.list([]):
            newest = max(newest, storage.get_modified_time(path).timestamp())
            count += 1
    stamp = settings.STATIC_ROOT / ".collected"
    state = f"{count} {newest}"
    if stamp.exists() and stamp.read_text() == state:
        return
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(state)
