"""Runs for the tests: a clock that only goes on when asked, a header, and a run with everything in it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from harness.evidence.canonical import sha256_hex
from harness.evidence.model import Calibration, Instrument, PlannedTest, RunHeader
from harness.evidence.not_passed import NotPassed
from harness.evidence.record import TestRecord
from harness.evidence.run_folder import InputSource, RunFolder
from harness.measure.uncertainty import Budget, Contribution
from harness.measure.waveform import Waveform

KNOWN = frozenset({"SEAL-1", "SEAL-2", "COM-1", "SIG-1"})
IMAGE = bytes(range(64))
PLAN = """[plan]
name = "smoke"
title = "Made up"
requires = {requires}

[decision]
rule = "guarded"
coverage_factor = 2

[[test]]
id = "seal-1-opening"
run = "detection/test_seal.py::test_opening"

[[test]]
id = "seal-2-pulses"
run = "detection/test_seal.py::test_pulses"
"""
BENCH = """[bench]
name = "bench-1"
kind = "emulated"

[instruments.scope]
driver = "family"
calibrated_on = 2026-01-01
calibrated_until = 2027-01-01
certificate = "C-1"
"""
METER = """[meter]
name = "reference meter"
maker = "ACME"
serial = "0001"
"""


def inputs(requirements: tuple[str, ...] = ("SEAL-1", "SEAL-2"), bench: str = BENCH) -> tuple[InputSource, ...]:
    """The inputs that :func:`header` is of."""
    return (
        InputSource("plan", "smoke.toml", PLAN.replace("{requires}", json.dumps(requirements)).encode()),
        InputSource("bench", "bench.toml", bench.encode()),
        InputSource("meter", "meter.toml", METER.encode()),
        InputSource("image", "reference.bin", IMAGE),
    )


INPUTS = inputs()


class StepClock:
    """Bench time that goes on by what is slept, and by a step per question so that every entry has its own time."""

    def __init__(self, start_ns: int = 5_000) -> None:
        self.time_ns = start_ns

    def now_ns(self) -> int:
        self.time_ns += 10
        return self.time_ns

    def utc_ns(self) -> int:
        return self.time_ns

    def sleep_ns(self, duration_ns: int) -> None:
        self.time_ns += duration_ns


def header(seed: int = 7, requirements: tuple[str, ...] = ("SEAL-1", "SEAL-2")) -> RunHeader:
    return RunHeader(
        plan="smoke",
        seed=seed,
        bench="bench-1",
        bench_kind="emulated",
        meter="reference meter, ACME 0001",
        image_sha256=sha256_hex(IMAGE),
        bench_utc_ns=1_780_000_000_000_000_000,
        tests=(
            PlannedTest("seal-1-opening", ("SEAL-1",), title="Opening is reported"),
            PlannedTest("seal-2-pulses", ("SEAL-2",)),
        ),
        requirements=requirements,
        instruments=(
            Instrument(
                "scope", "family", "Maker", "Model", "SN1", "1.0", Calibration("C-1", "2026-01-01", "2027-01-01")
            ),
        ),
        tools={"tamperbench": "0.1.0"},
    )


def new_run(folder: Path, seed: int = 7, requirements: tuple[str, ...] = ("SEAL-1", "SEAL-2")) -> RunFolder:
    return RunFolder.create(folder / "run", header(seed, requirements), inputs(requirements))


def open_test(run: RunFolder, test_id: str = "seal-1-opening") -> TestRecord:
    return run.open_test(test_id, StepClock(), KNOWN)


def waveform() -> Waveform:
    codes = np.tile(np.arange(50, dtype=np.uint8), 20)
    return Waveform(codes, 0.02, 0.0, 28, 1000.0, -50_000.0, "CASE_SW")


def first_test(run: RunFolder) -> None:
    """Every kind of entry, ending in a pass."""
    record = open_test(run)
    record.declare("latency", "ms", at_most=500.0)
    record.reading("temperature", 21.5, "degC", place="chamber")
    record.reading("missing", float("nan"), "V")
    record.waveform("CASE_SW", waveform(), {"t0": 0.0})
    record.traffic("scope", ">", "*IDN?")
    record.traffic("modem", "<", b"\x00\x01", at_ns=4_000)
    record.alert("modem", "accepted", b"\xdf\x01", facts={"counter": 3})
    record.note("the case opened")
    budget = Budget("ms", (Contribution("timebase", 0.01, "ms", source="data sheet"),))
    record.judge("latency", 321.5, "ms", uncertainty=budget, explanation="opening 1")
    record.end()


def second_test(run: RunFolder) -> None:
    record = open_test(run, "seal-2-pulses")
    record.judge_equal("events", 0, 0)
    record.end()


def whole_run(folder: Path) -> RunFolder:
    run = new_run(folder)
    first_test(run)
    second_test(run)
    run.finish({"host": "somewhere", "duration_s": 1.25})
    return run


def swallow(action: object, *arguments: object, **named: object) -> NotPassed:
    """The NotPassed that ``action`` raises; anything else is the test's failure."""
    try:
        action(*arguments, **named)  # type: ignore[operator]
    except NotPassed as not_passed:
        return not_passed
    raise AssertionError("expected the judgement not to pass")
