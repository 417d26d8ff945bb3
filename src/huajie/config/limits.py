"""
How much one caller may send, and how often. Read without Django; `docs/settings.md` lists them with the rest.

The rates are counted once for all web processes of a server (`edges/throttle.py`), pages and API together. 0 turns a
rate off.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from huajie.config.errors import whole_numbers


@dataclass(frozen=True, slots=True)
class Limits:
    """What pages and the JSON API take from one address."""

    #: Largest body of a request, in KiB.
    body_kib: int
    #: Longest single text, in characters; a form may say less.
    text_length: int
    #: Matters brought in without an account, a minute.
    intake_a_minute: int
    #: Wrong numbers or secrets, a minute.
    secrets_a_minute: int
    #: Attempts to get a token, a minute.
    tokens_a_minute: int
    #: Wrong passwords, codes, passkeys and call-backs of a provider when signing in, a minute.
    sign_ins_a_minute: int


def limits(environ: Mapping[str, str] = os.environ) -> Limits:
    """
    Read the limits.

    Raises:
        SettingError: one is not a number or out of its range.
    """
    return Limits(
        **whole_numbers(
            environ,
            {
                "body_kib": ("HUAJIE_BODY_KIB", 256, 16, 2048),
                "text_length": ("HUAJIE_TEXT_LENGTH", 20_000, 200, 200_000),
                "intake_a_minute": ("HUAJIE_INTAKE_A_MINUTE", 60, 0, 1_000_000),
                "secrets_a_minute": ("HUAJIE_SECRETS_A_MINUTE", 20, 0, 1_000_000),
                "tokens_a_minute": ("HUAJIE_TOKENS_A_MINUTE", 20, 0, 1_000_000),
                "sign_ins_a_minute": ("HUAJIE_SIGN_INS_A_MINUTE", 30, 0, 1_000_000),
            },
        )
    )
