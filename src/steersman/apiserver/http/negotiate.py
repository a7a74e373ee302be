"""In which form the client wants its answer: media type, and for objects a Table or only the metadata.

    Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json

Clauses are tried by their quality, then in the client's order, and the first that can be served wins.  JSON
is what is stored and costs nothing, so protobuf is for clients that take neither JSON nor YAML; those that name
both, as Go clients do, get JSON.  Tables have no protobuf form.  Parsing is cached by the header's text:
clients send the same few.
"""

import dataclasses
import functools

from steersman.api import status

MEDIA_TYPES = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
STREAMS = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
TRANSFORMS = frozenset({"Table", "PartialObjectMetadata", "PartialObjectMetadataList"})
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"


@dataclasses.dataclass(frozen=True, slots=True)
class Accept:
    media: str = JSON
    transform: str = ""
    """Table, PartialObjectMetadata, PartialObjectMetadataList, or nothing."""
    transform_version: str = "v1"
    pretty: bool = False

    @property
    def transform_api_version(self) -> str:
        return f"meta.k8s.io/{self.transform_version}"

    @property
    def plain(self) -> bool:
        """Stored JSON bytes may be sent as they are."""
        return self.media == JSON and not self.transform and not self.pretty


DEFAULT = Accept()
MAX_CLAUSES = 100
"""As many choices are looked at."""
LONGEST = 2048
"""Characters of a header whose meaning is remembered."""


def negotiate(header: str, pretty: bool = False, *, tables: bool = True, streams: bool = True) -> Accept:
    """Raises 406.  Without `tables` a Table is a form like any unknown one: the next choice is served.

    Without `streams` the refusal does not offer what only collections have.
    """
    found = _parsed(header, tables) if len(header) <= LONGEST else _parsed.__wrapped__(header, tables)
    if isinstance(found, str):
        found = found if streams else found.removesuffix(f", {STREAMS}")
        raise status.failure(406, "NotAcceptable", found, {})
    return dataclasses.replace(found, pretty=True) if pretty else found


@functools.lru_cache(maxsize=512)
def _parsed(header: str, tables: bool = True) -> Accept | str:
    if not header or header in ("*/*", JSON):
        return DEFAULT
    clauses = []
    for at, text in enumerate(header.split(",", MAX_CLAUSES)[:MAX_CLAUSES]):
        media, *parameters = (part.strip() for part in text.split(";"))
        values = dict(p.split("=", 1) for p in parameters if "=" in p)
        try:
            quality = float(values.get("q", "1"))
        except ValueError:
            quality = 1.0
        clauses.append((-quality, at, media.lower(), values))
    known = False
    for _, _, media, values in sorted(clauses, key=lambda clause: clause[:2]):
        spoken = _spoken(media)
        known = known or bool(spoken) or media == PROTOBUF
        if spoken:
            accepted = _transformed(spoken, values, tables)
            if accepted is not None:
                return accepted
    for _, _, media, values in sorted(clauses, key=lambda clause: clause[:2]):
        if media == PROTOBUF and values.get("as") != "Table":
            accepted = _transformed(PROTOBUF, values, tables)
            if accepted is not None:
                return accepted
    if known:
        return f"only the following media types are accepted: {MEDIA_TYPES}"
    return f"406: Not Acceptable\n\nAvailable representations: {MEDIA_TYPES}, {STREAMS}"


def _spoken(media: str) -> str:
    if media in ("*/*", "application/*", JSON):
        return JSON
    return YAML if media == YAML else ""


def _transformed(media: str, values: dict[str, str], tables: bool) -> Accept | None:
    kind = values.get("as", "")
    if not kind:
        return Accept(media)
    version = values.get("v", "")
    if kind == "Table" and not tables:
        return None
    if kind in TRANSFORMS and values.get("g", "") == "meta.k8s.io" and version in ("v1", "v1beta1"):
        return Accept(media, kind, version)
    return None
