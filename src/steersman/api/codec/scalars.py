"""Walks over values that are no containers: ranges, canonical forms, Go's refusals.

A walk takes a type, a value and the state, and returns the value, another one to put in its place, or `DROP`.
"""

import base64
from collections.abc import Callable
from typing import Any

from steersman.api import quantity, times
from steersman.api.codec import duplicates, go_base64
from steersman.api.codec.errors import DecodeError
from steersman.api.codec.walk_state import DROP, State, described, literal, mismatch, save, wrong
from steersman.api.schema.node import Node


def walk_integer(node: Node, value: Any, state: State) -> Any:
    if type(value) is not int:
        return mismatch(node, value, state)
    bits = 31 if node.format == "int32" else 63
    if -(1 << bits) <= value < 1 << bits:
        return value
    return mismatch(node, value, state)


def walk_string(node: Node, value: Any, state: State) -> Any:
    return value if type(value) is str else mismatch(node, value, state)


def walk_boolean(node: Node, value: Any, state: State) -> Any:
    return value if type(value) is bool else mismatch(node, value, state)


def walk_number(node: Node, value: Any, state: State) -> Any:
    return value if type(value) in (int, float) else mismatch(node, value, state)


def walk_quantity(node: Node, value: Any, state: State) -> Any:
    if type(value) is str:
        text = value
    elif type(value) is int or type(value) is float:
        text = literal(value)
    else:
        raise DecodeError(quantity.WRONG_FORMAT)
    try:
        made = quantity.canonical(text.strip())
    except ValueError as error:
        raise DecodeError(str(error)) from None
    return value if made == value else made


def walk_int_or_string(node: Node, value: Any, state: State) -> Any:
    if type(value) is str:
        return value
    if type(value) is int and -(1 << 31) <= value < 1 << 31:
        return value
    save(wrong(value, "int32"), "int32", state)
    return DROP


def walk_time(node: Node, value: Any, state: State) -> Any:
    return _moment(times.canonical, value, state)


def walk_micro_time(node: Node, value: Any, state: State) -> Any:
    return _moment(times.canonical_micro, value, state)


def _moment(canonical: Callable[[str], str], value: Any, state: State) -> Any:
    if type(value) is not str:
        raise DecodeError(described(wrong(value, "string"), "string", state))
    try:
        made = canonical(value)
    except ValueError as error:
        raise DecodeError(str(error)) from None
    return value if made == value else made


def walk_bytes(node: Node, value: Any, state: State) -> Any:
    if type(value) is list:
        return _byte_list(value, state)
    if type(value) is not str:
        return mismatch(node, value, state)
    try:
        return go_base64.canonical(value)
    except go_base64.BadByte as error:
        state.saved = state.saved or str(error)
        return DROP


def _byte_list(value: list[Any], state: State) -> Any:
    """Go also takes a list of numbers for bytes."""
    for each in value:
        if type(each) is not int or not 0 <= each < 256:
            save(wrong(each, "uint8"), "uint8", state)
            return DROP
    return base64.b64encode(bytes(value)).decode()


def walk_any(node: Node, value: Any, state: State) -> Any:
    if state.strict and isinstance(value, dict | list):
        state.keys += duplicates.count(value)
    return value
