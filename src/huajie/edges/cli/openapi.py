"""`huajie openapi`: the description of the JSON API, as served at /api/v1/openapi.json."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from django.test import RequestFactory
from django.urls import resolve


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")


def run(args: argparse.Namespace) -> int:
    """Print or write the description."""
    text = json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if args.out:
        args.out.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def document() -> Any:
    """Return the description exactly as the server gives it."""
    address = "/api/v1/openapi.json"
    view, positional, named = resolve(address)
    response = view(RequestFactory().get(address, HTTP_HOST="localhost"), *positional, **named)
    return json.loads(response.content)
