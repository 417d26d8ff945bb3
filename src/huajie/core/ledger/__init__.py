"""Entries as bytes: canonical JSON, commitments, public leaves, chains, marks. No database, no clock, no randomness."""

from huajie.core.ledger.canonical import MAX_INT, NotCanonical, canonical, respell
from huajie.core.ledger.commitments import ENTRY_FIELD, TAG, commit_root, commitment, opening, sealed_case_ref
from huajie.core.ledger.entries import (
    Draft,
    Entry,
    Finding,
    Record,
    case_text,
    check_chain,
    seal_entries,
    unix_second,
)
from huajie.core.ledger.ids import uuid7
from huajie.core.ledger.leaves import CLOCK_CHANGES, SEALED, BadLeaf, Leaf, leaf_hash, parse_leaf, write_leaf
from huajie.core.ledger.macs import entry_mac, head_mac
from huajie.core.ledger.moments import moment, stamp

__all__ = [
    "CLOCK_CHANGES",
    "ENTRY_FIELD",
    "MAX_INT",
    "SEALED",
    "TAG",
    "BadLeaf",
    "Draft",
    "Entry",
    "Finding",
    "Leaf",
    "NotCanonical",
    "Record",
    "canonical",
    "case_text",
    "check_chain",
    "commit_root",
    "commitment",
    "entry_mac",
    "head_mac",
    "leaf_hash",
    "moment",
    "opening",
    "parse_leaf",
    "respell",
    "seal_entries",
    "sealed_case_ref",
    "stamp",
    "unix_second",
    "uuid7",
    "write_leaf",
]
