"""The house's rules, read from the sources: which room may import which, what stays lazy, how long a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nas"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCES}
IDS = [str(path.relative_to(ROOT)) for path in SOURCES]
LONGEST = 280  # lines, docstrings left out

BELOW = {"graph": set(), "space": {"graph"}, "types": {"graph", "space"}, "objectives": {"types"}}
BELOW["network"] = {"graph", "space"}
BELOW["imports"] = {"graph", "space", "network"}
BELOW["searchers"] = {"graph", "space", "types"}
BELOW["executors"] = {"graph", "space", "types"}
BELOW["tasks"] = set()
BELOW["data"] = {"graph", "space", "network", "tasks"}
BELOW["training"] = {"graph", "space", "network", "data", "tasks"}
BELOW["oneshot"] = {"graph", "space", "network", "searchers", "training", "data", "tasks", "types"}
BELOW["evaluators"] = {"graph", "space", "network", "training", "oneshot", "data", "tasks", "types"}
BELOW["run"] = {*BELOW}
BELOW["benchmark"] = {*BELOW}
BELOW["integrations"] = {*BELOW}
BELOW["report"] = {*BELOW}
BELOW["exports"] = {*BELOW}
BELOW["opening"] = {"space", "network", "training", "run"}
BELOW["cli"] = {*BELOW} | {"exports", "report"}
EVERYWHERE = {"errors"}

# At module level:
NO_TORCH = {
    "graph",
    "space",
    "types",
    "objectives",
    "searchers",
    "executors",
    "run",
    "benchmark",
    "report",
    "cli",
    "errors",
}
ONLY_IN = {"ray": {"executors/ray.py", "executors/cluster.py", "integrations"}, "optuna": {"integrations"}}
TORCH_MODULES = (
    *(f"graph/operations/{name}.py" for name in ("layers", "modules", "padded")),
    "searchers/controller.py",
)
HEAVY = {"torch", "torchvision", "ray", "optuna", "sklearn", "networkx", "numpy", "moocore"}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(dotted module, whether it is imported at once) of every import in a file but those for type checkers."""

    def walk(node: ast.AST, top: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for other in child.orelse:
                    yield from walk(other, top)
            elif isinstance(child, ast.Import):
                yield from ((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno}: write the whole name of the module"
                assert child.module is not None
                for alias in child.names:  # a module of a room, else a name in a module
                    inside = f"{child.module}.{alias.name}"
                    yield inside if inside in MODULES else child.module, top
            else:
                yield from walk(
                    child, top and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                )

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), True)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_the_sources_are_found() -> None:
    assert len(SOURCES) > 20
    assert {room(path) for path in SOURCES} - {"__init__", "__main__"} <= {*BELOW, *EVERYWHERE}


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_arrows_go_down(path: Path) -> None:
    here = room(path)
    if here in ("__init__", "__main__"):
        return
    allowed = BELOW.get(here, set()) | EVERYWHERE | {here}
    for module, _ in imports(path):
        parts = module.split(".")
        if (
            parts[0] == "nas"
            and len(parts) > 1
            and (PACKAGE / parts[1]).exists() | (PACKAGE / f"{parts[1]}.py").exists()
        ):
            assert parts[1] in allowed, f"{here} may not import {module}"


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_the_heavy_is_imported_where_it_belongs(path: Path) -> None:
    inside = str(path.relative_to(PACKAGE))
    for module, top in imports(path):
        package = module.split(".")[0]
        if package in ONLY_IN:
            assert any(inside == place or inside.startswith(f"{place}/") for place in ONLY_IN[package]), (
                f"{package} in {inside}"
            )
        if top and path.name == "__init__.py":
            assert package not in HEAVY, f"importing the room of {inside} would import {package}"
        if top and room(path) in NO_TORCH:
            # a module of torch modules, or of a searcher's network, is imported by the function that builds one
            assert package not in ("torch", "torchvision") or inside in TORCH_MODULES, f"{package} in {inside}"


def test_families_of_searchers_are_named_by_strings() -> None:
    """Neither searchers nor run may import integrations: `optuna:tpe` is looked up by name when it is asked for."""
    from nas.searchers import FAMILIES

    for module in FAMILIES.values():
        assert module.startswith("nas.integrations.")
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()


def docstring_lines(node: ast.AST) -> int:
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if not documented or ast.get_docstring(node) is None:
        return 0
    return node.body[0].end_lineno - node.body[0].lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines()) - sum(map(docstring_lines, ast.walk(ast.parse(text))))
    assert lines <= LONGEST, f"{lines} lines: two ideas in one room?"


def test_the_reader_of_imports_sees_them(tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(
        "import torch.nn\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ray\n"
        "def f():\n    from nas import run\n    import optuna\nclass C:\n    import numpy\n"
    )
    assert list(imports(file)) == [
        ("torch.nn", True),
        ("typing", True),
        ("nas.run", False),
        ("optuna", False),
        ("numpy", True),
    ]


def test_no_circle_of_imports() -> None:
    """At once or later. (The language's own recursion, of items that hold items, goes through the interpreter.)"""
    graph = networkx.DiGraph([(name, other) for name, path in MODULES.items() for other, _ in imports(path)])
    assert [sorted(circle) for circle in networkx.strongly_connected_components(graph) if len(circle) > 1] == []
