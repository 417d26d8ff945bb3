"""`huajie offices`: out as a workbook, in with a dry run, written only with --commit and a reason."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest


@pytest.fixture
def county(transactional_db: None) -> Any:
    from tests.support.county import found

    return found()


def run(capsys: pytest.CaptureFixture[str], verb: str, *args: str) -> tuple[int, str]:
    from huajie.edges.cli import offices

    code = getattr(offices, verb)(list(args))
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_workbook_goes_out_and_comes_back_changed(
    county: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path, language: str
) -> None:
    from huajie.apps.jurisdiction.models import Account
    from huajie.apps.jurisdiction.queries import read_rows
    from huajie.apps.matters.verify import verify

    file = str(tmp_path / "offices.xlsx")
    assert run(capsys, "export", file, "--language", language)[0] == 0
    code, said = run(capsys, "import_", file)
    assert code == 0 and "0 to write" in said and "There is nothing to do." in said
    book = openpyxl.load_workbook(file)
    users = next(page for page in book.worksheets if "Users" in page.title)
    users.append(["li.wei", "李伟"])
    topics = next(page for page in book.worksheets if "Topics" in page.title)
    topics.append(["t.water", None, "供水", "Water supply"])
    book.save(file)
    before = read_rows().version
    code, said = run(capsys, "import_", file)
    assert code == 0 and "+ Topics row" in said and "li.wei" in said and "--commit writes it" in said
    assert run(capsys, "import_", file, "--commit")[0] == 2
    assert read_rows().version == before and not Account.objects.filter(username="li.wei").exists()
    code, said = run(capsys, "import_", file, "--commit", "--reason", "文号一")
    assert code == 0 and "li.wei: one-time code" in said
    assert read_rows().version == before + 1 and read_rows().topics["t.water"].name.en == "Water supply"
    assert verify().clean


def test_faults_are_printed_and_nothing_is_written(
    county: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from huajie.apps.jurisdiction.queries import read_rows

    file = tmp_path / "units.csv"
    file.write_text("id,parent\nu.housing,u.nowhere\nu.new,u.gov\n", encoding="utf-8")
    before = read_rows().version
    code, said = run(capsys, "import_", str(file), "--commit", "--reason", "x")
    assert code == 1 and "! Units row 2" in said and "! Units row 3" in said and read_rows().version == before
    assert run(capsys, "import_", str(tmp_path / "none.xlsx"))[0] == 2
