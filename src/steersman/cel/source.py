"""Text with places in it, and how cel-go shows a mistake."""

import bisect
import dataclasses
from collections.abc import Sequence
from typing import Final

REPORTED_AT_MOST: Final = 100
NOWHERE: Final = -1
"""The offset of a mistake that is not at a place."""
BEFORE: Final = -2
"""Where cel-go thinks a part of the text is that it could make nothing of: before the first character."""


_ORDER = {NOWHERE: -2, BEFORE: -1}


@dataclasses.dataclass(frozen=True, slots=True)
class Issue:
    offset: int
    """In code points, or NOWHERE or BEFORE."""
    message: str


class CompileError(Exception):
    """Text that is no expression, or not one of this environment; `str()` is what cel-go prints."""

    def __init__(self, source: "Source", issues: Sequence[Issue]) -> None:
        self.source = source
        self.issues = tuple(sorted(issues, key=lambda issue: _ORDER.get(issue.offset, issue.offset)))
        super().__init__(source.display(self.issues))


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    text: str
    description: str = "<input>"

    def location(self, offset: int) -> tuple[int, int]:
        """Line from 1 and column from 0, in code points; -1 and -1 for no place."""
        if offset == NOWHERE:
            return -1, -1
        if offset == BEFORE or not self.text:
            return 1, -1
        return self.text.count("\n", 0, offset) + 1, offset - (self.text.rfind("\n", 0, offset) + 1)

    def display(self, issues: Sequence[Issue]) -> str:
        """In the order given."""
        starts = [0, *(at + 1 for at, character in enumerate(self.text) if character == "\n")]
        shown = [self._display(issue, starts) for issue in issues[:REPORTED_AT_MOST]]
        if len(issues) > REPORTED_AT_MOST:
            shown.append(f"{len(issues) - REPORTED_AT_MOST} more errors were truncated")
        return "\n".join(shown)

    def _display(self, issue: Issue, starts: Sequence[int]) -> str:
        if issue.offset == NOWHERE:
            return f"ERROR: {self.description}:-1:0: {issue.message}"
        if issue.offset == BEFORE or not self.text:
            line, column = 1, -1
        else:
            line = bisect.bisect_right(starts, issue.offset)
            column = issue.offset - starts[line - 1]
        shown = f"ERROR: {self.description}:{line}:{column + 1}: {issue.message}"
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        text = self.text[starts[line - 1] : end].replace("\t", " ")
        if not text:
            return shown
        # What is more than a byte in UTF-8 is taken to be as wide as the full-width dot and caret.
        column = max(column, 0)
        dots = "".join("." if character < "\x80" else "\uff0e" for character in text[:column])
        caret = "\uff3e" if text[column : column + 1] >= "\x80" else "^"
        return f"{shown}\n | {text}\n | {dots}{caret}"
