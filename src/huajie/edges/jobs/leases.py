"""Take, keep and give back a lease."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta

from django.db.models import Q

from huajie.edges.jobs.models import Lease


def holder_name() -> str:
    """Return a name for this worker that no other worker has had."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(6)}"


def take(name: str, *, holder: str, now: datetime, seconds: int) -> bool:
    """
    Take or prolong the lease `name`.

    Args:
        holder: from holder_name.
        now: aware, UTC.
        seconds: how long it is ours unless prolonged; longer than the work takes.
    Returns:
        Whether it is ours until now + seconds.
    """
    until = now + timedelta(seconds=seconds)
    mine_or_free = Q(holder=holder) | Q(until_at__lte=now)
    if Lease.objects.filter(mine_or_free, name=name).update(holder=holder, until_at=until):
        return True
    # The very first time: whoever's row gets in has it. The conflict clause makes one statement of it.
    Lease.objects.bulk_create([Lease(name=name, holder=holder, until_at=until)], ignore_conflicts=True)
    return Lease.objects.filter(name=name, holder=holder, until_at=until).exists()


def give_back(name: str, *, holder: str, now: datetime) -> None:
    """Let another worker take it at once."""
    Lease.objects.filter(name=name, holder=holder).update(until_at=now)
