"""Runs made up through the record's own API: a smoke plan's nine tests with readings, alerts, traffic, waveforms."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.evidence.canonical import sha256_hex
from harness.evidence.model import Calibration, Instrument, PlannedTest, RunHeader
from harness.evidence.not_passed import NotPassed
from harness.evidence.record import TestRecord
from harness.evidence.run_folder import InputSource, RunFolder
from harness.measure.uncertainty import Budget, Contribution, Distribution
from harness.measure.waveform import Waveform

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ("SEAL-1", "SEAL-2", "SIG-1", "COM-1", "COM-3")
IMAGE = bytes(range(256)) * 16
LATENCY = "case-open alert latency"
BIT_NS = 1e9 / 115_200
PLAN = """[plan]
name = "smoke"
title = "Case-open alert: detection, debounce, signature, latency"
requires = ["SEAL-1", "SEAL-2", "SIG-1", "COM-1"]

[decision]
rule = "guarded"
coverage_factor = 2
"""
BENCH = """[bench]
name = "emulated reference bench"
kind = "{kind}"
laboratory = "tamperbench, emulated"

[instruments.scope]
driver = "keysight-infiniivision"
calibrated_until = 2027-05-31
certificate = "emulated: as specified by the family's data sheet"

[instruments.relay]
driver = "keysight-34970a"
"""
METER = """[meter]
name = "reference meter"
maker = "tamperbench"
serial = "TB-000001"
identification = "/TBR5tamperbench-1"
"""


@dataclass
class StepClock:
    """A clock that goes on by 137 µs each time it is asked."""

    at_ns: int = 5_000_000_000

    def now_ns(self) -> int:
        self.at_ns += 137_000
        return self.at_ns

    def utc_ns(self) -> int:
        return 1_780_300_800_000_000_000 + self.now_ns()

    def sleep_ns(self, duration_ns: int) -> None:
        self.at_ns += duration_ns


def plan_text(planned: tuple[PlannedTest, ...]) -> str:
    """The plan file of these tests, with one method and parameters for all."""
    run = 'run = "latency/test_case_latency.py::test_case_open_alert_is_on_the_wire_in_time"'
    parameters = 'parameters = { limit = "500 ms", openings = 20, window = "1.2 s" }'
    return PLAN + "".join(f'\n[[test]]\nid = "{test.test_id}"\n{run}\n{parameters}\n' for test in planned)


def make_folder(path: Path, *, bench_kind: str = "emulated", tests: tuple[PlannedTest, ...] | None = None) -> RunFolder:
    planned = tests or PLANNED
    header = RunHeader(
        plan="smoke",
        seed=1,
        bench="emulated reference bench",
        bench_kind=bench_kind,
        meter="reference meter, tamperbench TB-000001",
        image_sha256=sha256_hex(IMAGE),
        bench_utc_ns=1_780_300_800_000_000_000,
        tests=planned,
        requirements=("SEAL-1", "SEAL-2", "SIG-1", "COM-1"),
        instruments=(
            Instrument(
                "scope", "keysight-infiniivision", "KEYSIGHT TECHNOLOGIES", "MSO-X 3014T", "MY00000001", "07.50",
                Calibration("emulated: as specified by the family's data sheet", "", "2027-05-31"),
            ),
            Instrument("relay", "keysight-34970a", "HEWLETT-PACKARD", "34970A", "0", "13-2-2"),
        ),
        tools={"tamperbench": "0.1.0", "unicorn": "2.1.4"},
    )  # fmt: skip
    return RunFolder.create(
        path,
        header,
        [
            InputSource("plan", "smoke.toml", plan_text(planned).encode()),
            InputSource("requirements", "requirements.toml", (ROOT / "testplans/requirements.toml").read_bytes()),
            InputSource("bench", "emulated.toml", BENCH.replace("{kind}", bench_kind).encode()),
            InputSource("meter", "meter.toml", METER.encode()),
            InputSource("image", "meter.bin", IMAGE),
        ],
    )


PLANNED = (
    PlannedTest("seal-1-opening-and-closing", ("SEAL-1",), title="Opening the case is reported once, and closing it."),
    PlannedTest("seal-2-single-short-pulses", ("SEAL-2",), title="Openings below the debounce give no event."),
    PlannedTest("seal-2-pulse-train-in-step-with-debounce", ("SEAL-2",)),
    PlannedTest("seal-2-pulse-train-dense", ("SEAL-2",)),
    PlannedTest("seal-2-long-openings", ("SEAL-2",)),
    PlannedTest("sig-1-genuine-alerts", ("SIG-1",)),
    PlannedTest("sig-1-changed-alert-is-told", ("SIG-1",)),
    PlannedTest("sig-1-replayed-alert-is-told", ("SIG-1",)),
    PlannedTest("com-1-case-latency", ("COM-1",), title="The alert is on the wire in time."),
)


def run_test(folder: RunFolder, test_id: str, body: Callable[[TestRecord], None], *, end: bool = True) -> None:
    """Run ``body`` against the test's record as the fixtures would: what it raises is kept."""
    record = folder.open_test(test_id, StepClock(), KNOWN)
    try:
        body(record)
    except NotPassed:
        pass  # the judgement stands in the record already
    except RuntimeError as error:
        record.error(error)
    if end:
        record.end()
    else:
        record._file.close()


def counts(record: TestRecord) -> None:
    requirement = "-".join(record.test_id.split("-")[:2]).upper()
    for number in range(1, 5):
        record.note(f"case opened, opening {number}")
        record.traffic("relay", ">", "ROUT:CLOS (@101)\n")
        record.traffic("relay", ">", "SYST:ERR?\n")
        record.traffic("relay", "<", '+0,"No error"\n')
        record.traffic("modem", "<", bytes(range(180)))
        record.alert(
            "modem", "accepted", bytes(range(180)), facts={"event": "case_opened", "counter": number, "code": "0x01"}
        )
        record.judge_equal(f"opening {number}: events 'case opened'", 1, 1, requirements=[requirement])


def budget_ms() -> Budget:
    return Budget(
        "ms",
        (
            Contribution("scope timebase", 0.00082, "ms", source="1.6 ppm of the interval, data sheet"),
            Contribution("sampling at t0", 0.0005, "ms", source="half a sample interval"),
            Contribution("sampling at the end", 0.0005, "ms", source="half a sample interval"),
            Contribution("threshold", 120.0, "ns", Distribution.NORMAL, None, 1e-6, 19.0, "edge time over the band"),
        ),
    )


def case_waveform(samples: int, chance: random.Random) -> Waveform:
    """CASE_SW: closed, a few bounces from the trigger on, then open."""
    x_increment_ns = 1_250_000_000 / samples
    codes = np.full(samples, 26, dtype=np.uint8)
    at = int(50_000_000 / x_increment_ns)
    position = at
    for _ in range(chance.randint(2, 5)):
        width = int(chance.randint(60_000, 700_000) / x_increment_ns)
        codes[position : position + width] = 190
        position += width + int(chance.randint(40_000, 500_000) / x_increment_ns)
    codes[position:] = 190
    codes += np.frombuffer(chance.randbytes(samples), dtype=np.uint8) % 3
    return Waveform(codes, 0.02, 0.0, 24, x_increment_ns, -50_000_000.0, "CASE_SW")


def modem_waveform(samples: int, end_ns: float, chance: random.Random) -> Waveform:
    """MODEM_TX: idle, then 190 characters 8N1 that end at ``end_ns`` after the trigger, then idle."""
    x_increment_ns = 1_250_000_000 / samples
    codes = np.full(samples, 190, dtype=np.uint8)
    begin_ns = end_ns - 190 * 10 * BIT_NS
    for character in range(190):
        bits = [0, *((chance.getrandbits(8) >> place) & 1 for place in range(8)), 1]
        for place, bit in enumerate(bits):
            first = int((begin_ns + (character * 10 + place) * BIT_NS + 50_000_000) / x_increment_ns)
            last = int((begin_ns + (character * 10 + place + 1) * BIT_NS + 50_000_000) / x_increment_ns)
            codes[first:last] = 190 if bit else 26
    codes += np.frombuffer(chance.randbytes(samples), dtype=np.uint8) % 3
    return Waveform(codes, 0.02, 0.0, 24, x_increment_ns, -50_000_000.0, "MODEM_TX")


def latency(openings: int = 20, samples: int = 20_000, worst_ms: float = 121.0) -> Callable[[TestRecord], None]:
    """The latency test: two waveforms and a reading for each opening, then one judgement of the largest."""

    def body(record: TestRecord) -> None:
        chance = random.Random(7)  # noqa: S311 - made-up data, the same each time
        record.declare(LATENCY, "ms", at_most=500, requirements=["COM-1"])
        values = []
        for number in range(1, openings + 1):
            value_ms = worst_ms if number == openings // 2 + 1 else 100 + chance.random() * 18
            record.note(f"case opened, opening {number}")
            cursors = {"t0": 0.0, "end": value_ms * 1e6}
            record.waveform(f"opening {number}: CASE_SW", case_waveform(samples, chance), cursors)
            record.waveform(f"opening {number}: MODEM_TX", modem_waveform(samples, value_ms * 1e6, chance), cursors)
            for _ in range(20):
                record.traffic("scope", ">", ":OPER:COND?\n")
                record.traffic("scope", "<", "+8\n")
            record.reading(LATENCY, value_ms, "ms", opening=number)
            values.append(value_ms)
        record.judge(LATENCY, max(values), "ms", uncertainty=budget_ms(), explanation=f"largest of {openings}")

    return body


def finished_run(path: Path, bodies: dict[str, Callable[[TestRecord], None]] | None = None) -> RunFolder:
    """All nine tests, passing unless ``bodies`` says otherwise for one."""
    folder = make_folder(path)
    for planned in PLANNED:
        run_test(folder, planned.test_id, (bodies or {}).get(planned.test_id, counts))
    folder.finish({"begun": "2026-06-01T08:00:00Z", "duration_s": 21.5})
    return folder
