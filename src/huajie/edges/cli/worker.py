"""`huajie worker`: do what falls due until stopped."""

from __future__ import annotations

import argparse
import os

from django.conf import settings

from huajie.edges.jobs.processes import die_with_parent
from huajie.edges.jobs.worker import Worker


def configure(parser: argparse.ArgumentParser) -> None:
    """This command has no options; HUAJIE_TICK_SECONDS says how often."""


def run(args: argparse.Namespace) -> int:
    """Work until SIGTERM."""
    if os.environ.get("HUAJIE_SUPERVISED"):
        die_with_parent()
    return Worker(every_seconds=settings.HUAJIE_SERVER.tick_seconds).run()
