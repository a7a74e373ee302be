"""Parts of texts that match: `'abc 123'.find('[0-9]+')`, `findAll` with or without a limit."""

from collections.abc import Sequence

from steersman.cel import declarations, estimating, meter, patterns, types, values
from steersman.cel.estimating import CallEstimate, Estimator, Node, Size
from steersman.cel.library import costs

_TEXT = types.STRING
_MATCH = 60
"""Steps that the engine takes to tell of a match."""


def _found(text: str, pattern: str, limit: int) -> list[str]:
    """As Go finds: an empty match right after another one does not count."""
    try:
        compiled = patterns.compiled(pattern)
    except patterns.PatternError as error:
        raise values.EvaluationError(f"Illegal regex: {error}") from None
    found: list[str] = []
    if limit == 0:
        return found
    before = -1
    for match in compiled.finditer(text):
        start, end = match.span()
        meter.spend(_MATCH)
        if start != end or start != before:
            found.append(match.group())
            if len(found) == limit:
                break
        before = end
    return found


def _find(text: str, pattern: str) -> str:
    found = _found(text, pattern, 1)
    return found[0] if found else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    return _found(text, pattern, limit)


def _expected(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None or not args:
        return None
    text = estimator.size_of(target)
    return CallEstimate(estimating.matching(text, estimator.size_of(args[0])), Size(0, text.max))


def _overload(
    id: str, result: types.Type, implementation: declarations.Implementation, *more: types.Type
) -> declarations.Overload:
    return declarations.Overload(
        id,
        (_TEXT, _TEXT, *more),
        result,
        implementation,
        member=True,
        cost=costs.pattern,
        estimate=_expected,
        pattern=1,
    )


LIBRARY = declarations.Library(
    "kubernetes.regex",
    (
        declarations.Function("find", (_overload("string_find_string", _TEXT, _find),)),
        declarations.Function(
            "findAll",
            (
                _overload("string_find_all_string", types.list_of(_TEXT), _find_all),
                _overload("string_find_all_string_int", types.list_of(_TEXT), _find_all, types.INT),
            ),
        ),
    ),
)
