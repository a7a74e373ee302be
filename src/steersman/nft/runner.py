"""Who applies a transaction: the kernel through `nft`, or a fake."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from steersman.kit import command
from steersman.nft.transaction import Command


class NftError(Exception):
    """The transaction was refused; nothing of it was done.  The text is nft's first line."""


class Runner(Protocol):
    async def apply(self, commands: Sequence[Command]) -> None:
        """All of the commands or none.  Raises NftError."""
        ...


class Nft:
    """`nft -f -` inside a network namespace (None: the process's own)."""

    def __init__(self, namespace: Path | None) -> None:
        self._enter = ["nsenter", f"--net={namespace}"] if namespace else []

    async def apply(self, commands: Sequence[Command]) -> None:
        if commands:
            await self.run(["-f", "-"], "\n".join(str(command) for command in commands) + "\n")

    async def run(self, arguments: Sequence[str], text: str = "") -> str:
        """Run nft; its output."""
        try:
            return await command.run([*self._enter, "nft", *arguments], text)
        except command.CommandFailed as error:
            raise NftError(error.said or str(error)) from error
