"""The environment that every user of expressions in the API extends, and the limits they share.

`BASE` is what Kubernetes 1.36 gives to expressions, new and stored alike: by its rules a new expression may use what
1.35 knew already, a stored one all of 1.36, and 1.36 brought no library.  Users add their variables and types:

    env = environments.BASE.extended(variables={"self": types.INT})
    checked = env.compile("self > 3")          # raises source.CompileError
    program = env.program(checked)
    program.run({"self": 4}, limit=environments.PER_CALL_LIMIT)
"""

from steersman.api.cel import (
    authorizer,
    cidr,
    costs,
    format,
    ip,
    lists,
    quantity,
    regex,
    semver,
    urls,
)
from steersman.cel import environment
from steersman.cel.library import lists as language_lists
from steersman.cel.library import optional, sets, standard, strings, twovar

PER_CALL_LIMIT = 1_000_000
"""What one evaluation may cost, about a tenth of a second in Go."""
RUNTIME_BUDGET = 10_000_000
"""What all expressions of one custom resource, or of one policy binding, may cost in a request."""
MATCH_CONDITIONS_BUDGET = 2_500_000
"""What all match conditions of one webhook or policy binding may cost in a request."""
ESTIMATED_LIMIT = 10_000_000
"""What a rule of a CustomResourceDefinition may be expected to cost."""
ESTIMATED_DEFINITION_LIMIT = 100_000_000
"""What all rules of a CustomResourceDefinition may be."""
LONGEST_MESSAGE = 5 * 1024
"""Bytes that a message expression may give."""
OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


BASE = environment.Environment(
    (
        *map(costs.priced, (standard.LIBRARY, strings.LIBRARY, sets.LIBRARY)),
        optional.LIBRARY,
        twovar.LIBRARY,
        language_lists.LIBRARY,
        urls.LIBRARY,
        regex.LIBRARY,
        lists.LIBRARY,
        authorizer.LIBRARY,
        authorizer.SELECTORS,
        quantity.LIBRARY,
        ip.LIBRARY,
        cidr.LIBRARY,
        format.LIBRARY,
        semver.LIBRARY,
    )
)
