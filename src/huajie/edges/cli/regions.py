"""`huajie regions import-geometry`: say where the regions lie and how many people live there."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

#: bytes of a file that are read
_MOST = 64 * 1024 * 1024


def import_geometry(words: Sequence[str]) -> int:
    """
    Take in a GeoJSON FeatureCollection (WGS 84). Each feature names its region by the property `region` or its id, and
    may say `population` and `population_source`. All of it is taken in, or nothing; what it replaces is kept.
    """
    parser = argparse.ArgumentParser(prog="huajie regions import-geometry", description=import_geometry.__doc__)
    parser.add_argument("file", type=Path, help="the FeatureCollection")
    args = parser.parse_args(words)
    from huajie.edges.cli.main import set_up

    set_up("database")
    from huajie.apps.jurisdiction.boundaries import BadBoundaries, Fault, read_collection, set_boundaries
    from huajie.core.access import SYSTEM

    try:
        if args.file.stat().st_size > _MOST:
            raise BadBoundaries([Fault("large", detail=str(_MOST // 1024 // 1024))])
        given = read_collection(json.loads(args.file.read_text("utf-8")))
        warnings = set_boundaries(given, actor=SYSTEM, now=datetime.now(UTC))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        print(f"huajie: {args.file}: {error}", file=sys.stderr)
        return 2
    except BadBoundaries as error:
        for line in error.faults:
            print(f"huajie: {line}", file=sys.stderr)
        print("huajie: nothing was taken in", file=sys.stderr)
        return 1
    for line in warnings:
        print(f"warning: {line}")
    print(f"{len(given)} boundaries taken in.")
    return 0
