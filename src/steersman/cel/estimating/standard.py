"""The language's own functions whose calls do not cost 1 apiece, but for those that are not strict."""

from collections.abc import Sequence

from steersman.cel.amounts import (
    LIMIT,
    REGEX_LENGTH,
    STRING_TRAVERSAL,
    UNKNOWN,
    Cost,
    Size,
)
from steersman.cel.estimates import CallEstimate, Node


def known(node: Node) -> Size:
    return UNKNOWN if node.size is None else node.size


_COMPARED = frozenset(
    f"{comparison}_{type}"
    for comparison in ("less", "less_equals", "greater", "greater_equals")
    for type in ("string", "bytes")
) | {"equals", "not_equals"}


def expected(id: str, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    """The language's functions whose cost is not 1; None for all others."""
    if id in _COMPARED and len(args) == 2:
        most = min(known(args[0]).max, known(args[1]).max)
        return CallEstimate(Cost(1 if most > 0 else 0, most).times(STRING_TRAVERSAL))
    if id == "in_list" and len(args) == 2:
        return CallEstimate(known(args[1]).times(1))
    if id in ("starts_with_string", "ends_with_string") and len(args) == 1:
        return CallEstimate(known(args[0]).times(STRING_TRAVERSAL))
    if id == "contains_string" and target is not None and len(args) == 1:
        return CallEstimate(known(target).times(STRING_TRAVERSAL) * known(args[0]).times(STRING_TRAVERSAL))
    if id == "matches_string" and target is not None and len(args) == 1:
        return CallEstimate(matching(known(target), known(args[0])))
    if id == "string_to_bytes" and len(args) == 1:
        size = known(args[0])  # up to four bytes a code point; Go's product wraps round
        return CallEstimate(size.times(STRING_TRAVERSAL), Size(size.min, size.max * 4 & LIMIT))
    if id == "bytes_to_string" and len(args) == 1:
        size = known(args[0])
        return CallEstimate(size.times(STRING_TRAVERSAL), Size(size.min // 4, size.max))
    if id == "strings_quote" and len(args) == 1:
        size = known(args[0])
        return CallEstimate(size.times(STRING_TRAVERSAL), Size((size.min + 2) & LIMIT, (size.max * 2 + 2) & LIMIT))
    if id == "string_format" and target is not None:
        return CallEstimate(known(target).times(STRING_TRAVERSAL))
    return None


def matching(text: Size, pattern: Size) -> Cost:
    """One more than the text's length, so that a costly pattern on an empty text is not free."""
    return (text + Size.fixed(1)).times(STRING_TRAVERSAL) * pattern.times(REGEX_LENGTH)
