"""Plans for a served bench, made of the shipped smoke plan's own tests: fewer repeats, wider margins.

Stimuli keep 20 ms and more from their limits, since a busy machine delays a command by many milliseconds; the
oscilloscope measures what was really made either way.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.run.inputs import choose_paths, load_files

SEAL_1, LATENCY = "seal-1-opening-and-closing", "com-1-case-latency"

SHORTER: Mapping[str, Any] = {
    "openings": 1,
    "pulse": "15 ms",
    "opening": "120 ms",
    "gap": "35 ms",
    "trains": 1,
    "changes": 8,
    "alerts": 1,
    "hold": "6 s",
    "watch": "1.5 s",
    "directions": ["-x", "+x+y+z"],
    "start": "49 mT",
    "wobbles": 1,
    "elements": ["neutral"],
}
PULSES_MAX = 3
NEEDED: Mapping[str, Mapping[str, Any]] = {
    # A counter's step needs two alerts.
    "sig-1-genuine-alerts": {"openings": 2},
    "com-1-case-latency": {"window": "1.2 s"},
    # Several coils can't step at once.
    "com-1-magnet-latency": {"window": "1.2 s", "steps": 2, "directions": ["-x"]},
    "com-1-mismatch-latency": {"window": "1.2 s", "closings": 2},
    "met-1-must-not-trip": {"steps": ["2 A"]},
}


VARIANTS = ("-for-long", "-far-above", "-small-current", "-before-the-load", "-at-power-on")
"""Tests by other values of what another test does already: over sockets they would only take wall time."""


def planned_ids() -> list[str]:
    """The smoke plan's tests that are worth wall time, in its order."""
    return [test["id"] for test in smoke_plan()["test"] if not test["id"].endswith(VARIANTS)]


def smoke_plan() -> dict[str, Any]:
    return tomllib.loads(load_files(choose_paths(plan="smoke")).plan.text.decode())


def short_plan(path: Path, only: Sequence[str] = (), extra: Mapping[str, Any] | None = None) -> Path:
    """The smoke plan, shortened, or some of its tests; ``extra`` parameters go to each of those."""
    smoke = smoke_plan()
    tests = [test for test in smoke["test"] if not only or test["id"] in only]
    assert tests, f"none of {only} is in the smoke plan"
    requires = smoke["plan"]["requires"] if not only else sorted({requirement(name) for name in only})
    lines = [
        "[plan]",
        f'name = "{path.stem}"',
        f'title = "{path.stem}, of smoke"',
        f"requires = {json.dumps(requires)}",
    ]
    for test in tests:
        lines += ["", "[[test]]", f"id = {json.dumps(test['id'])}", f"run = {json.dumps(test['run'])}"]
        shortened = shorten(test["id"], test["parameters"]) | dict(extra or {})
        pairs = ", ".join(f"{key} = {json.dumps(value)}" for key, value in shortened.items())
        lines.append(f"parameters = {{ {pairs} }}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def shorten(test_id: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A test's parameters with what ``SHORTER`` says of those that it has."""
    result = {key: SHORTER.get(key, value) for key, value in parameters.items()}
    if "pulses" in result:
        result["pulses"] = min(result["pulses"], PULSES_MAX)
    # The far side of a stimulus, which only sharpens the test, is opened wide; its limit side stays the plan's.
    for stimulus, far_side, value in (("pulse", "shortest", "2 ms"), ("opening", "longest", "400 ms")):
        if stimulus in result and far_side in result:
            result[far_side] = value
    return result | NEEDED.get(test_id, {})


def requirement(test_id: str) -> str:
    """``com-1-case-latency`` shows ``COM-1``."""
    subject, number, _ = test_id.split("-", 2)
    return f"{subject.upper()}-{number}"
