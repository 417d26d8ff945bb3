"""
Search in Chinese and English alike: every text is indexed as overlapping pairs of characters.

Words need no dictionary this way: 井盖破 finds itself inside any sentence. The index only proposes; the text itself
decides.
"""

import re

_RUN = re.compile(r"[㐀-鿿豈-﫿぀-ヿ가-힯]+|[a-z0-9]+")
_CJK = re.compile(r"[㐀-鿿豈-﫿぀-ヿ가-힯]")


def runs(text: str) -> list[str]:
    return _RUN.findall(text.casefold())


def grams(text: str) -> str:
    """
    Return what the index keeps of a text: for each run of Chinese characters its pairs and its last single character,
    for each Latin word or number the word, in the order of the text, separated by spaces.
    """
    out: list[str] = []
    for run in _RUN.findall(text.casefold()):
        if _CJK.match(run):
            out.extend([run[i : i + 2] for i in range(len(run) - 1)])
            out.append(run[-1])
        else:
            out.append(run)
    return " ".join(out)


def query_grams(query: str) -> list[list[str]]:
    """
    Return one list of grams for each run of the query; grams of one list must follow one another in the text.

    A single Chinese character stays single: the index finds it as a prefix of a pair or as the last of a run.
    """
    out: list[list[str]] = []
    for run in _RUN.findall(query.casefold()):
        if _CJK.match(run) and len(run) > 1:
            out.append([run[i : i + 2] for i in range(len(run) - 1)])
        else:
            out.append([run])
    return out
