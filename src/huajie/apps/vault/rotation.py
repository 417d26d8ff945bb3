"""Wrapping every matter's key anew under the vault key in force, a batch a transaction, from wherever it stopped."""

import os
from collections.abc import Callable, Iterator
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connections, transaction

from huajie.apps.vault import operations as vault

#: Keys wrapped in one transaction.
BATCH = 500


def counts(*, using: str = "default") -> dict[str, int]:
    """Return how many matters' keys are wrapped under which vault key, by the beginning of its fingerprint."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT under, count(*) FROM vault_key GROUP BY under ORDER BY under")
        return {str(under): int(number) for under, number in cursor.fetchall()}


def rewrap(*, using: str = "default", tell: Callable[[int], None] = lambda done: None) -> int:
    """
    Wrap anew what is not under the vault key in force; done when a whole look over the table finds nothing.

    Nobody waits: a row is changed only if it is still what was read, so a matter erased meanwhile stays erased.

    Raises:
        Unreadable: a key is under a vault key that is nowhere: nothing of it is changed.
    """
    done = 0
    while True:
        changed = 0
        for rows in _pages(using):
            master = vault.master()
            under = vault.under(master)
            with transaction.atomic(using=using), connections[using].cursor() as cursor:
                for stored, wrapped, known in rows:
                    if known == under:
                        continue
                    matter = stored if isinstance(stored, UUID) else UUID(stored)
                    nonce = os.urandom(12)
                    fresh = nonce + AESGCM(master).encrypt(nonce, vault.unwrap(matter, wrapped), b"key" + matter.bytes)
                    cursor.execute(
                        "UPDATE vault_key SET wrapped = %s, under = %s WHERE matter = %s AND under = %s",
                        [fresh, under, stored, known],
                    )
                    changed += cursor.rowcount
            tell(done + changed)
        done += changed
        if not changed:
            return done


def _pages(using: str) -> Iterator[list[tuple[object, bytes, str]]]:
    connection = connections[using]
    first = UUID(int=0)
    after: object = first if connection.features.has_native_uuid_field else first.hex
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT matter, wrapped, under FROM vault_key WHERE matter > %s ORDER BY matter LIMIT %s",
                [after, BATCH],
            )
            rows = [(matter, bytes(wrapped), under) for matter, wrapped, under in cursor.fetchall()]
        if not rows:
            return
        yield rows
        after = rows[-1][0]
