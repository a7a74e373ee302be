"""Paths in fields: relative, and without a way out."""

from steersman.api.validation.errors import Errors

MODE_TEXT = "must be a number between 0 and 0777 (octal), both inclusive"


def no_backsteps(path: str, at: str, e: Errors) -> None:
    if ".." in path and ".." in path.split("/"):
        e.invalid(at, path, "must not contain '..'")


def descending(path: str, at: str, e: Errors) -> None:
    if path.startswith("/"):
        e.invalid(at, path, "must be a relative path")
    no_backsteps(path, at, e)


def not_reserved(path: str, at: str, e: Errors) -> None:
    descending(path, at, e)
    if path.startswith("..") and not path.startswith("../"):
        e.invalid(at, path, "must not start with '..'")


def mode(value: int | None, at: str, e: Errors) -> None:
    if value is not None and not 0 <= value <= 0o777:
        e.invalid(at, value, MODE_TEXT)
