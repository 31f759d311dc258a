"""What the product's source files say about themselves, for the invariants: imports, calls, sizes. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.system.commands import CHECKOUT

TOPS = ("harness", "fixtures", "testplans", "reports", "firmware_ref")


@dataclass(frozen=True)
class Source:
    """One Python file of the product."""

    module: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The layer it belongs to: ``harness.NAME`` or the top-level folder."""
        return package_of(self.module)


def package_of(module: str) -> str:
    first, *rest = module.split(".")
    return f"{first}.{rest[0]}" if first == "harness" and rest else first


def python_files(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((CHECKOUT / folder).rglob("*.py"))]


def sources(*folders: str) -> list[Source]:
    found = [parse(name_of(file), file.read_text(encoding="utf-8")) for file in python_files(*folders)]
    assert found, f"no files below {folders}"
    return found


def name_of(file: Path) -> str:
    parts = file.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parse(module: str, text: str) -> Source:
    return Source(module, ast.parse(text))


def imported(source: Source) -> Iterator[str]:
    """Every module that the file imports, also inside functions and for type checking; names as dotted modules."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.module}: line {node.lineno}: a relative import hides the layer"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layers_used(source: Source) -> set[str]:
    """The other layers of the product that the file imports from."""
    ours = (package_of(name) for name in imported(source) if name.split(".")[0] in TOPS)
    return {package for package in ours if package not in {source.package, "harness.__version__", "harness"}}


CHANCE_AND_TIME = frozenset({"time", "random", "secrets", "uuid", "sched"})
NOW = frozenset({"now", "utcnow", "today", "urandom", "default_rng", "getrandbits", "uuid4", "RandomState"})


def impure(source: Source) -> list[str]:
    """Where the file asks the computer for time or chance."""
    found = [f"import {name}" for name in imported(source) if name.split(".")[0] in CHANCE_AND_TIME]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in NOW and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if owner in {"datetime", "date", "os", "random", "uuid", "time"}:
                found.append(f"line {node.lineno}: {owner}.{node.attr}")
    return found


def asserts(source: Source) -> list[int]:
    return [node.lineno for node in ast.walk(source.tree) if isinstance(node, ast.Assert)]
