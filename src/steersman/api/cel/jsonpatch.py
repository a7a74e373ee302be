"""For mutating policies: `JSONPatch{op: "add", path: "/a", value: 1}`, and `jsonpatch.escapeKey`, which makes one step
of a JSON pointer of a key."""

from steersman.api.cel import costs, declared
from steersman.cel import declarations, types

TYPE = types.object_("JSONPatch")
TYPES = declared.Declared(
    {
        "JSONPatch": {
            **declared.named(op=types.STRING, path=types.STRING, value=types.DYN),
            "from": types.FieldType(types.STRING, "from"),
        }
    }
)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


LIBRARY = declarations.Library(
    "kubernetes.jsonpatch",
    (
        declarations.Function(
            "jsonpatch.escapeKey",
            (
                declarations.Overload(
                    "string_jsonpatch_escapeKey_string",
                    (types.STRING,),
                    types.STRING,
                    _escape,
                    cost=costs.one_pass,
                    estimate=costs.expect_one_pass_of_argument,
                ),
            ),
        ),
    ),
)
