"""
Settings of the server itself: read without Django, so that the process that watches over the others stays small.

`docs/settings.md` lists them with the rest.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

from huajie.config.errors import SettingError, whole_numbers


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where and with how many processes to serve."""

    #: Address to listen on.
    host: str
    #: Port to listen on, 1 to 65535.
    port: int
    #: Web processes, 1 to 64.
    workers: int
    #: Threads in each web process, 1 to 64; each may hold one database connection.
    threads: int
    #: Seconds between two looks at what falls due, 1 to 60.
    tick_seconds: int

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def address(self) -> str:
        """The address that a browser takes."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether `host` can only be reached from this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def server_settings(environ: Mapping[str, str] = os.environ) -> ServerSettings:
    """
    Read the server's settings.

    Raises:
        SettingError: one is not a number or out of its range, or the address is none.
    """
    host = environ.get("HUAJIE_HOST", "").strip() or "127.0.0.1"

    def check_host() -> None:
        if host != "localhost":
            try:
                ipaddress.ip_address(host)
            except ValueError:
                raise SettingError(f"HUAJIE_HOST: an IP address such as 127.0.0.1 or 0.0.0.0, not {host!r}") from None

    numbers = whole_numbers(
        environ,
        {
            "port": ("PORT", 8000, 1, 65535),
            "workers": ("HUAJIE_WORKERS", 2, 1, 64),
            "threads": ("HUAJIE_THREADS", 4, 1, 64),
            "tick_seconds": ("HUAJIE_TICK_SECONDS", 5, 1, 60),
        },
        check_host,
    )
    return ServerSettings(host=host, **numbers)
