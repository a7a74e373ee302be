"""URLs: `url('https://example.com/a')`, `isURL`, `getScheme`, `getHost`, `getPort`, `getQuery`..."""

import functools
from collections.abc import Callable
from typing import Any

from steersman.api.cel import costs, functions, gourl
from steersman.cel import declarations, meter, types, values

TYPE = types.object_("kubernetes.URL")


class URL(values.Opaque):
    __slots__ = ("parts",)
    cel_type = TYPE

    def __init__(self, parts: gourl.URL) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)


@functools.lru_cache(maxsize=256)
def parse(text: str) -> URL:
    """Raises values.EvaluationError."""
    meter.spend(2 * len(text))
    try:
        gourl.parse_request(text)
        return URL(gourl.parse(text))  # the first takes a fragment for a part of the path
    except gourl.Refused as error:
        raise values.EvaluationError(f"URL parse error during conversion from string: {error}") from None


def _is_url(text: str) -> bool:
    meter.spend(2 * len(text))
    try:
        gourl.parse_request(text)
    except gourl.Refused:
        return False
    return True


def _accessor(name: str, id: str, result: types.Type, of: Callable[[gourl.URL], Any]) -> declarations.Function:
    return functions.one(name, functions.member(TYPE, id, result, lambda url: of(url.parts)))


_TEXT = types.STRING

LIBRARY = declarations.Library(
    "kubernetes.urls",
    (
        declarations.Function(
            "url",
            (
                declarations.Overload(
                    "string_to_url",
                    (_TEXT,),
                    TYPE,
                    parse,
                    cost=costs.one_pass,
                    estimate=costs.expect_one_pass_of_argument,
                ),
            ),
        ),
        declarations.Function("isURL", (declarations.Overload("is_url_string", (_TEXT,), types.BOOL, _is_url),)),
        _accessor("getScheme", "url_get_scheme", _TEXT, lambda url: url.scheme),
        _accessor("getHost", "url_get_host", _TEXT, lambda url: url.host),
        _accessor("getHostname", "url_get_hostname", _TEXT, lambda url: url.hostname),
        _accessor("getPort", "url_get_port", _TEXT, lambda url: url.port),
        _accessor("getEscapedPath", "url_get_escaped_path", _TEXT, lambda url: url.escaped_path),
        _accessor("getQuery", "url_get_query", types.map_of(_TEXT, types.list_of(_TEXT)), lambda url: url.values()),
    ),
)
