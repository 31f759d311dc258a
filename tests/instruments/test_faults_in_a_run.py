"""A certification in which one answer of one instrument is spoilt, once, in the middle: it never ends in a pass."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.run.certify import Request, certify
from harness.run.inputs import choose_paths
from harness.run.progress import Progress
from tests.instruments.faults import LOST, PARTIAL, SILENCE, FaultyVisa, Plan, Trace
from tests.system.commands import build_image
from tests.system.short_plan import write_short_plan

SUBJECTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "com-1-case-latency": ("COM-1", ("scope", "relay")),
    "mag-2-must-trip": ("MAG-2", ("coil_supply", "teslameter")),
    "met-1-must-trip": ("MET-1", ("mains", "load", "multimeter")),
}
"""Test of the shipped plan → its requirement, and the instruments it works."""
BROUGHT_UP_ONLY = ("chamber", "stage", "supply_current")
"""Instruments that no test of the shortened plan works: bring-up asks them, and the run must end there."""

FAULTS = (SILENCE, LOST, "overload 9.9E37")
CASES = [(test, role, fault) for test, (_, roles) in SUBJECTS.items() for role in roles for fault in FAULTS]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(tmp_path_factory.mktemp("firmware")).bin


def spoil(monkeypatch: pytest.MonkeyPatch, plans: Mapping[str, Plan]) -> dict[str, FaultyVisa]:
    """The next emulated bench has these faults, by role; gives what stands between by role, once it is open."""
    honest: Any = EmulatedVisaLibrary.for_bench
    made: dict[str, FaultyVisa] = {}

    def for_bench(label: str, world: Any, instruments: Mapping[str, Any]) -> EmulatedVisaLibrary:
        library: EmulatedVisaLibrary = honest(label, world, instruments)
        for role, plan in plans.items():
            made[role] = FaultyVisa(library, only=role)
            made[role].begin(plan)
        return library

    monkeypatch.setattr(EmulatedVisaLibrary, "for_bench", for_bench)
    return made


def run(test: str, image: Path, folder: Path) -> dict[str, Any]:
    """Certify by a plan of this one test with its fewest repeats; the run's summary."""
    plan = write_short_plan(folder / "plan.toml", (test,), f'["{SUBJECTS[test][0]}"]')
    text = plan.read_text(encoding="utf-8")
    start, _, rest = text.partition("directions = [")
    plan.write_text(text if not rest else f'{start}directions = ["+x"]{rest.partition("]")[2]}', encoding="utf-8")
    paths = choose_paths(testplans=None, plan=str(plan), bench=None, meter=None, image=image, symbols=None)
    finished = certify(Request(paths, 1, folder=folder / "run"), Progress(Console(file=io.StringIO())))
    assert finished.summary is not None
    return dict(finished.summary)


def middle(trace: Trace) -> int:
    """The message nearest behind the middle that has an answer to spoil."""
    places = [at for at, answer in enumerate(trace.answers) if answer is not None]
    return next(at for at in places if at >= len(trace.messages) // 2)


@pytest.fixture(scope="module")
def middles(image: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """By role, the message in the middle of what a run without a fault, which passes, says to the instrument."""
    folder = tmp_path_factory.mktemp("honest")
    found = {}
    for test, (_, roles) in SUBJECTS.items():
        (folder / test).mkdir()
        with pytest.MonkeyPatch.context() as patch:
            made = spoil(patch, dict.fromkeys(roles, Plan()))
            assert run(test, image, folder / test)["exit_code"] == 0, "without a fault the run passes"
        found |= {role: middle(one.trace) for role, one in made.items()}
    return found


@pytest.mark.parametrize(("test", "role", "fault"), CASES)
def test_one_spoilt_answer_in_the_middle_is_no_pass(
    image: Path,
    middles: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    test: str,
    role: str,
    fault: str,
) -> None:
    made = spoil(monkeypatch, {role: Plan(middles[role], fault)})
    summary = run(test, image, tmp_path)
    assert made[role].trace.last >= middles[role], "the fault came to its turn"
    assert summary["exit_code"] in (1, 2), summary
    assert summary["verdict"] != "pass"


@pytest.mark.parametrize("role", BROUGHT_UP_ONLY)
@pytest.mark.parametrize("fault", [SILENCE, PARTIAL, "another query's answer (identity)"])
def test_an_instrument_that_fails_at_bring_up_certifies_nothing(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, fault: str
) -> None:
    spoil(monkeypatch, {role: Plan(1, fault)})
    summary = run("com-1-case-latency", image, tmp_path)
    assert summary["exit_code"] == 2
