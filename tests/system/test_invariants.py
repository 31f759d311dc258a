"""What must stay true of the sources, whoever changes them: arrows, the one clock, judged values, sizes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.system.commands import CHECKOUT
from tests.system.sources import (
    TOPS,
    Source,
    asserts,
    imported,
    impure,
    layers_used,
    name_of,
    package_of,
    parse,
    python_files,
    sources,
)

BENCH, MEASURE, METER = "harness.bench", "harness.measure", "harness.meter"
EVIDENCE, INSTRUMENTS, HEADEND = "harness.evidence", "harness.instruments", "harness.headend"
EMULATION, PLAN, RUN = "harness.emulation", "harness.plan", "harness.run"
QUALIFY = "harness.qualify"

# Layer → what it may import. Adding an arrow here is a decision on the design, not a way to make a test pass.
ARROWS: dict[str, set[str]] = {
    BENCH: set(),
    MEASURE: set(),
    METER: {BENCH},
    EVIDENCE: {BENCH, MEASURE},
    INSTRUMENTS: {BENCH, MEASURE},
    HEADEND: {BENCH, METER},
    PLAN: {BENCH, MEASURE},
    EMULATION: {BENCH, MEASURE, METER},
    RUN: {BENCH, MEASURE, METER, EVIDENCE, INSTRUMENTS, HEADEND, PLAN},
    QUALIFY: {BENCH, MEASURE, EVIDENCE, PLAN, RUN},
    "harness.plugin": {BENCH, MEASURE, EVIDENCE, PLAN, RUN},
    "harness.cli": {BENCH, METER, MEASURE, EVIDENCE, INSTRUMENTS, PLAN, RUN, QUALIFY, "reports"},
    "harness.entry": {"harness.cli"},
    "harness": set(),
    "fixtures": {BENCH, MEASURE, METER, EVIDENCE, INSTRUMENTS, HEADEND, PLAN},
    "testplans": {"fixtures", BENCH, MEASURE, METER, EVIDENCE, PLAN},
    "reports": {EVIDENCE, MEASURE, PLAN},
    "firmware_ref": set(),
}
# Single doors through which one module may reach further, and why.
DOORS = {
    ("harness.bench.bench", EMULATION): "opening a bench file of kind 'emulated'",
    ("harness.run.firmware", "firmware_ref"): "building the reference meter that a meter file names",
    ("harness.qualify.images", "firmware_ref"): "building the known-bad variants that the plan must catch",
    ("harness.cli.console", "firmware_ref"): "telling a build's errors",
    ("harness.cli.firmware", "firmware_ref"): "building the reference meter's image and looking into images",
    ("harness.cli.serve", EMULATION): "serving the emulated bench on sockets",
    ("fixtures.bench", "harness.plugin"): "the keys under which the plugin keeps it",
    ("fixtures.chance", "harness.plugin"): "the run's seed",
    ("fixtures.image", "harness.plugin"): "the run's image",
}
LONGEST_LINES = 400
LONGER: dict[str, str] = {}
"""Files that may be longer, with the reason."""


def wrong_arrows(source: Source) -> list[str]:
    allowed = ARROWS[source.package]
    return [used for used in sorted(layers_used(source) - allowed) if (source.module, used) not in DOORS]


def test_every_layer_is_in_the_table() -> None:
    assert {source.package for source in sources(*TOPS)} - set(ARROWS) == set()


@pytest.mark.parametrize("layer", ARROWS)
def test_arrows_point_one_way(layer: str) -> None:
    wrong = {source.module: wrong_arrows(source) for source in sources(*TOPS) if source.package == layer}
    assert {module: arrows for module, arrows in wrong.items() if arrows} == {}


def test_no_door_is_left_open_that_nobody_uses() -> None:
    used = {(source.module, layer) for source in sources(*TOPS) for layer in layers_used(source)}
    assert sorted(set(DOORS) - used) == []


@pytest.mark.parametrize("text", ["import harness.run", "def f():\n    from harness.emulation.world import World"])
def test_a_wrong_arrow_is_found(text: str) -> None:
    assert wrong_arrows(parse("harness.instruments.scope", text))
    assert wrong_arrows(parse("testplans.detection.test_seal", text))


def test_the_layers_themselves_have_no_circle() -> None:
    left = dict(ARROWS)
    while left:
        free = [layer for layer, below in left.items() if not below & set(left)]
        assert free, f"a circle among {sorted(left)}"
        for layer in free:
            del left[layer]


def test_only_the_bench_clock_asks_the_computer_for_time_or_chance() -> None:
    found = {source.module: impure(source) for source in sources("harness", "fixtures", "testplans")}
    assert {module for module, places in found.items() if places} == {"harness.bench.clock"}


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from time import sleep",
        "import random",
        "import uuid",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.date.today()",
        "import os\nx = os.urandom(4)",
        "import numpy as np\nx = np.random.default_rng()",
    ],
)
def test_time_or_chance_is_found(text: str) -> None:
    assert impure(parse("harness.measure.made_up", text))


def test_the_world_has_no_threads() -> None:
    threads = {"threading", "asyncio", "multiprocessing", "concurrent", "_thread"}
    world = [source for source in sources("harness/emulation") if not source.module.startswith(f"{EMULATION}.serve")]
    assert [source.module for source in world if {name.split(".")[0] for name in imported(source)} & threads] == []


def test_a_planned_test_judges_through_its_record() -> None:
    assert {source.module: asserts(source) for source in sources("testplans") if asserts(source)} == {}
    assert asserts(parse("testplans.made_up", "def test_it(case):\n    assert case.latency_ms < 500"))


def test_every_planned_test_names_its_requirements_and_says_what_it_shows() -> None:
    for source in sources("testplans"):
        for node in source.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = [ast.unparse(decorator) for decorator in node.decorator_list]
                assert any(mark.startswith("pytest.mark.requirements('") for mark in marks), (source.module, node.name)
                assert ast.get_docstring(node), (source.module, node.name)


def test_a_file_is_one_idea() -> None:
    code = [file for top in TOPS for suffix in ("py", "c", "h") for file in (CHECKOUT / top).rglob(f"*.{suffix}")]
    lines = {str(file.relative_to(CHECKOUT)): len(file.read_text(encoding="utf-8").splitlines()) for file in code}
    long = {name: count for name, count in lines.items() if count > LONGEST_LINES}
    assert {name: count for name, count in long.items() if name not in LONGER} == {}
    assert set(LONGER) <= set(long), "no longer an exception"


def packages() -> list[Path]:
    found = [file for file in python_files("harness", "fixtures", "reports") if file.name == "__init__.py"]
    return [file for file in found if "templates" not in file.parts]


@pytest.mark.parametrize("file", packages(), ids=name_of)
def test_every_package_says_what_it_is_and_who_may_import_it(file: Path) -> None:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    assert text
    if package_of(name_of(file)) != "harness":
        assert "ay be imported by" in text


def test_every_module_says_what_it_is_for() -> None:
    silent = [source.module for source in sources(*TOPS) if not ast.get_docstring(source.tree)]
    assert silent == []
