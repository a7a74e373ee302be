"""What an expression may cost at most, and at least, known before it runs.

cel-go's estimate, number for number, because Kubernetes refuses a rule by it.  A cost is a range.  The cost of a
call depends on the sizes of its arguments, so the walk keeps three things by node: the path by which a value is
reached from a variable (`self`, `items`, `@items`, `name`), the size where it is known, and for lists and maps the
size of their entries.  What the expression itself does not tell, a `Sizer` is asked: it knows the declared limits
of the schema behind a path.

All arithmetic saturates at 2**64-1, and a size nobody knows is (0, 2**64-1).

A library's overload brings its own estimate (`Overload.estimate`); what the language itself defines is priced here.

`walking` has the walk, `memory` what it remembers, `standard` the prices of the language.  Below, `cel.amounts` has
the arithmetic, `cel.estimates` what passes between the walk and an overload's estimate; both are handed on here.
"""

from steersman.cel.amounts import (
    CREATE_LIST,
    CREATE_MAP,
    CREATE_STRUCT,
    LIMIT,
    REGEX_LENGTH,
    STRING_TRAVERSAL,
    UNIT,
    UNKNOWN,
    Cost,
    Size,
    add,
    by_factor,
    multiply,
)
from steersman.cel.estimates import CallEstimate, Estimator, Node, NoSizes, Sizer
from steersman.cel.estimating.standard import matching
from steersman.cel.estimating.walking import Walk, estimate

__all__ = [
    "CREATE_LIST",
    "CREATE_MAP",
    "CREATE_STRUCT",
    "LIMIT",
    "REGEX_LENGTH",
    "STRING_TRAVERSAL",
    "UNIT",
    "UNKNOWN",
    "CallEstimate",
    "Cost",
    "Estimator",
    "NoSizes",
    "Node",
    "Size",
    "Sizer",
    "Walk",
    "add",
    "by_factor",
    "estimate",
    "matching",
    "multiply",
]
