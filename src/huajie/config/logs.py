"""
Logs: one JSON line an event on standard error, without identities.

Only the fields named here are written; a field that is not named is dropped, so that nobody's name, number, text or
address reaches a log because some call passed it along. Of a failure the kind and the place in the code are written,
never its message: messages of databases and parsers quote values. Addresses of requests are written as their pattern.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

#: What a line may hold, besides event, level, logger and time.
FIELDS = frozenset(
    (
        "event level logger at request method route status ms worker pid port count fired failed read taken refused "
        "seconds attempt next stream n act kind pack check setting version failure frames code rounds database seat"
    ).split()
)


def keep_known_fields(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not in FIELDS."""
    return {key: value for key, value in event.items() if key in FIELDS or key.startswith("_")}


def describe_failure(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its kind and its places in the code, without its message and without values."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0] is not None:
        event["failure"] = f"{info[0].__module__}.{info[0].__qualname__}"
        event["frames"] = [
            f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in traceback.extract_tb(info[2])
        ]
    event.pop("stack_info", None)
    return event


def plain_event(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of another library's record keep the sentence as it was written in the code, not the values put into it."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and not record.name.startswith("huajie"):
        # A text without values to put in may have had them put in before: only its logger's name is safe to write.
        event["event"] = str(event["event"])[:200] if event.get("positional_args") else record.name
    return event


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    describe_failure,
]


def logging_settings(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything goes through the processors above; `level` is DEBUG to ERROR."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED],
                "use_get_message": False,
                "pass_foreign_args": True,
                "processors": [
                    plain_event,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    keep_known_fields,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "huajie": {"level": level},
            # Its lines quote addresses; our own line for each request says the same by pattern.
            "django.request": {"level": "CRITICAL"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


def set_up_structlog() -> None:
    """Make `structlog.get_logger` write through the handlers above."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
