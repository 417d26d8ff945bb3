"""Two packs that are shipped nowhere: the tests' smallest whole procedure, sealed, and as one about minors."""

import json
import shutil
from pathlib import Path
from typing import Any

from huajie.core.procedure import read

BASE = Path(__file__).parents[1] / "data" / "packs" / "base" / "pack.yaml"


def _said() -> dict[str, str]:
    return {"zh": "试验", "en": "Test"}


def _field(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "title": _said(), "purpose": _said(), "required": True}


def document(sensitivity: str) -> dict[str, Any]:
    """Return the pack: facts at the opening, one that an act waits for, some in a request, an erasure."""
    found: dict[str, Any] = json.loads(json.dumps(read(BASE.read_text(encoding="utf-8"), str(BASE)).document))
    found |= {"pack": f"test.{sensitivity}", "sensitivity": sensitivity}
    found["facts"] |= {
        "loss": {"type": "integer", "title": _said(), "purpose": _said()},
        "happened": {"type": "date", "title": _said(), "purpose": _said()},
        "contact": {"type": "contact", "title": _said(), "purpose": _said()},
    }
    acts = found["acts"]
    acts["submit"]["form"]["fields"] += [
        {"name": "loss", "required": True},
        {"name": "happened", "required": True},
        {"name": "contact", "required": False},
    ]
    acts["submit"]["effects"].insert(2, {"set": {"loss": {"field": "loss"}, "happened": {"field": "happened"}}})
    # decided by the fact itself: without it in place nobody could accept
    acts["accept"] |= {"when": {"fact": "loss", "at_least": 1000}, "why": _said()}
    acts["offer_transfer"]["form"]["fields"].append(_field("rooms", "integer"))
    acts["offer_transfer"]["effects"][0]["data"] = ["rooms"]
    acts["erase"] = {
        "title": _said(),
        "entry": "matter.erased",
        "public_kind": "erased",
        "by": ["lead_head"],
        "source": "rules",
        "from": list(found["stages"]),
        "form": {"fields": [_field("basis", "text")]},
        "effects": [{"erase": ["text", "contact", "opinion", "reason"]}],
    }
    return found


def write(folder: Path, shipped: Path) -> Path:
    """Write both packs beside the shipped ones; return the folder."""
    shutil.copytree(shipped, folder)
    for sensitivity in ("sealed", "minor"):
        path = folder / f"test.{sensitivity}" / "pack.yaml"
        path.parent.mkdir()
        # JSON is YAML too
        path.write_text(json.dumps(document(sensitivity), ensure_ascii=False, indent=1), encoding="utf-8")
    return folder
