"""`$(NAME)` in commands, arguments and values, as Kubernetes expands it.

`$$` is a dollar sign; a name that is not known, or a parenthesis that is never closed, stays as it is written.
"""

from collections.abc import Mapping


def expand(text: str, values: Mapping[str, str]) -> str:
    if "$" not in text:
        return text
    made: list[str] = []
    at = 0
    while at < len(text):
        dollar = text.find("$", at)
        if dollar < 0 or dollar + 1 == len(text):
            made.append(text[at:])
            break
        made.append(text[at:dollar])
        following = text[dollar + 1]
        if following == "$":
            made.append("$")
            at = dollar + 2
        elif following == "(":
            end = text.find(")", dollar + 2)
            if end < 0:
                made.append("$(")
                at = dollar + 2
                continue
            name = text[dollar + 2 : end]
            made.append(values.get(name, f"$({name})"))
            at = end + 1
        else:
            made.append("$" + following)
            at = dollar + 2
    return "".join(made)
