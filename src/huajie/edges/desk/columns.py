"""Which columns a list shows: the reader's own choice, kept with their account."""

from huajie.apps.accounts import lists
from huajie.edges.desk.rows import COLUMNS, USUAL
from huajie.edges.desk.seated import Desk


def columns_of(desk: Desk) -> tuple[str, ...]:
    """Return the columns that the reader wants to see."""
    return tuple(name for name in lists.lists_of(desk.account).columns if name in COLUMNS) or USUAL
