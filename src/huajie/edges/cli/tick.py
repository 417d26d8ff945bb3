"""`huajie tick`: do now what is due, once."""

from __future__ import annotations

import argparse

from huajie.edges.jobs.worker import tick_now


def configure(parser: argparse.ArgumentParser) -> None:
    """This command has no options."""


def run(args: argparse.Namespace) -> int:
    """Do what is due and say how much it was."""
    for name, count in tick_now().items():
        print(f"{name}: {count}")
    return 0
