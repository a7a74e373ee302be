"""The query parameters of each verb as values: ListOptions, DeleteOptions, the options of writes.

What cannot be parsed is a 400, what is parsed and makes no sense a 422 of the options' own kind, in the
reference's words.
"""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from steersman.api import field, status
from steersman.api.field import FieldError, Path
from steersman.api.tree import Tree
from steersman.apiserver.http import info
from steersman.kit import http

GROUP = "meta.k8s.io"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[0-9]+")


_MOST_DIGITS = 20
"""No number of 64 bits has more; Python refuses to read thousands of them."""


def integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise status.bad_request(f"strconv.ParseInt: parsing {status.quoted(text)}: invalid syntax")
    number = int(text) if len(text) <= _MOST_DIGITS else 1 << 64
    if not -(1 << 63) <= number < 1 << 63:
        raise status.bad_request(f"strconv.ParseInt: parsing {status.quoted(text)}: value out of range")
    return number


def resource_version(text: str) -> int:
    """Raises 400, for a watch too, where the reference answers 500: no input of a client is an error of the server."""
    if not text:
        return 0
    number = -1
    if _NUMBER.fullmatch(text):
        number = int(text) if len(text) <= _MOST_DIGITS else 1 << 64
    if not 0 <= number < 1 << 64:
        why = "invalid syntax" if number < 0 else "value out of range"
        parsing = f"strconv.ParseUint: parsing {status.quoted(text)}: {why}"
        raise status.bad_request(
            f"invalid resource version: resourceVersion: Invalid value: {status.quoted(text)}: {parsing}"
        )
    return number


@dataclasses.dataclass(frozen=True, slots=True)
class ListOptions:
    label_selector: str = ""
    field_selector: str = ""
    limit: int = 0
    continue_: str = ""
    resource_version: str = ""
    resource_version_match: str = ""
    watch: bool = False
    allow_bookmarks: bool = False
    send_initial_events: bool | None = None
    timeout_seconds: int | None = None
    include_object: str = ""


def list_options(request: http.Request, *, watching: bool = False) -> ListOptions:
    given: dict[str, Any] = {}
    for key, value in request.query:
        match key:
            case "labelSelector":
                given.setdefault("label_selector", value)
            case "fieldSelector":
                given.setdefault("field_selector", value)
            case "limit" if value:
                given.setdefault("limit", max(integer(value), 0))
            case "continue":
                given.setdefault("continue_", value)
            case "resourceVersion":
                given.setdefault("resource_version", value)
            case "resourceVersionMatch":
                given.setdefault("resource_version_match", value)
            case "allowWatchBookmarks":
                given.setdefault("allow_bookmarks", info.is_true(value))
            case "sendInitialEvents":
                given.setdefault("send_initial_events", info.is_true(value))
            case "timeoutSeconds" if value:
                given.setdefault("timeout_seconds", integer(value))
            case "includeObject":
                given.setdefault("include_object", value)
            case _:
                pass
    options = ListOptions(watch=watching, **given)
    _check_list(options)
    return options


def _check_list(options: ListOptions) -> None:
    errors: list[FieldError] = []
    match = Path("resourceVersionMatch")
    if options.watch:
        errors += _check_watch(options)
    elif options.send_initial_events is not None:
        errors.append(field.forbidden(Path("sendInitialEvents"), "sendInitialEvents is forbidden for list"))
    if not options.watch and options.resource_version_match:
        if not options.resource_version:
            text = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            errors.append(field.forbidden(match, text))
        if options.continue_:
            errors.append(field.forbidden(match, "resourceVersionMatch is forbidden when continue is provided"))
        if options.resource_version_match not in ("Exact", "NotOlderThan"):
            errors.append(field.not_supported(match, options.resource_version_match, ("Exact", "NotOlderThan", "")))
        elif options.resource_version_match == "Exact" and options.resource_version == "0":
            text = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            errors.append(field.forbidden(match, text))
    if errors:
        raise status.invalid("ListOptions", GROUP, "", errors)


def _check_watch(options: ListOptions) -> list[FieldError]:
    errors = []
    match = Path("resourceVersionMatch")
    if options.send_initial_events is not None and options.resource_version_match != "NotOlderThan":
        text = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        errors.append(field.forbidden(match, text))
    if options.resource_version_match:
        if options.send_initial_events is None:
            text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            errors.append(field.forbidden(match, text))
        if options.resource_version_match != "NotOlderThan":
            errors.append(field.not_supported(match, options.resource_version_match, ("NotOlderThan",)))
    # A watch of the present state is one that asks for initial events, so it has a match that nobody sent.
    present = options.send_initial_events is None and options.resource_version in ("", "0")
    if options.continue_ and (options.resource_version_match or present):
        errors.append(field.forbidden(match, "resourceVersionMatch is forbidden when continue is provided"))
    return errors


@dataclasses.dataclass(frozen=True, slots=True)
class WriteOptions:
    """CreateOptions, UpdateOptions and PatchOptions: the same but for `force`."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: str = "Warn"
    force: bool | None = None


def write_options(request: http.Request, kind: str, *, apply: bool = False) -> WriteOptions:
    dry_run: list[str] = []
    manager = validation = ""
    force: bool | None = None
    for key, value in request.query:
        match key:
            case "dryRun" if value:
                dry_run.append(value)
            case "fieldManager":
                manager = manager or value
            case "fieldValidation":
                validation = validation or value
            case "force" if value:
                force = info.is_true(value)
            case _:
                pass
    errors = _check_dry_run(dry_run)
    if kind == "PatchOptions":
        if apply:
            if not manager:
                errors.append(field.required(Path("fieldManager"), "is required for apply patch"))
        elif force is not None:
            errors.append(field.forbidden(Path("force"), "may not be specified for non-apply patch"))
    errors += _check_manager(manager)
    if validation not in ("", "Ignore", "Warn", "Strict"):
        errors.append(field.not_supported(Path("fieldValidation"), validation, ("", "Ignore", "Strict", "Warn")))
    if errors:
        raise status.invalid(kind, GROUP, "", errors)
    return WriteOptions(bool(dry_run), manager, validation or "Warn", force)


def _check_dry_run(values: Sequence[str]) -> list[FieldError]:
    if any(value != "All" for value in values):
        return [field.not_supported(Path("dryRun"), list(values), ("All",))]
    return []


def _check_manager(manager: str) -> list[FieldError]:
    errors = []
    if len(manager.encode()) > 128:
        errors.append(field.too_long(Path("fieldManager"), 128))
    for at, character in enumerate(manager):
        if not character.isprintable():
            errors.append(field.invalid(Path("fieldManager"), manager, f"is not printable (at position {at})"))
            break
    return errors


def manager_of(options: WriteOptions, request: http.Request) -> str:
    """Who owns the fields of a write: as asked, or the beginning of the client's name for itself."""
    return options.field_manager or agent_prefix(request.headers.get("user-agent", "")) or "unknown"


def agent_prefix(agent: str) -> str:
    text = "".join(c for c in agent.split("/", 1)[0] if c.isprintable())
    return text.encode()[:128].decode(errors="ignore")


@dataclasses.dataclass(frozen=True, slots=True)
class DeleteOptions:
    grace_seconds: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    orphan_dependents: bool | None = None
    propagation: str | None = None
    dry_run: bool = False
    tree: Tree = dataclasses.field(default_factory=dict)
    """As the client sent them, for admission."""


def delete_options(request: http.Request, body: Tree | None) -> DeleteOptions:
    """From the body where there is one, from the query otherwise."""
    if body is None:
        body = _delete_query(request)
    conditions = body.get("preconditions") or {}
    errors = []
    propagation = body.get("propagationPolicy")
    orphan = body.get("orphanDependents")
    if propagation is not None and orphan is not None:
        errors.append(
            field.invalid(
                Path("propagationPolicy"), propagation, "orphanDependents and deletionPropagation cannot be both set"
            )
        )
    if propagation not in (None, "Foreground", "Background", "Orphan"):
        supported = ("Foreground", "Background", "Orphan", "nil")
        errors.append(field.not_supported(Path("propagationPolicy"), propagation, supported))
    errors += _check_dry_run(body.get("dryRun") or ())
    if errors:
        raise status.invalid("DeleteOptions", GROUP, "", errors)
    return DeleteOptions(
        body.get("gracePeriodSeconds"),
        conditions.get("uid"),
        conditions.get("resourceVersion"),
        orphan,
        propagation,
        bool(body.get("dryRun")),
        body,
    )


def _delete_query(request: http.Request) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in request.query:
        match key:
            case "gracePeriodSeconds" if value:
                tree.setdefault(key, integer(value))
            case "propagationPolicy" if value:
                tree.setdefault(key, value)
            case "orphanDependents" if value:
                tree.setdefault(key, info.is_true(value))
            case "dryRun" if value:
                tree.setdefault(key, []).append(value)
            case _:
                pass
    return tree
