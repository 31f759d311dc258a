"""How long tests take on the bench, as the reference meter had it: what a list says where nothing was run yet.

``testplans/times/PLAN.toml`` is written by ``make times`` from runs on the emulated bench, whose clock goes as a real
bench's would, settling and waiting included. It is what to expect, no limit: nothing is judged by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.bench.toml_file import FileModel, load_model
from harness.bench.toml_text import table
from harness.plan.plan_file import Plan, PlannedTest

FOLDER = "times"


class MadeOn(FileModel):
    """What the times were taken with."""

    plan: str
    seed: int
    image_sha256: str


class Times(FileModel):
    """A whole file."""

    made_on: MadeOn
    bench_seconds: dict[str, float]
    """Test id → seconds by the bench's clock."""


def load_times(folder: Path) -> dict[str, Times]:
    """Every file of times below testplans/ ``folder``, by its plan; raises BenchFileError."""
    found = [load_model(file, Times) for file in sorted((folder / FOLDER).glob("*.toml"))]
    return {times.made_on.plan: times for times in found}


def to_text(times: Times) -> str:
    """The file."""
    head = (
        "# Written by `make times`, not to be edited: seconds on the bench, by the reference meter on the emulated one."
    )
    return "\n".join([head, "", *table("", times.model_dump())])


def expected_seconds(plan: Plan, times: Mapping[str, Times], reference: Plan) -> dict[str, float]:
    """Test id → seconds on the bench, of those tests of ``plan`` that were timed as they stand in it.

    A plan that was not timed itself has the times of the ``reference`` plan's tests that are the same in both.
    """
    own = times[plan.plan.name].bench_seconds if plan.plan.name in times else {}
    same = times[reference.plan.name].bench_seconds if reference.plan.name in times else {}
    return dict(_expected(plan, own, same, {test.id: test for test in reference.test}))


def _expected(
    plan: Plan, own: Mapping[str, float], same: Mapping[str, float], reference: Mapping[str, PlannedTest]
) -> Iterator[tuple[str, float]]:
    for test in plan.test:
        other = reference.get(test.id)
        if test.id in own:
            yield test.id, own[test.id]
        elif other is not None and test.id in same and (other.run, other.parameters) == (test.run, test.parameters):
            yield test.id, same[test.id]
