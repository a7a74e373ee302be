"""Imports make no circles: a module can be read, and understood, once what it imports has been.

Imports for types alone count, and imports inside functions.  Packages may know each other (`custom` asks a webhook by
`admission`, which reads a custom resource by `custom`); modules may not.
"""

import graphlib

import grimp


def test_imports_make_no_circles() -> None:
    graph = grimp.build_graph("steersman", cache_dir=None)
    knows = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(knows) > 500
    circle: list[str] = []
    try:
        graphlib.TopologicalSorter(knows).prepare()
    except graphlib.CycleError as error:
        circle = error.args[1]
    assert not circle
