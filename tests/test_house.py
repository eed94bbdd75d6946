"""The house rules: imports go down the floors only, without circles; style and types hold."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FLOORS = {
    "record": 1,
    "election": 1,
    "tally": 2,
    "forecast": 2,
    "forensics": 2,
    "audit": 2,
    "intake": 3,
    "announce": 3,
    "rehearsal": 4,
    "console": 4,
    "cli": 5,
}
FRAMEWORKS = {
    **{framework: {"console"} for framework in ("allauth", "axes", "django", "granian", "whitenoise")},
    "typer": {"cli", "console"},
    "rich": {"cli", "console"},
}
VERIFIER_MAY_IMPORT = {*sys.stdlib_module_names, "cryptography", "tallyverify"}

Graph = dict[str, set[str]]


def module_name(path: Path, source: Path) -> str:
    """`src/tallyroom/record/log.py` is `tallyroom.record.log`; a package is named by its folder."""
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(path: Path, source: Path) -> Iterator[str]:
    """Every dotted name that a file imports, wherever in the file; `from a import b` gives `a.b`."""
    package = path.relative_to(source).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = [*above, *([node.module] if node.module else [])]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def import_graph(source: Path) -> Graph:
    """Each module with what it imports: modules of the tree where there are such, else the name."""
    paths = {module_name(path, source): path for path in sorted(source.rglob("*.py"))}
    packages = {module.rpartition(".")[0] for module in paths}

    def target(name: str) -> str:
        parent = name.rpartition(".")[0]
        return parent if name not in paths.keys() | packages and parent in paths else name

    return {
        module: {target(name) for name in imported_names(path, source)} - {module} for module, path in paths.items()
    }


def place(name: str) -> tuple[str, str]:
    """Package and room of a dotted name: `tallyroom`, `record` for `tallyroom.record.log`."""
    package, room, *_ = [*name.split("."), ""]
    return package, room


def broken_arrow(module: str, imported: str) -> str | None:
    """Why one import is not allowed, or None where it is."""
    (package, here), (top, there) = place(module), place(imported)
    if package == "tallyverify":
        return None if top in VERIFIER_MAY_IMPORT else "the verifier stands on its own"
    if top in FRAMEWORKS:
        return None if here in FRAMEWORKS[top] else f"{top} is not for this room"
    if top == "tallyverify":
        return "the verifier is a package apart"
    if top != "tallyroom" or there in (here, ""):
        return None
    if there not in FLOORS:
        return f"{there} is no room"
    if FLOORS[there] >= FLOORS.get(here, 0):
        return f"floor {FLOORS.get(here, 0)} imports floor {FLOORS[there]}"
    return None


def circles(graph: Graph) -> Iterator[str]:
    """Circles of imports, one after the other: each is reported and cut, until none is left."""
    graph = {module: imports & graph.keys() for module, imports in graph.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1][::-1]  # the sorter lists each module after the one that imports it
            yield "circle: " + " -> ".join(circle)
            graph[circle[0]].discard(circle[1])
        else:
            return


def faults(source: Path) -> list[str]:
    """All broken rules of a source tree, one line each."""
    graph = import_graph(source)
    strangers = [
        f"{module}: in no room"
        for module in graph
        if place(module)[0] == "tallyroom" and place(module)[1] not in {"", *FLOORS}
    ]
    arrows = [
        f"{module} -> {imported}: {reason}"
        for module, imports in graph.items()
        for imported in sorted(imports)
        if (reason := broken_arrow(module, imported))
    ]
    return [*strangers, *arrows, *circles(graph)]


def write_tree(source: Path, files: dict[str, str]) -> Path:
    """Write modules, named by dotted name, as files of a source tree."""
    for module, text in files.items():
        path = source.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return source


def test_imports_go_down_the_floors_without_circles() -> None:
    found = faults(ROOT / "src")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("module", "text", "fault"),
    [
        ("tallyroom.record.log", "import tallyroom.tally.state", "floor 1 imports floor 2"),
        ("tallyroom.record.log", "from tallyroom import election", "floor 1 imports floor 1"),
        ("tallyroom.record.log", "from ..cli.main import main", "floor 1 imports floor 5"),
        ("tallyroom.tally.state", "def f():\n import tallyroom.audit.copies", "floor 2 imports floor 2"),
        ("tallyroom.tally.state", "import rich.table", "rich is not for this room"),
        ("tallyroom.cli.main", "from django.http import HttpRequest", "django is not for this room"),
        ("tallyroom.cli.main", "import tallyverify", "the verifier is a package apart"),
        ("tallyroom.cli.main", "from tallyroom.utils import pad", "utils is no room"),
        ("tallyroom.utils.text", "", "in no room"),
        ("tallyroom", "from tallyroom.record import log", "floor 0 imports floor 1"),
        ("tallyverify.tree", "from tallyroom.record import tree", "the verifier stands on its own"),
        ("tallyverify.tree", "import numpy", "the verifier stands on its own"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, module: str, text: str, fault: str) -> None:
    (found,) = faults(write_tree(tmp_path, {module: text}))
    assert found.startswith(module)
    assert found.endswith(fault)


def test_a_sound_tree_has_no_fault(tmp_path: Path) -> None:
    tree = {
        "tallyroom.record.__init__": "from .log import Log",
        "tallyroom.record.log": "import hashlib\nfrom . import tree",
        "tallyroom.record.tree": "import numpy",
        "tallyroom.tally.state": "from tallyroom.record.log import Log\nfrom tallyroom.record import tree",
        "tallyroom.cli.main": "import typer\nfrom tallyroom.tally import state",
        "tallyverify.__main__": "import json\nfrom cryptography import x509\nfrom tallyverify import tree",
        "tallyverify.tree": "import hashlib",
    }
    assert faults(write_tree(tmp_path, tree)) == []


def test_every_circle_is_found(tmp_path: Path) -> None:
    tree = {
        "tallyroom.record.log": "from . import tree",
        "tallyroom.record.tree": "from tallyroom.record.proof import path",
        "tallyroom.record.proof": "import tallyroom.record.log",
        "tallyroom.tally.state": "from tallyroom.tally import progress",
        "tallyroom.tally.progress": "from tallyroom.tally.state import State",
    }
    found = faults(write_tree(tmp_path, tree))
    graph = import_graph(tmp_path)
    assert len(found) == 2
    for circle in found:
        modules = circle.removeprefix("circle: ").split(" -> ")
        assert modules[0] == modules[-1]
        assert all(after in graph[before] for before, after in pairwise(modules))


@pytest.mark.parametrize("arguments", [("ruff", "check"), ("mypy",)], ids=["style", "types"])
def test_style_and_types_hold(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"
