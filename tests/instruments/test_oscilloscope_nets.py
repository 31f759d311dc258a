"""The oscilloscope and the nets it probes: what a net forgets, and what a sender takes back."""

from __future__ import annotations

import numpy as np
import pytest

from harness.emulation.instruments.scope_unit import TIMEBASE_PPB_MAX
from tests.instruments.small_bench import SmallBench, arm_on_case, make_bench


@pytest.fixture
def bench() -> SmallBench:
    return make_bench()


@pytest.mark.parametrize(
    ("reference", "position_s", "begins_s"), [("LEFT", 0, -5), ("CENTer", 25, 0), ("RIGHt", -50, -95)]
)
def test_the_longest_acquisition_is_within_what_a_net_remembers(
    bench: SmallBench, reference: str, position_s: int, begins_s: int
) -> None:
    """Every edge of the window is shown, however old it is when the acquisition ends."""
    scope = arm_on_case(bench)
    for command in (":STOP", f":TIMebase:RANGe 50;REFerence {reference};POSition {position_s}", ":TIMebase:RANGe 51"):
        scope.write(command)
    assert scope.query(":SYSTem:ERRor?").startswith("-222")
    scope.write(":WAVeform:POINts:MODE RAW;POINts 10000;FORMat BYTE")
    scope.write(":SINGle")
    edges_s = []
    for second in range(1, 201):  # an edge on the line each second; the trigger comes half a second after the hundredth
        bench.wait(500_000_000)
        if second == 101:
            bench.case.drive(True)
            trigger_s = bench.world.now_ns / 1e9
        bench.wait(500_000_000)
        bench.line.drive(second % 2 == 0)
        edges_s.append(bench.world.now_ns / 1e9)
    scope.write(":WAV:SOUR CHAN2")
    samples = scope.query_binary_values(":WAV:DATA?", datatype="B", container=np.ndarray)
    step_s = 50 / len(samples)
    seen = np.flatnonzero((samples[1:] > 128) != (samples[:-1] > 128)) + 1
    expected = [at - trigger_s for at in edges_s if begins_s < at - trigger_s < begins_s + 50]
    assert len(expected) == 50
    assert seen * step_s + begins_s == pytest.approx(expected, abs=2 * step_s + 95e-9 * TIMEBASE_PPB_MAX)


def test_a_crossing_that_a_dead_sender_took_back_is_no_trigger(bench: SmallBench) -> None:
    """The line goes high where it is cut; the edge its character would have made later never comes."""
    scope = arm_on_case(bench)
    for command in (
        ":STOP",
        ":TIMebase:RANGe 2ms;POSition 0",
        ":TRIGger:EDGE:SOURce CHANnel2;SLOPe POSitive",
        ":SINGle",
    ):
        scope.write(command)
    bench.wait(5_000_000)
    begin_ns = bench.world.now_ns
    bench.line.send_frame((False,) * 9 + (True,), 100_000_000_000)
    bench.wait(150_000)
    bench.line.cut_frame()
    bench.wait(5_000_000)
    state = bench.scope.state
    assert state.run == "stopped"
    assert state.record is not None
    assert abs(state.record.trigger_ps / 1000 - begin_ns - 150_000) < 100
