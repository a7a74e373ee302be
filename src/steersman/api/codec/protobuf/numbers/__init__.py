"""Which number each field of each type has on the wire: facts of Kubernetes, one line a type.

    Secret: metadata data type stringData immutable
    Volume: name @VolumeSource

Numbers count from 1; a number in the line says where the count goes on.  `@X` is an embedded struct: JSON has
its fields beside the others, protobuf a message of its own, whose line is `X`.  A star marks a list that is a
message (`verbs*`), with the items as its field 1.  A type is named by its last part, or by group, version and
type (`events.v1.Event`) where types of one name differ; the longer name wins.  Lists of objects (`metadata`,
`items`) need no line, and `kind` and `apiVersion` of what has a TypeMeta have no numbers.

Checklist for a new release
1. Numbers are never reused and never change: only new fields and new types need a look.
2. The test that every field of every type has a number lists what is missing.
3. Take the number from the type's `generated.proto`, or the `protobuf` tag in its `types.go`; the order of the
   Go struct is a bad guide (`PodSpec` has containers 2 and initContainers 20).
4. A field without a tag of its own in JSON (`json:",inline"`) is embedded and gets an `@`.
"""

import functools
from collections.abc import Mapping

from steersman.api.codec.protobuf.numbers import access, core, devices, meta, workloads


@functools.cache
def _lines() -> Mapping[str, str]:
    lines: dict[str, str] = {}
    name = ""
    for module in (meta, core, workloads, access, devices):
        for line in module.TEXT.splitlines():
            if line.startswith(" "):
                lines[name] += line
            else:
                name, _, rest = line.partition(":")
                lines[name] = rest
    return lines


def of(name: str) -> Mapping[str, int] | None:
    """The numbers of a type's fields, marks left on; None where the type has no protobuf.

    `name` is a definition's name, or that of an embedded struct in the place of one.
    """
    parts = name.split(".")
    lines = _lines()
    text = lines.get(".".join(parts[-3:]), lines.get(parts[-1]))
    if text is None:
        return {"metadata": 1, "items": 2} if name.endswith("List") else None
    found = {}
    number = 0
    for word in text.split():
        if word.isdigit():
            number = int(word) - 1
        else:
            number += 1
            found[word] = number
    return found
