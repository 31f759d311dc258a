"""I2C transfers: what a bus of any allowed timing carries is read back; what the protocol excludes is an error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.errors import BusError, WaveformError
from harness.measure.i2c import FAST_MODE, STANDARD_MODE, I2cCapture, I2cTiming, decode_i2c
from harness.measure.waveform import LogicLevels, Waveform
from tests.measure.signals import LEVELS
from tests.meter.properties import REPEATABLE

QUIET_NS = 20_000.0


@dataclass(frozen=True)
class Sent:
    """One transfer of the tests: address byte, its acknowledge, data with theirs; free time before its START."""

    address: int
    reading: bool
    acknowledged: bool
    data: tuple[tuple[int, bool], ...]
    stopped: bool
    free_ns: float = QUIET_NS


class Lines:
    """Edges of both lines, made bit by bit with times of its own: nothing is shared with the decoder."""

    def __init__(self, low_ns: float, high_ns: float, hold_ns: float, condition_ns: float) -> None:
        self.low_ns, self.high_ns, self.hold_ns, self.condition_ns = low_ns, high_ns, hold_ns, condition_ns
        self.now_ns = 0.0
        self.levels = {"scl": True, "sda": True}
        self.edges: dict[str, list[float]] = {"scl": [], "sda": []}
        self.marks: list[tuple[float, float]] = []

    def put(self, line: str, level: bool) -> None:
        if level != self.levels[line]:
            self.levels[line] = level
            self.edges[line].append(self.now_ns)

    def wait(self, duration_ns: float) -> None:
        self.now_ns += duration_ns

    def send(self, transfers: list[Sent]) -> None:
        for index, one in enumerate(transfers):
            if index == 0 or transfers[index - 1].stopped:
                self.wait(one.free_ns)
            else:
                self.bring_up(True)
                self.wait(self.condition_ns)
            begin_ns = self.now_ns
            self.put("sda", False)
            self.wait(self.condition_ns)
            self.put("scl", False)
            self.send_byte(one.address << 1 | one.reading, one.acknowledged)
            for value, acknowledged in one.data:
                self.send_byte(value, acknowledged)
            if one.stopped:
                self.bring_up(False)
                self.wait(self.condition_ns)
                self.put("sda", True)
                self.marks.append((begin_ns, self.now_ns))
            else:
                self.marks.append((begin_ns, self.now_ns + self.low_ns + self.condition_ns))
        self.wait(QUIET_NS)

    def bring_up(self, sda: bool) -> None:
        self.wait(self.hold_ns)
        self.put("sda", sda)
        self.wait(self.low_ns - self.hold_ns)
        self.put("scl", True)

    def send_byte(self, value: int, acknowledged: bool) -> None:
        for bit in [*(bool(value >> place & 1) for place in range(7, -1, -1)), not acknowledged]:
            self.bring_up(bit)
            self.wait(self.high_ns)
            self.put("scl", False)

    def sample(self, line: str, from_ns: float, to_ns: float, step_ns: float) -> Waveform:
        times = np.arange(from_ns, to_ns, step_ns)
        turned = np.searchsorted(np.array(self.edges[line]), times, side="right") % 2 == 1
        return Waveform((~turned).astype(np.uint8), 1.0, 0.0, 0, step_ns, from_ns, line.upper(), "1")

    def decode(
        self, timing: I2cTiming = STANDARD_MODE, from_ns: float = 0.0, to_ns: float | None = None, step_ns: float = 1000
    ) -> I2cCapture:
        end_ns = self.now_ns if to_ns is None else to_ns
        scl, sda = (self.sample(line, from_ns, end_ns, step_ns) for line in ("scl", "sda"))
        return decode_i2c(scl, sda, timing)


bytes_sent = st.tuples(st.integers(0, 255), st.booleans())
transfers_sent = st.lists(
    st.builds(
        Sent,
        st.integers(0, 127),
        st.booleans(),
        st.booleans(),
        st.lists(bytes_sent, max_size=4).map(tuple),
        st.booleans(),
        st.floats(5_000, 60_000),
    ),
    min_size=1,
    max_size=4,
).map(lambda sent: [*sent[:-1], Sent(*[*vars(sent[-1]).values()][:4], True)])


@st.composite
def buses(draw: st.DrawFn) -> tuple[I2cTiming, Lines, float]:
    """Any timing the mode allows, and any sample interval the decoder takes."""
    timing = draw(st.sampled_from([STANDARD_MODE, FAST_MODE]))
    low_ns = timing.scl_low_ns * draw(st.floats(1, 3))
    lines = Lines(
        low_ns,
        timing.scl_high_ns * draw(st.floats(1, 3)),
        low_ns * draw(st.floats(0, 0.7)),
        timing.condition_ns * draw(st.floats(1.02, 3)),
    )
    return timing, lines, timing.condition_ns * draw(st.floats(0.05, 0.5))


def check(found: I2cCapture, sent: list[Sent], lines: Lines, wanted: list[int]) -> None:
    assert len(found.transfers) == len(wanted)
    for one, index in zip(found.transfers, wanted, strict=True):
        was, (begin_ns, end_ns) = sent[index], lines.marks[index]
        assert (one.address, one.reading, one.acknowledged) == (was.address, was.reading, was.acknowledged)
        assert tuple((part.value, part.acknowledged) for part in one.data) == was.data
        assert one.stopped == was.stopped
        assert one.start_ns == pytest.approx(begin_ns, abs=found.half_width_ns + 0.01)
        assert one.end_ns == pytest.approx(end_ns, abs=found.half_width_ns + 0.01)


@REPEATABLE
@given(transfers_sent, buses(), st.floats(0, 1))
def test_what_was_sent_is_read_back(sent: list[Sent], bus: tuple[I2cTiming, Lines, float], phase: float) -> None:
    timing, lines, step_ns = bus
    lines.send(sent)
    found = lines.decode(timing, -phase * step_ns, step_ns=step_ns)
    assert not found.begins_inside
    assert not found.ends_inside
    check(found, sent, lines, list(range(len(sent))))


@REPEATABLE
@given(transfers_sent, buses(), st.floats(0, 1), st.floats(0, 1))
def test_a_record_that_begins_or_ends_anywhere_gives_the_whole_transfers_in_it(
    sent: list[Sent], bus: tuple[I2cTiming, Lines, float], first: float, last: float
) -> None:
    timing, lines, step_ns = bus
    lines.send(sent)
    from_ns, to_ns = sorted((first * lines.now_ns, last * lines.now_ns))
    if to_ns - from_ns < 4 * step_ns:
        return
    found = lines.decode(timing, from_ns, to_ns, step_ns)
    # What is nearer to an end than a sample may be seen or not.
    sure = [at for at, (a, b) in enumerate(lines.marks) if a > from_ns + 2 * step_ns and b < to_ns - 2 * step_ns]
    maybe = [at for at, (a, b) in enumerate(lines.marks) if a >= from_ns - step_ns and b <= to_ns + step_ns]
    seen = [
        at
        for at in maybe
        if at in sure or any(abs(one.start_ns - lines.marks[at][0]) < step_ns for one in found.transfers)
    ]
    assert set(sure) <= set(seen)
    check(found, sent, lines, seen)
    inside = any(a < from_ns - step_ns and b > from_ns + 4 * timing.condition_ns for a, b in lines.marks)
    if inside and to_ns > from_ns + 12 * (lines.low_ns + lines.high_ns):
        assert found.begins_inside
    if any(a < to_ns - 2 * step_ns and b > to_ns + step_ns and a > from_ns + 2 * step_ns for a, b in lines.marks):
        assert found.ends_inside


def one_write(**times: float) -> Lines:
    lines = Lines(**{"low_ns": 6_000, "high_ns": 4_000, "hold_ns": 1_000, "condition_ns": 5_000} | times)
    lines.send([Sent(0x1E, False, True, ((0x02, True), (0x00, True)), True)])
    return lines


def test_a_known_transfer_with_its_times() -> None:
    (one,) = one_write().decode(step_ns=100).transfers
    assert (one.address, one.reading, one.octets, one.stopped) == (0x1E, False, b"\x02\x00", True)
    assert one.start_ns == pytest.approx(20_000, abs=50)
    # START's hold, 27 bits, STOP's low and set-up.
    assert one.end_ns - one.start_ns == pytest.approx(5_000 + 27 * 10_000 + 6_000 + 5_000, abs=100)
    assert one.data[0].end_ns - one.start_ns == pytest.approx(5_000 + 18 * 10_000, abs=100)


def test_the_same_from_voltages() -> None:
    lines = one_write()
    waves = []
    for line in ("scl", "sda"):
        levels = lines.sample(line, 0.0, lines.now_ns, 500)
        codes = np.where(levels.samples == 1, 193, 28).astype(np.uint8)
        waves.append(Waveform(codes, 0.02, 0.0, 28, 500, 0.0, line))
    with pytest.raises(WaveformError, match="which levels"):
        decode_i2c(waves[0], waves[1])
    (one,) = decode_i2c(waves[0], waves[1], levels=LEVELS).transfers
    assert (one.address, one.octets) == (0x1E, b"\x02\x00")


@pytest.mark.parametrize(("hold_ns", "late_ns"), [(0, -300), (5_900, 300)])
def test_lines_that_change_together_in_either_order_are_data(hold_ns: float, late_ns: float) -> None:
    """SDA changes as SCL falls, or just before SCL rises, and its channel is 0.3 us early or late."""
    lines = one_write(hold_ns=hold_ns)
    lines.edges["sda"] = [at + late_ns for at in lines.edges["sda"]]
    for from_ns in range(0, 1_000, 100):
        scl, sda = (lines.sample(line, -float(from_ns), lines.now_ns, 1_000) for line in ("scl", "sda"))
        (one,) = decode_i2c(scl, sda, skew_ns=300).transfers
        assert (one.address, one.octets) == (0x1E, b"\x02\x00")


def test_a_missing_acknowledge_is_told() -> None:
    lines = Lines(6_000, 4_000, 1_000, 5_000)
    lines.send([Sent(0x33, False, False, (), True), Sent(0x1E, True, True, ((0x12, True), (0x34, False)), True)])
    absent, read = lines.decode().transfers
    assert (absent.address, absent.acknowledged, absent.data) == (0x33, False, ())
    assert [part.acknowledged for part in read.data] == [True, False]


def pulse(lines: Lines, line: str, at_ns: float, width_ns: float) -> None:
    lines.edges[line] = sorted([*lines.edges[line], at_ns, at_ns + width_ns])


START_NS = 20_000
BIT_3_HIGH_NS = START_NS + 5_000 + 3 * 10_000 + 6_000
"""Where SCL rises for bit 3 of the first byte."""
FREE_NS = START_NS + 5_000 + 27 * 10_000 + 11_000 + 8_000
"""On the free bus between two transfers."""


@pytest.mark.parametrize(
    ("line", "at_ns", "width_ns", "text"),
    [
        ("sda", BIT_3_HIGH_NS + 1_500, 1_000, "after 3 bits"),  # SDA must not change while SCL is high
        ("scl", BIT_3_HIGH_NS + 1_500, 500, "SCL is (high|low) for"),
        ("scl", BIT_3_HIGH_NS - 3_000, 500, "SCL is high for"),
        ("scl", FREE_NS, 6_000, "no transfer is open"),  # a clock on the free bus
        ("sda", FREE_NS, 5_000, "right after a START"),  # START and STOP without a byte
    ],
)
def test_a_glitch_is_an_error_that_says_when(line: str, at_ns: float, width_ns: float, text: str) -> None:
    lines = one_write()
    lines.send([Sent(0x1E, False, True, (), True)])
    assert len(lines.decode(step_ns=200).transfers) == 2
    pulse(lines, line, at_ns, width_ns)
    with pytest.raises(BusError, match=text) as caught:
        lines.decode(step_ns=200)
    assert caught.value.at_ns == pytest.approx(at_ns, abs=8_000)


def test_a_glitch_on_sda_while_scl_is_low_means_nothing() -> None:
    lines = one_write()
    pulse(lines, "sda", BIT_3_HIGH_NS - 4_500, 1_000)
    assert lines.decode(step_ns=200).transfers[0].octets == b"\x02\x00"


def test_a_line_that_is_stuck_gives_nothing_and_says_so() -> None:
    low = Waveform(np.zeros(1000, dtype=np.uint8), 1.0, 0.0, 0, 1000, 0.0, "SCL", "1")
    high = Waveform(np.ones(1000, dtype=np.uint8), 1.0, 0.0, 0, 1000, 0.0, "SDA", "1")
    for scl, sda in ((low, high), (high, low), (low, low)):
        found = decode_i2c(scl, sda)
        assert (found.transfers, found.begins_inside, found.ends_inside) == ((), True, True)
    assert decode_i2c(high, high) == I2cCapture((), False, False, 500.0)


def test_waveforms_that_can_not_show_a_bus_are_refused() -> None:
    lines = one_write()
    with pytest.raises(WaveformError, match="too coarse"):
        lines.decode(step_ns=2_001)
    with pytest.raises(WaveformError, match="too coarse"):
        lines.decode(FAST_MODE, step_ns=301)
    scl, sda = lines.sample("scl", 0, 100_000, 1000), lines.sample("sda", 0, 100_000, 500)
    with pytest.raises(WaveformError, match="time bases differ"):
        decode_i2c(scl, sda)
    dead = Waveform(np.full(100, 2, dtype=np.uint8), 1.0, 0.0, 0, 1000, 0.0, "SCL", "V")
    with pytest.raises(WaveformError, match="has no level"):
        decode_i2c(dead, dead, levels=LogicLevels(1.0, 3.0))
