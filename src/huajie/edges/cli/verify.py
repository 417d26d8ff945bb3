"""`huajie verify`: compute everything again and say what was checked, what differs and what entries can't show."""

import argparse
import json
import sys
import time
from dataclasses import asdict

SUMMARY = "compute every entry, decision and row again and compare"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--language", choices=["zh", "en"], default="zh", help="language of the text (default: zh)")


def run(args: argparse.Namespace) -> int:
    from huajie.apps.matters.verify import NOT_SHOWN, verify

    started = time.perf_counter()
    watching = sys.stderr.isatty()

    def progress(done: int) -> None:
        if watching:
            sys.stderr.write(f"\r{done} entries")

    report = verify(progress=progress)
    seconds = time.perf_counter() - started
    if watching:
        sys.stderr.write("\r")
    rate = report.entries / seconds if seconds else 0.0
    if args.json:
        print(
            json.dumps(
                {
                    "clean": report.clean,
                    "entries": report.entries,
                    "matters": report.matters,
                    "acts": report.acts,
                    "rows": report.rows,
                    "texts": report.texts,
                    "entered_late": report.entered_late,
                    "files": report.files,
                    "files_erased": report.files_erased,
                    "not_decided": report.not_decided,
                    "imported": {"matters": report.imported, "entries": report.imported_entries},
                    "checked": [
                        {
                            "promise": promise,
                            "what": words["en"],
                            "count": report.checked[promise],
                            "not_shown": NOT_SHOWN[promise]["en"],
                        }
                        for promise, words in WORDS.items()
                    ],
                    "differences": [asdict(one) for one in report.differences],
                    "differences_count": report.count,
                    "seconds": round(seconds, 2),
                    "entries_per_second": round(rate),
                },
                ensure_ascii=False,
                indent=1,
            )
        )
        return 0 if report.clean else 1
    zh = args.language == "zh"
    print(_head(report, seconds, rate, zh))
    for promise, words in WORDS.items():
        found = sum(one.promise == promise for one in report.differences)
        mark = (
            ("项，一致" if zh else "checked, as it should be")
            if not found
            else (f"项，{found} 处不一致" if zh else f"checked, {found} differ")
        )
        if not report.checked[promise] and not found:
            counted = "没有可核对的" if zh else "nothing to check"
        else:
            counted = f"{report.checked[promise]} {mark}"
        print(f"  {promise:>2}  {words['zh' if zh else 'en']}: {counted}")
        print(f"      {NOT_SHOWN[promise]['zh' if zh else 'en']}")
    if not report.clean:
        print(f"\n{report.count} {'处不一致，最先几处：' if zh else 'differences, the first of them:'}")
        for one in report.differences[:20]:
            place = one.where if one.n is None else f"{one.where} #{one.n}"
            print(f"  [{one.promise}] {place}: {one.check}: {one.message}")
    return 0 if report.clean else 1


def _head(report, seconds: float, rate: float, zh: bool) -> str:
    if zh:
        return (
            f"已重新计算 {report.matters} 个事项、{report.entries} 条记录、{report.acts} 次决定、"
            f"{report.rows} 行、{report.texts} 段文字、{report.files} 个文件"
            f"（其中导入 {report.imported} 个事项、{report.imported_entries} 条记录，单独计数），"
            f"用时 {seconds:.1f} 秒，每秒 {rate:.0f} 条。"
            f"收到超过一个工作日才登记的 {report.entered_late} 个，都写明了原因，期限都从收到时算。"
            + (f"依法删除的附件 {report.files_erased} 处，磁盘上不应再有。" if report.files_erased else "")
            + (f"有 {report.not_decided} 次决定所依据的内容已依法删除，不能再重做。" if report.not_decided else "")
        )
    return (
        f"Computed again: {report.matters} matters, {report.entries} entries, {report.acts} decisions,"
        f" {report.rows} rows, {report.texts} texts, {report.files} files (of these imported and counted apart:"
        f" {report.imported} matters, {report.imported_entries} entries)"
        f" in {seconds:.1f} s, {rate:.0f} entries a second."
        f" Written down more than one working day after coming in: {report.entered_late}, each with a reason, and"
        f" every clock counted from when it came in."
        + (
            f" Erased by law, and not expected on the disk: {report.files_erased} fields of files."
            if report.files_erased
            else ""
        )
        + (
            f" Not decided again, since what they were decided by was erased by law: {report.not_decided} acts."
            if report.not_decided
            else ""
        )
    )


#: what was checked, promise by promise
WORDS = {
    1: {
        "zh": "登记即在册：每个事项都有首条记录、在走的时限和对应的行",
        "en": "Durable: every matter has its first entry, its clock and its row",
    },
    2: {
        "zh": "始终有人负责：恰有一个主办单位和一个责任岗位",
        "en": "Never unowned: exactly one lead unit and one seat",
    },
    3: {
        "zh": "状态由记录推出：字节、链条、印记、折叠结果与各行",
        "en": "State is the fold: bytes, chain, marks, fold and rows",
    },
    4: {
        "zh": "时限依法变动：逐次重新决定，逐日重新计算",
        "en": "Clocks move only by law: every decision made again, every date counted again",
    },
    5: {
        "zh": "不得自办自验：每次核验由未经办的人作出",
        "en": "Nobody closes their own work: every verification by somebody who did not handle it",
    },
    6: {
        "zh": "如实办结：结论、履行、居民说法三项分开",
        "en": "Honest endings: outcome, fulfilment and verdict are three facts",
    },
    7: {"zh": "无利害关系：回避的人没有经手", "en": "No conflict of interest: nobody concerned or recused acted"},
    8: {
        "zh": "记录的是问题：没有人员名单可查",
        "en": "The record is about a problem: there is no list of people to check",
    },
    9: {"zh": "数字可重算：本版尚不公布数字", "en": "Figures can be recomputed: this version publishes none yet"},
    10: {"zh": "外部可查：公开叶子与记录一致", "en": "Checkable from outside: public leaves agree with the entries"},
}
