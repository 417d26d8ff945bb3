"""
The command `huajie`: a fixed table of commands, each a module with `configure(parser)` and `run(args) -> int`.

A command's module is loaded only when that command runs, so `huajie --help` needs no database and no settings.
Exit codes: 0 done, 1 done and found something wrong, 2 wrong call or wrong setting, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table of commands."""

    #: Module with configure and run; or, with `verbs`, with one function of arguments -> exit code for each verb
    #: (`import_` for a verb that is a word of Python).
    module: str
    #: One line for `huajie --help`.
    help: str
    #: What it needs before it runs: "nothing", "settings" (Django set up) or "database" (and migrated).
    needs: str = "database"
    #: Second words, where the module brings a function for each.
    verbs: tuple[str, ...] = ()


COMMANDS: dict[str, Entry] = {
    "serve": Entry("huajie.edges.cli.serve", "serve the pages and the API, and do what falls due", "nothing"),
    "init": Entry("huajie.edges.cli.init", "make or upgrade everything in HUAJIE_DATA and the database", "settings"),
    "migrate": Entry("huajie.edges.cli.migrate", "bring the database to this version", "settings"),
    "demo": Entry("huajie.edges.cli.demo", "load the invented county"),
    "import": Entry("huajie.edges.cli.import311", "take in matters from a city's published file"),
    "account": Entry(
        "huajie.edges.cli.account",
        "make accounts and reset how somebody signs in, on the server itself",
        "database",
        ("make", "password", "factors", "link"),
    ),
    "offices": Entry(
        "huajie.edges.cli.offices",
        "write who answers for what as a workbook, and bring one in with a dry run",
        "database",
        ("export", "import"),
    ),
    "verify": Entry("huajie.edges.cli.verify", "decide and fold everything again and compare with what is stored"),
    "backup": Entry("huajie.edges.cli.backup", "copy everything but the keys while everybody goes on working"),
    "restore": Entry("huajie.edges.cli.restore", "put a back-up into an empty place", "nothing"),
    "export": Entry("huajie.edges.cli.export", "write everything as JSONL and files, with its dictionary"),
    "keys": Entry(
        "huajie.edges.cli.keys",
        "write the keys out, bring them back, change the vault key",
        "nothing",
        ("export", "import", "rotate", "status"),
    ),
    "erasures": Entry(
        "huajie.edges.cli.erasures", "keep what was erased apart, and erase it again", "nothing", ("export", "apply")
    ),
    "regions": Entry(
        "huajie.edges.cli.regions", "say where the regions lie, from a GeoJSON file", "nothing", ("import-geometry",)
    ),
    "audit": Entry("huajie.edges.cli.audit", "count who was let into minors' files in a year, and every look"),
    "tick": Entry("huajie.edges.cli.tick", "do now what is due, once"),
    "worker": Entry("huajie.edges.cli.worker", "do what falls due until stopped, beside a server elsewhere"),
    "outbox": Entry("huajie.edges.cli.outbox", "say what of the messages to residents waits or failed; send it again"),
    "doctor": Entry("huajie.edges.cli.doctor", "say what is wrong with this installation and what to do", "settings"),
    "openapi": Entry("huajie.edges.cli.openapi", "print the description of the JSON API", "settings"),
    "bench": Entry("huajie.edges.cli.bench", "measure the budgets", "nothing"),
    "sample": Entry(
        "huajie.edges.cli.sample", "draw a published sample of endings again from its file", "nothing", ("draw",)
    ),
    "packs": Entry(
        "huajie.edges.cli.packs",
        "check, explore, explain and draw procedures",
        "nothing",
        ("check", "explore", "explain", "draw"),
    ),
}


def parser_for(name: str | None = None) -> argparse.ArgumentParser:
    """
    Return the parser of the whole command line.

    Args:
        name: the command whose own options are wanted; the modules of the others are not loaded.
    """
    parser = argparse.ArgumentParser(
        prog="huajie",
        description="Huajie (化解), a case ledger for local government.",
        epilog="Settings come from the environment: docs/settings.md. Every command: docs/commands.md.",
    )
    parser.add_argument("--version", action="version", version=f"huajie {version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, entry in COMMANDS.items():
        # A module with verbs reads its own arguments, --help included.
        sub = commands.add_parser(command, help=entry.help, description=_sentence(entry.help), add_help=not entry.verbs)
        if entry.verbs:
            sub.add_argument("verb", choices=entry.verbs)
            sub.add_argument("rest", nargs=argparse.REMAINDER)
        elif command == name:
            load(command).configure(sub)
    return parser


def load(command: str) -> ModuleType:
    """Return the module of a command."""
    return importlib.import_module(COMMANDS[command].module)


def work_of(module: ModuleType, verb: str) -> Callable[[Sequence[str]], int | None]:
    """Return the function of a verb; `import` is a word of Python's own, so its function is called `import_`."""
    name = verb.replace("-", "_")
    found: Callable[[Sequence[str]], int | None] = getattr(module, name, None) or getattr(module, f"{name}_")
    return found


def version() -> str:
    """Return the version that is installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("huajie")
    except PackageNotFoundError:
        return "0 (not installed)"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def set_up(needs: str) -> None:
    """
    Bring up what a command needs.

    Raises:
        ImproperlyConfigured: a setting, key or server option is wrong; its message begins with the name.
    """
    if needs == "nothing":
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huajie.config.settings")
    import django

    django.setup()
    if needs == "database":
        from huajie.edges.cli.migrate import migrate_if_empty

        migrate_if_empty()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what it raises on purpose becomes one line on standard error."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = next((word for word in arguments if not word.startswith("-")), None)
    name = name if name in COMMANDS else None
    from django.core.exceptions import ImproperlyConfigured

    try:
        if name and COMMANDS[name].verbs and arguments[1:2] in (["--help"], ["-h"], []):
            print(f"usage: huajie {name} {{{','.join(COMMANDS[name].verbs)}}} ...\n\n{_sentence(COMMANDS[name].help)}")
            return 0 if arguments[1:] else 2
        if name and COMMANDS[name].needs != "nothing" and not {"-h", "--help"} & set(arguments):
            set_up(COMMANDS[name].needs)
        elif name and COMMANDS[name].needs != "nothing":
            set_up("settings")
        args = parser_for(name).parse_args(arguments)
        entry = COMMANDS[args.command]
        if entry.verbs:
            return int(work_of(load(args.command), args.verb)(args.rest) or 0)
        return int(load(args.command).run(args) or 0)
    except ImproperlyConfigured as error:
        print(f"huajie: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
