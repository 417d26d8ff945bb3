"""What a page says, for tests that look for words on it."""

import re
from typing import Any


def said(response: Any) -> str:
    """Return a page without the marks of language around its Chinese (`edges/pages/html.py`)."""
    return re.sub(r'<span lang="zh-Hans">([^<]*)</span>', r"\1", response.content.decode())
