"""Makes the API's schema when the package is built or installed.

The data comes from `kubernetes-validate`, a build dependency; the repository holds only the generator.
"""

import pathlib
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SchemaHook(BuildHookInterface[Any]):
    """Writes `steersman/api/schema/_generated` unless it is newer than what it is made from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = pathlib.Path(self.root)
        sys.path.insert(0, str(root / "src"))
        try:
            from steersman.api.schema import generator
        finally:
            sys.path.pop(0)
        folder = root / "src/steersman/api/schema/_generated"
        try:
            source = generator.find_source()
        except FileNotFoundError:
            if not (folder / "schema.msgpack").exists():
                raise
            return  # made before, by hand or by an sdist
        print(f"schema: {source.parent.name} -> {folder.relative_to(root)}")
        generator.write(source, folder)
