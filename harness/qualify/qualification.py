"""What came of putting every defect through the plan: a row for each, and what all rows together say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.measure.verdict import Verdict
from harness.qualify.caught import Finding, Outcome
from harness.qualify.defects import DefectFile

REFERENCE = "reference"
"""The row of the meter that must pass."""


@dataclass(frozen=True)
class Row:
    """One meter: what was done, what came of it, what it cost."""

    name: str
    says: DefectFile | None
    finding: Finding
    image_sha256: str
    cpu_s: float
    wall_s: float
    bench_s: Mapping[str, float] = field(default_factory=dict)
    """Test id → seconds on the bench."""
    run: str = ""
    """Folder of its record, where that is kept."""


@dataclass(frozen=True)
class Qualification:
    """A qualification of a plan, whole or a part of one."""

    plan: str
    plan_sha256: str
    bench_sha256: str
    seed: int
    commit: str
    made_utc: str
    workers: int
    tests: Mapping[str, tuple[str, ...]]
    """Test id → requirements that it shows."""
    requirements: tuple[str, ...]
    """That the plan asks for."""
    reference: Row
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]
    """Defects that are there and were not put through it."""
    violated: frozenset[str]
    """Requirements that a defect of the folder violates, left out or not."""
    whole: bool
    """Every test of every defect; False: those that it took to show all that is declared to be violated."""
    interrupted: bool
    wall_s: float

    @property
    def caught(self) -> tuple[Row, ...]:
        """Those that the plan caught."""
        return tuple(row for row in self.rows if row.finding.outcome is Outcome.CAUGHT)

    @property
    def not_caught(self) -> tuple[Row, ...]:
        """Those that it did not catch, for whatever reason."""
        return tuple(row for row in self.rows if row.finding.outcome is not Outcome.CAUGHT)

    @property
    def not_shown(self) -> Mapping[str, tuple[str, ...]]:
        """Caught defects → requirements that they are declared to violate, in which no test of this plan failed.

        A plan without a test of the requirement says nothing about it, nor does a trial that ended before all of them.
        """
        found = {
            row.name: tuple(one for one in row.finding.not_failed if self._is_run(row, one)) for row in self.caught
        }
        return {name: requirements for name, requirements in found.items() if requirements}

    def _is_run(self, row: Row, requirement: str) -> bool:
        """Whether the plan has tests of the requirement, and each was run on this meter."""
        tests = [test for test, requirements in self.tests.items() if requirement in requirements]
        return bool(tests) and all(test in row.finding.verdicts for test in tests)

    @property
    def cells_run(self) -> int:
        """Cells of the matrix defect x test that were run."""
        return sum(len(row.finding.verdicts) for row in self.rows)

    @property
    def modes(self) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        """Each distinct set of judgements that failed, with the defects that failed just these."""
        found: dict[tuple[str, ...], list[str]] = {}
        for row in self.caught:
            found.setdefault(tuple(sorted(set(row.finding.mode))), []).append(row.name)
        return {mode: tuple(names) for mode, names in found.items()}

    @property
    def covered(self) -> tuple[str, ...]:
        """Requirements in which at least one defect that violates them was caught."""
        return tuple(
            requirement
            for requirement in self.requirements
            if any(
                row.says is not None
                and requirement in row.says.violates
                and row.finding.requirements.get(requirement) == Verdict.FAIL.value
                for row in self.caught
            )
        )

    @property
    def untouched(self) -> tuple[str, ...]:
        """Requirements of the plan that no defect here violates: nothing shows that the plan can fail them."""
        return tuple(requirement for requirement in self.requirements if requirement not in self.violated)

    @property
    def reference_passes(self) -> bool:
        """Whether the good meter passed."""
        return self.reference.finding.outcome is Outcome.PASSED

    def tests_of(self, requirement: str) -> tuple[str, ...]:
        """The plan's tests that show it."""
        return tuple(name for name, requirements in self.tests.items() if requirement in requirements)

    @property
    def exit_code(self) -> int:
        """0: every one caught as declared and the reference passes; 1: not; 2: it could not be told."""
        reference = self.reference.finding
        if Verdict.FAIL.value in reference.verdicts.values():
            return 1
        outcomes = {row.finding.outcome for row in self.rows}
        if outcomes - {Outcome.CAUGHT, Outcome.NOT_RUN} or self.not_shown:
            return 1
        return 0 if self.reference_passes and outcomes == {Outcome.CAUGHT} and not self.interrupted else 2


def remarks(row: Row) -> list[str]:
    """What is not as the defect's file says, in words."""
    finding = row.finding
    told: Sequence[tuple[str, Sequence[str]]] = (
        ("also failed", finding.also_failed),
        ("declared, not shown", finding.not_failed),
        ("expected to fail, did not", finding.expected_passed if finding.outcome is not Outcome.NOT_RUN else ()),
        ("left open", finding.open_tests),
    )
    found = [f"{what}: {', '.join(names)}" for what, names in told if names]
    return [*found, finding.problem] if finding.problem else found
