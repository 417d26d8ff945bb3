"""
Who may see and do what: one table, action × sensitivity × relation, denials first. Nothing else decides.

`actor_for` says who asks, `View` what of a matter counts, `relations` how the two stand, `may` what that allows, and
`lens` turns the same answer into the query of a list. The columns of the lens are in `relations.py`.
"""

from huajie.core.access.lens import (
    LensQuery,
    answers_reminders,
    issues_reminders,
    lens,
    prepared_lens,
    reminders_seen,
    seat_lens,
    signing_lens,
    watches_units,
)
from huajie.core.access.model import (
    ACTOR_KINDS,
    ANONYMOUS,
    IMPORT,
    SYSTEM,
    Actor,
    NotSeated,
    View,
    actor_for,
    before_the_roles,
    conflict_end,
    first_id,
    resident_of,
)
from huajie.core.access.relations import (
    DENIALS,
    EVERY_UNIT,
    NEVER,
    RELATION_NAMES,
    RELATIONS,
    Arm,
    Relation,
    denial,
    party_rows,
    relations,
)
from huajie.core.access.table import ACTIONS, TABLE, allowed, may, unit_relations

__all__ = [
    "ACTIONS",
    "ACTOR_KINDS",
    "ANONYMOUS",
    "DENIALS",
    "EVERY_UNIT",
    "IMPORT",
    "NEVER",
    "RELATIONS",
    "RELATION_NAMES",
    "SYSTEM",
    "TABLE",
    "Actor",
    "Arm",
    "LensQuery",
    "NotSeated",
    "Relation",
    "View",
    "actor_for",
    "allowed",
    "answers_reminders",
    "before_the_roles",
    "conflict_end",
    "denial",
    "first_id",
    "issues_reminders",
    "lens",
    "may",
    "party_rows",
    "prepared_lens",
    "relations",
    "reminders_seen",
    "resident_of",
    "seat_lens",
    "signing_lens",
    "unit_relations",
    "watches_units",
]
