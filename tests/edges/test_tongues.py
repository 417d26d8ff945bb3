"""On an English page every Chinese text is marked as Chinese, wherever it stands, and nothing else is changed."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huajie.edges.pages.html import with_tongues

pytestmark = pytest.mark.accept("G2")

WRITTEN = (
    ("<p>In 望槐街道, today</p>", '<p>In <span lang="zh-Hans">望槐街道</span>, today</p>'),
    (
        '<p lang="zh-Hans">望槐<b>街道</b></p><p>望</p>',
        '<p lang="zh-Hans">望槐<b>街道</b></p><p><span lang="zh-Hans">望</span></p>',
    ),
    ('<div lang="zh"><div>望</div>槐</div>街', '<div lang="zh"><div>望</div>槐</div><span lang="zh-Hans">街</span>'),
    ('<option value="街">望槐</option>', '<option value="街" lang="zh-Hans">望槐</option>'),
    ("<title>望槐 · Huajie</title>", '<title lang="zh-Hans">望槐 · Huajie</title>'),
    ("<textarea>\n望</textarea>", '<textarea lang="zh-Hans">\n望</textarea>'),
    ("<svg><text x='1'>望</text></svg>", "<svg><text x='1' lang=\"zh-Hans\">望</text></svg>"),
    ('<input lang="zh" value="望">槐', '<input lang="zh" value="望"><span lang="zh-Hans">槐</span>'),
    ('<a title="望 > 槐">x</a>', '<a title="望 > 槐">x</a>'),
    ("<script>'望'</script><style>/*望*/</style><!-- 望 -->", "<script>'望'</script><style>/*望*/</style><!-- 望 -->"),
    ('<html lang="zh-Hans"><p>望</p></html>', '<html lang="zh-Hans"><p>望</p></html>'),
    ("1 < 2 望", '1 < 2 <span lang="zh-Hans">望</span>'),
)


@pytest.mark.parametrize(("page", "expected"), WRITTEN)
def test_what_is_chinese_is_marked_once(page: str, expected: str) -> None:
    assert with_tongues(page) == expected
    assert with_tongues(expected) == expected, "what is marked stays as it is"


class Read(HTMLParser):
    """Python's own reader of HTML: every text with the language it stands in, which is the oracle here."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = [("", "en")]
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append((tag, dict(attrs).get("lang") or self.open[-1][1]))

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((data, self.open[-1][1]))


def read(page: str) -> list[tuple[str, str]]:
    found = Read()
    found.feed(page)
    found.close()
    return found.texts


_words = st.text(alphabet="ab 望槐街道，0&;", max_size=8).map(lambda text: text.replace("&", "&amp;"))
_tags = st.sampled_from(("p", "b", "div", "td", "li", 'p lang="zh-Hans"', 'div class="x>y"', 'b lang="en"'))
_pages = st.recursive(
    _words,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>", _tags, st.lists(inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_pages)
def test_no_text_is_lost_and_none_in_chinese_is_left_unmarked(page: str) -> None:
    before, after = read(page), read(with_tongues(page))
    assert "".join(text for text, _ in after) == "".join(text for text, _ in before)
    if 'lang="en"' not in page:
        assert not [text for text, language in after if re.search("[\u4e00-\u9fff]", text) and language == "en"]
