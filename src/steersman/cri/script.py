"""What a simulated container does: for how long it runs, what it prints, how it ends.  Pure.

A script comes from the pod's annotation `steersman.dev/simulate` (or `steersman.dev/simulate.<container>`),
a JSON object with the fields of `Script` in camel case, for example

    {"runSeconds": 5, "exitCode": 1, "output": "starting\\nfailed\\n"}

and otherwise from the command, of which a few words are understood: `sleep`, `echo`, `true`, `false`, `exit`,
joined by `;` or `&&`, also inside `sh -c`.  Whatever is not understood runs until it is stopped, as a server
would.
"""

import dataclasses
import json
import re
import shlex
from collections.abc import Mapping, Sequence

ANNOTATION = "steersman.dev/simulate"

FOREVER = None


@dataclasses.dataclass(frozen=True, slots=True)
class Script:
    run_seconds: float | None = FOREVER
    """How long it runs by itself; None until it is stopped."""
    exit_code: int = 0
    """What it ends with when it ends by itself."""
    output: str = ""
    """Written to its log when it starts."""
    stop_seconds: float = 0.0
    """How long it takes to end after the stop signal; longer than the grace and it is killed."""
    stop_code: int = 143
    """What it ends with on the stop signal: 128 + SIGTERM, as a process that does not catch it."""
    oom: bool = False
    """It ends by itself because its memory limit was reached."""
    start_fault: str = ""
    """Starting it is refused with this text."""
    cpu_cores: float = 0.01
    memory_bytes: int = 16 << 20


_FIELDS = {
    re.sub("_([a-z])", lambda match: match[1].upper(), field.name): field.name for field in dataclasses.fields(Script)
}


def parse(text: str) -> Script:
    """A script from its annotation; raises ValueError that says what is wrong."""
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{ANNOTATION}: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{ANNOTATION}: an object is wanted, not {text!r}")
    unknown = sorted(set(values) - set(_FIELDS))
    if unknown:
        raise ValueError(f"{ANNOTATION}: unknown field {unknown[0]!r}, known are {', '.join(sorted(_FIELDS))}")
    return Script(**{_FIELDS[name]: value for name, value in values.items()})


def choose(container: str, annotations: Mapping[str, str], command: Sequence[str]) -> Script:
    """The script of a container: from the annotations, else from its command and arguments."""
    text = annotations.get(f"{ANNOTATION}.{container}") or annotations.get(ANNOTATION)
    return parse(text) if text else understand(command)


def understand(command: Sequence[str]) -> Script:
    """What a command would do, where it is one of the few that are understood."""
    words = list(command)
    if len(words) >= 3 and words[0].rsplit("/", 1)[-1] in ("sh", "bash", "ash", "dash") and words[1] in ("-c", "-ec"):
        pieces = re.split(r";|&&|\n", words[2])
        try:
            steps = [shlex.split(piece) for piece in pieces if piece.strip()]
        except ValueError:
            return Script()
    else:
        steps = [words] if words else []
    seconds, code, output = 0.0, 0, ""
    if not steps:
        return Script()
    for step in steps:
        name, rest = step[0].rsplit("/", 1)[-1], step[1:]
        if any(character in word for word in step for character in "$`|<>&(){}"):
            return Script(output=output)
        match name:
            case "sleep" if len(rest) == 1:
                length = _seconds(rest[0])
                if length is None:
                    return Script(output=output)
                seconds += length
            case "echo":
                output += " ".join(rest) + "\n"
            case "true" | ":":
                code = 0
            case "false":
                code = 1
            case "exit":
                code = int(rest[0]) & 255 if rest and rest[0].isdigit() else code
                break
            case _:
                return Script(output=output)
    return Script(run_seconds=seconds, exit_code=code, output=output)


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if match is None:
        return None
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
