"""The expressions of an admission policy, compiled one after the other as its validation comes to them.

    expressions = PolicyExpressions(spec, e)
    expressions.variable("ports", text, "spec.variables[0].expression")
    expressions.check(text, "spec.validations[0].expression")

The compiler is imported when a policy is written: most servers never see one.  What stands here already is compiled
again on every update: what may be new in an expression and what may be kept are the same in this release.
"""

from typing import Any

from steersman.api.validation.errors import Errors


class PolicyExpressions:
    def __init__(self, spec: Any, e: Errors) -> None:
        from steersman.api.cel import policies

        self._composed = policies.Composition(params=spec.get("paramKind") is not None)
        self._e = e

    def variable(self, name: str, text: str, at: str) -> None:
        from steersman.api.cel import compiling

        try:
            self._composed.add(name, text)
        except compiling.Refused as error:
            self._e.invalid(at, text, str(error))

    def check(self, text: str, at: str) -> None:
        """What a write must fulfil."""
        from steersman.cel import types

        self._compile(text, at, types.BOOL)

    def message(self, text: str, at: str) -> None:
        from steersman.cel import types

        self._compile(text, at, types.STRING, authorizer=False)

    def note(self, text: str, at: str) -> None:
        """The value of an audit annotation."""
        from steersman.cel import types

        self._compile(text.strip(), at, types.STRING, types.NULL, shown=text)

    def mutation(self, text: str, at: str, kind: str) -> None:
        """Of patch type `ApplyConfiguration` or `JSONPatch`."""
        from steersman.api.cel import policies

        self._compile(text, at, policies.OBJECT if kind == "ApplyConfiguration" else policies.PATCH, patches=True)

    def _compile(
        self, text: str, at: str, *results: Any, authorizer: bool = True, patches: bool = False, shown: str = ""
    ) -> None:
        from steersman.api.cel import compiling

        try:
            self._composed.compile(text, *results, authorizer=authorizer, patches=patches)
        except compiling.Refused as error:
            self._e.invalid(at, shown or text, str(error))
