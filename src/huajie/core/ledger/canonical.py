"""
Canonical bytes: one value, one spelling.

Entries, packs and calendars are hashed and committed to, so the same value must always give the same bytes. The
spelling is JSON as RFC 8785 writes it, on a smaller set of values: objects with ASCII keys, arrays, strings, integers
that every JSON reader keeps exactly, true, false and null. Numbers with a fraction are refused: their spelling is where
implementations differ.
"""

import json.encoder
from collections.abc import Callable
from typing import Any, Final

#: The largest whole number that a reader using IEEE doubles keeps exactly (2**53 - 1).
MAX_INT: Final = 9_007_199_254_740_991


class NotCanonical(ValueError):
    """The value has no canonical bytes; the message says where and why."""


def canonical(value: object) -> bytes:
    """
    Return the one UTF-8 JSON spelling of `value`.

    Args:
        value: dicts with ASCII str keys, lists or tuples (both written as arrays), str, bool, None, int within
            +-(2**53 - 1).
    Raises:
        NotCanonical: anything else (float, bytes, a key that is not ASCII text, a lone surrogate, a cycle).
    Source: RFC 8785 sections 3.2.1 to 3.2.4, on the subset named above.
    """
    try:
        _check(value)
        return "".join(_encode(value, 0)).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{_find_surrogate(value)}: text holds a lone surrogate") from error
    except _Misfit:
        raise NotCanonical(_explain(value, "$", 0)) from None
    except RecursionError:
        raise NotCanonical("$: nested too deeply, or holding itself") from None


def respell(value: object) -> bytes:
    """
    Return the canonical bytes of a value made of parts that were spelled before, without looking at each again.

    For a folded state: every part of it stood in an entry. Anything else goes through `canonical`.
    """
    return "".join(_encode(value, 0)).encode()


class _Misfit(Exception):
    pass


def _check(value: object) -> None:
    # Runs on every entry: the place and reason are worked out by `_explain`, only after a refusal.
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not str or not key.isascii():
                raise _Misfit
            kind = type(item)
            if kind is str or item is None or kind is bool:
                continue
            if kind is int:
                if not -MAX_INT <= item <= MAX_INT:
                    raise _Misfit
            else:
                _check(item)
    elif kind is list or kind is tuple:
        for item in value:  # type: ignore[attr-defined]
            kind = type(item)
            if kind is str or item is None or kind is bool:
                continue
            if kind is int:
                if not -MAX_INT <= item <= MAX_INT:
                    raise _Misfit
            else:
                _check(item)
    elif kind is int:
        if not -MAX_INT <= value <= MAX_INT:  # type: ignore[operator]
            raise _Misfit
    elif not (kind is str or value is None or kind is bool):
        raise _Misfit


def _explain(value: object, path: str, depth: int) -> str:
    kind = type(value)
    if kind is dict:
        assert isinstance(value, dict)
        for key, item in value.items():
            if type(key) is not str:
                return f"{path}: key {key!r} is {type(key).__name__}, not text"
            if not key.isascii():
                return f"{path}: key {key!r} is not ASCII"
            found = _explain(item, f"{path}.{key}", depth + 1)
            if found:
                return found
    elif kind is list or kind is tuple:
        assert isinstance(value, (list, tuple))
        for index, item in enumerate(value):
            found = _explain(item, f"{path}[{index}]", depth + 1)
            if found:
                return found
    elif kind is int:
        assert isinstance(value, int)
        if not -MAX_INT <= value <= MAX_INT:
            return f"{path}: {value} is beyond +-(2**53 - 1)"
    elif not (kind is str or value is None or kind is bool):
        return f"{path}: {kind.__name__} has no canonical bytes"
    return ""


def _find_surrogate(value: object, path: str = "$") -> str:
    if isinstance(value, dict):
        children = [(f"{path}.{key}", item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        children = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        return path
    for place, item in children:
        if isinstance(item, str):
            try:
                item.encode()
            except UnicodeEncodeError:
                return place
        else:
            found = _find_surrogate(item, place)
            if found != place:
                return found
    return path


def _refuse(value: object) -> Any:
    raise _Misfit


def _encoder() -> Callable[[object, int], Any]:
    # json.dumps builds this C object on every call; building it once saves a third of the time. No cycle markers:
    # `_check` has already walked the value.
    make = getattr(json.encoder, "c_make_encoder", None)
    quote = getattr(json.encoder, "c_encode_basestring", None)
    if make is None or quote is None:  # an interpreter without the C module
        slow = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return lambda value, level: slow.iterencode(value)
    encode: Callable[[object, int], Any] = make(None, _refuse, quote, None, ":", ",", True, False, False)
    return encode


_encode = _encoder()
