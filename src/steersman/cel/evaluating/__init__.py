"""Runs a checked expression, and counts what it costs while it does.

    program = plan(checked, environment)
    program.run({"self": tree}, limit=1_000_000)      # Outcome(value, cost)

`plan` turns the tree into Python closures once: a node becomes a function of a frame (see `frames`), names become
places in it, and what can be known before is computed before.  What cannot be known is a value; what cannot be
evaluated raises `values.EvaluationError` in cel-go's words.  Costs are cel-go's (interpreter/runtimecost.go), with
one liberty: what a straight piece of an expression costs is charged when it is entered, not node by node.

`planning` has the dispatch over nodes, `attributes` names and selections, `logic` what is not strict, `calls` and
`dispatching` the rest of the functions, `folds` the comprehensions.
"""

from steersman.cel.evaluating.frames import CostExceeded, Lazy
from steersman.cel.evaluating.planning import plan
from steersman.cel.evaluating.programs import Outcome, Program

__all__ = ["CostExceeded", "Lazy", "Outcome", "Program", "plan"]
