"""`huajie sample draw`: the file alone says whether a sample was drawn as published."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from huajie.core.supervision import Frame, publish
from huajie.edges.cli import sample

GOLDEN = Path(__file__).resolve().parents[2] / "core" / "supervision" / "golden" / "sample.json"
MAIN = "import sys; from huajie.edges.cli.main import main; sys.exit(main(sys.argv[1:]))"


def test_it_needs_neither_settings_nor_a_database_nor_this_folder(tmp_path: Path) -> None:
    (tmp_path / "sample.json").write_bytes(GOLDEN.read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "sample", "draw", "sample.json", "--language", "en"],
        cwd=tmp_path,
        env={"PATH": ""},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "2026-07-01 to 2026-09-30: 40 endings, 8 drawn."
    document = json.loads(GOLDEN.read_bytes())
    assert [line.split("\t")[2].split() for line in lines[1:-1]] == [part[1] for part in document["sample"]]
    assert [line.split("\t")[1] for line in lines[1:-1]] == ["1/1", "2/9", "5/30"]
    assert lines[-1] == "Drawn again, the sample is the same."
    assert [path.name for path in tmp_path.iterdir()] == ["sample.json"]


def test_another_sample_exits_1_and_says_what_does_not_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(GOLDEN.read_bytes())
    document["frame"]["strata"][2][1].pop()
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(json.dumps(document))
    assert sample.draw([str(spoilt)]) == 1
    out = capsys.readouterr().out
    assert out.count("不一致：") == 2
    assert "重新抽取，结果与公布的样本不同" in out
    assert "一致。" not in out


def test_what_was_noted_down_before_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(GOLDEN.read_bytes())
    noted = ["--seed-hash", document["seed_hash"], "--frame-hash", document["frame_hash"]]
    assert sample.draw([str(GOLDEN), *noted]) == 0
    frame = document["frame"]
    frame["strata"][2][1].pop()
    from huajie.core.ledger import moment

    anew = publish(
        Frame.from_document(frame),
        bytes(32),
        fixed_at=moment(document["fixed_at"]),
        frozen_at=moment(document["frozen_at"]),
    )
    file = tmp_path / "anew.json"
    file.write_text(json.dumps(anew))
    assert sample.draw([str(file)]) == 0
    capsys.readouterr()
    assert sample.draw([str(file), *noted, "--language", "en"]) == 1
    assert capsys.readouterr().out.count("noted down: it was changed since") == 2


def test_every_code_has_words_in_both_languages() -> None:
    assert list(sample.WORDS) == ["seed", "seed_noted", "frame", "frame_noted", "order", "sample"]
    assert all(sorted(words) == ["en", "zh"] and all(words.values()) for words in sample.WORDS.values())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{}", "no document of the format"),
        (b"not json", "Expecting value"),
        (b"\xff", "utf-8"),
        (b"[" * 100_000, "recursion"),
        (b'{"format": "huajie-sample/v1", "format": "huajie-sample/v1"}', "stands twice"),
        (None, "No such file"),
    ],
)
def test_what_is_no_sample_exits_2(
    content: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file.json"
    if content is not None:
        file.write_bytes(content)
    assert sample.draw([str(file)]) == 2
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""
