"""
`huajie sample`: draw a published sample of endings again, with nothing but its file.

Exit codes: 0 the same sample was drawn, 1 something does not agree, 2 a wrong call or a file that can't be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from huajie.core.supervision import BadSample, differences

#: What does not agree, in words; the codes are those of `differences`.
WORDS: Final[dict[str, dict[str, str]]] = {
    "seed": {
        "zh": "种子与文件所载的种子哈希不符",
        "en": "the seed does not have the hash that the file says",
    },
    "seed_noted": {
        "zh": "种子与您事先记下的种子哈希不符：种子事后换过",
        "en": "the seed is not the one whose hash you noted down: it was changed since",
    },
    "frame": {
        "zh": "抽样底册（或抽取数量）与文件所载的底册哈希不符",
        "en": "the frame, or how many are drawn, does not have the hash that the file says",
    },
    "frame_noted": {
        "zh": "抽样底册（或抽取数量）与您事先记下的底册哈希不符：底册冻结后改过",
        "en": "the frame, or how many are drawn, is not the one whose hash you noted down: it was changed since",
    },
    "order": {
        "zh": "底册冻结在前、种子哈希公布在后：种子不是事先定的",
        "en": "the frame was frozen before the seed's hash was published: the seed was not fixed in advance",
    },
    "sample": {
        "zh": "按种子和底册重新抽取，结果与公布的样本不同",
        "en": "another sample is drawn from this seed and frame than the one published",
    },
}


def draw(args: Sequence[str]) -> int:
    """Draw the sample of a published file again and say whether it agrees."""
    parser = argparse.ArgumentParser(prog="huajie sample draw", description=draw.__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="the published document (docs/formats/sample.md)")
    parser.add_argument("--seed-hash", metavar="HASH", help="the seed's hash as you noted it down before the period")
    parser.add_argument("--frame-hash", metavar="HASH", help="the frame's hash as you noted it down when it was frozen")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    given = parser.parse_args(args)
    zh = given.language == "zh"
    try:
        document = json.loads(given.file.read_bytes(), object_pairs_hook=_once)
        found = differences(document, noted_seed=given.seed_hash, noted_frame=given.frame_hash)
    except OSError as error:
        print(f"{given.file}: {error.strerror}", file=sys.stderr)
        return 2
    except (BadSample, ValueError, RecursionError) as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        return 2
    frame, sample = document["frame"], dict(document["sample"])
    endings = sum(len(references) for _, references in frame["strata"])
    if zh:
        print(f"{frame['from']} 至 {frame['until']} 办结 {endings} 件，抽取 {frame['size']} 件。")
    else:
        print(f"{frame['from']} to {frame['until']}: {endings} endings, {frame['size']} drawn.")
    for code in found:
        print(("不一致：" if zh else "Does not agree: ") + WORDS[code][given.language])
    if found:
        return 1
    for name, references in frame["strata"]:
        print(f"{name}\t{len(sample[name])}/{len(references)}\t{' '.join(sample[name])}")
    print("重新抽取结果一致。" if zh else "Drawn again, the sample is the same.")
    return 0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A key that stands twice would be one thing to a reader and another to us.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadSample("a key stands twice in one object")
    return members
