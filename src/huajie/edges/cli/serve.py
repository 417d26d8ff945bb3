"""
`huajie serve`: everything of one instance in one group of processes.

    huajie serve          this one: starts the others, starts them again, stops them; loads no Django, so it stays small
      granian             the web server, with HUAJIE_WORKERS web processes of HUAJIE_THREADS threads
      huajie worker       what falls due

SIGTERM stops all of them after the requests in hand; a killed parent takes its children along.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys

from huajie.config import shared
from huajie.config.errors import SettingError
from huajie.config.server import ServerSettings, server_settings
from huajie.edges.jobs.processes import GRACE_SECONDS, Child, Supervisor, die_with_parent


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--demo", action="store_true", help="on first start load the invented county; this machine only"
    )
    parser.add_argument("--no-worker", action="store_true", help="serve only; `huajie worker` runs somewhere else")


#: What the web processes get besides their command. glibc gives each thread a heap of its own and keeps its free parts:
#: several megabytes a process for nothing, since Python runs one thread at a time.
WEB_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}


def web_command(server: ServerSettings) -> list[str]:
    """Return the command line of the web server."""
    return [
        sys.executable, "-m", "granian", "huajie.config.wsgi:application",
        "--interface", "wsgi",
        "--host", server.host,
        "--port", str(server.port),
        "--workers", str(server.workers),
        "--blocking-threads", str(server.threads),
        "--backlog", "1024",
        "--no-ws",
        "--http", "1",
        "--respawn-failed-workers",
        "--workers-kill-timeout", str(int(GRACE_SECONDS) - 5),
        "--log-level", "warning",
    ]  # fmt: skip


def huajie(*words: str) -> list[str]:
    """Return the command line of another command of ours, in this very Python."""
    return [sys.executable, "-m", "huajie.edges.cli.main", *words]


def run(args: argparse.Namespace) -> int:
    """
    Make ready, then serve until told to stop.

    Raises:
        SettingError: a setting of the server is wrong, the port is taken, or demo data would be open to other machines.
    """
    server = server_settings()
    if args.demo and not server.is_local:
        raise SettingError(
            f"HUAJIE_HOST: {server.host} can be reached from other machines, and everybody knows the demo's passwords; "
            "leave it out, or start without --demo"
        )
    if args.demo:
        for setting in ("HUAJIE_MAIL_HOST", "HUAJIE_GATEWAY_URL"):
            if os.environ.get(setting):
                raise SettingError(f"{setting}: the demo's people are invented and get no messages; leave it out")
    _must_be_free(server)
    # In a process of its own: what it loads goes when it ends, and its failure is told before anything listens.
    made = subprocess.run(huajie("init", *(["--demo"] if args.demo else [])), preexec_fn=_preexec())
    if made.returncode:
        return made.returncode
    children = [Child("web", web_command(server), essential=True)]
    if not args.no_worker:
        children.append(Child("worker", huajie("worker"), essential=False))
    print(f"Huajie serves {server.address}/ (staff: {server.address}/desk/). Ctrl-C stops it.", flush=True)
    for name, value in {"DJANGO_SETTINGS_MODULE": "huajie.config.settings", **WEB_ENVIRONMENT}.items():
        os.environ.setdefault(name, value)
    run_folder = shared.make()
    try:
        return Supervisor(children, report=lambda line: print(f"huajie: {line}", file=sys.stderr, flush=True)).run()
    finally:
        shared.remove(run_folder)


def _preexec() -> object:
    return die_with_parent if sys.platform == "linux" else None


def _must_be_free(server: ServerSettings) -> None:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((server.host, server.port))
        except OSError as error:
            raise SettingError(
                f"PORT: can't listen on {server.host}:{server.port} ({error.strerror}); set PORT to a free one"
            ) from None
