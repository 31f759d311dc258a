"""Planned tests that each end in one way. Most leave the case open: what closes it is the bench's way to safety."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress

import pytest

from fixtures.case import Case
from harness.bench.errors import MeterStoppedError
from harness.evidence.not_passed import LimitMissed
from harness.evidence.record import TestRecord
from harness.instruments.keysight_34970 import Keysight34970A

LAST = "last line of the test"
WAITING = "waiting"


class BenchTroubleError(Exception):
    """Something on the bench broke."""


@pytest.fixture
def open_case(case: Case) -> Case:
    case.open()
    return case


@pytest.fixture
def breaks_in_set_up(open_case: Case) -> Case:
    raise BenchTroubleError("a fixture that asked for the case broke")


@pytest.fixture
def breaks_in_tear_down(open_case: Case) -> Generator[Case]:
    yield open_case
    raise BenchTroubleError("tear-down of another fixture broke")


@pytest.fixture
def stuck_relay(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Asked for before ``case``, so it is undone after it."""
    return monkeypatch


@pytest.mark.requirements("END-2")
def test_passes(open_case: Case, record: TestRecord) -> None:
    """Everything is judged within acceptance."""
    record.judge_equal("count", 1, 1)
    record.note(LAST)


@pytest.mark.requirements("END-1")
def test_misses_a_limit(open_case: Case, record: TestRecord) -> None:
    """A limit is missed."""
    record.judge_equal("count", 2, 1)
    record.note(LAST)


@pytest.mark.requirements("END-1")
def test_is_inconclusive(open_case: Case, record: TestRecord) -> None:
    """Neither pass nor fail can be stated."""
    record.judge("value", 9.9, "ms", at_most=10.0, uncertainty=0.5)
    record.note(LAST)


@pytest.mark.requirements("END-1")
def test_raises(open_case: Case, record: TestRecord) -> None:
    """The test itself fails."""
    record.judge_equal("count", 1, 1)
    raise BenchTroubleError("the test broke")


@pytest.mark.requirements("END-1")
def test_asserts(open_case: Case, record: TestRecord) -> None:
    """An assertion is no judgement: it says nothing about the meter."""
    record.judge_equal("count", 1, 1)
    assert not record


@pytest.mark.requirements("END-1")
def test_meter_stops(open_case: Case, record: TestRecord) -> None:
    """The meter itself stops: silence on a real bench, so its fail."""
    record.judge_equal("count", 1, 1)
    raise MeterStoppedError("its firmware faulted")


@pytest.mark.requirements("END-1")
def test_raises_after_a_missed_limit(open_case: Case, record: TestRecord) -> None:
    """The same, after a limit was missed."""
    with suppress(LimitMissed):
        record.judge_equal("count", 2, 1)
    raise BenchTroubleError("the test broke")


@pytest.mark.requirements("END-1")
def test_set_up_fails(breaks_in_set_up: Case, record: TestRecord) -> None:
    """A fixture fails; this is not run."""
    record.note(LAST)


@pytest.mark.requirements("END-1")
def test_tear_down_fails(breaks_in_tear_down: Case, record: TestRecord) -> None:
    """Tear-down fails after a pass."""
    record.judge_equal("count", 1, 1)
    record.note(LAST)


@pytest.mark.requirements("END-1")
def test_tear_down_fails_after_a_fail(breaks_in_tear_down: Case, record: TestRecord) -> None:
    """Tear-down fails after a fail."""
    record.judge_equal("count", 2, 1)


@pytest.mark.requirements("END-1")
def test_relay_sticks(stuck_relay: pytest.MonkeyPatch, open_case: Case, record: TestRecord) -> None:
    """The relay unit still says that a relay is closed after it was told to open."""
    record.judge_equal("count", 1, 1)
    stuck_relay.setattr(Keysight34970A, "closed_channels", lambda _self: [101])
    record.note(LAST)


@pytest.mark.requirements("END-1")
def test_never_judges(open_case: Case, record: TestRecord) -> None:
    """A value is declared and never judged."""
    record.declare("latency", "ms", at_most=500.0)
    record.judge_equal("count", 1, 1)
    record.note(LAST)


@pytest.mark.requirements("END-1")
def test_skips_itself(open_case: Case, record: TestRecord) -> None:
    """A test that skips itself has shown nothing."""
    pytest.skip("not today")


@pytest.mark.requirements("END-1")
def test_is_interrupted(open_case: Case, record: TestRecord) -> None:
    """Ctrl-C in the middle."""
    record.judge_equal("count", 1, 1)
    raise KeyboardInterrupt


@pytest.mark.requirements("END-1")
def test_leaves_the_session(open_case: Case, record: TestRecord) -> None:
    """Something in the test ends pytest's session."""
    record.judge_equal("count", 1, 1)
    pytest.exit("enough")


@pytest.mark.requirements("END-1")
def test_waits(open_case: Case, record: TestRecord) -> None:
    """Waits, with the case open, for a signal that ends the process."""
    record.judge_equal("count", 1, 1)
    record.note(WAITING)
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        time.sleep(0.02)
    record.note(LAST)
