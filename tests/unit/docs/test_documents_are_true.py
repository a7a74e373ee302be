"""Documents name files, targets and commands that exist."""

import re
from pathlib import Path

import pytest

from steersman.cli import app

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_every_room_of_the_map_is_a_folder_and_every_folder_is_on_the_map() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = set(re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE))
    folders = {path.name for path in (ROOT / "src" / "steersman").iterdir() if (path / "__init__.py").exists()}
    assert rooms == folders


def test_files_that_the_map_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for name in re.findall(r"`((?:\w+/)+\w+\.py)`", text):
        assert (ROOT / "src" / "steersman" / name).exists(), name


def test_targets_that_the_readme_names_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make (\w+)", (ROOT / "README.md").read_text()):
        assert f"\n{target}:" in makefile, target


def test_commands_that_the_readme_names_exist() -> None:
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.app.registered_commands}
    known |= {group.name for group in app.app.registered_groups if group.name}
    for verb in re.findall(r"`?steersman (\w+)", (ROOT / "README.md").read_text()):
        if verb in ("in", "is"):
            continue
        assert verb in known, verb
