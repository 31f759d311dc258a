"""Every driver, every public method, every fault of its transport: an error each time, never a value.

A fault is planted at each message of the method's exchange in turn (docs: what is tried stands in ``faults``): silence,
garbage, half an answer, a list of another length, another query's answer, 9.9E37 and NaN, a lost connection.
"""

from __future__ import annotations

import numpy as np
import pytest

from harness.instruments.errors import BadAnswerError, InstrumentError
from harness.instruments.registry import DRIVERS
from tests.instruments.fault_bench import CALLS, NO_EXCHANGE, Call, FaultBench, public_names
from tests.instruments.faults import PARTIAL, SILENCE, Plan
from tests.instruments.small_bench import make_bench
from tests.instruments.test_drivers import answering

ALL_CALLS = [(driver, call) for driver, calls in CALLS.items() for call in (None, *calls)]


def let_through(bench: FaultBench, call: Call | None) -> list[str]:
    """The faults after which the call returned as if nothing had happened, or broke down in another way."""
    silent = []
    for plan, message in bench.cases(call):
        try:
            value = bench.run(call, plan)
            shown = "opened" if call is None else repr(value)
        except InstrumentError:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller did not expect it
            shown = f"raised {error!r}"
        silent.append(f"{plan.fault} at message {plan.at} {message[:60]!r}: {shown[:80]}")
    return silent


@pytest.mark.parametrize(("driver", "call"), ALL_CALLS, ids=[f"{driver}-{call}" for driver, call in ALL_CALLS])
def test_no_fault_passes_silently(driver: str, call: Call | None) -> None:
    bench = FaultBench(driver)
    assert let_through(bench, call) == []
    bench.close()


def test_the_campaign_has_every_driver_and_every_public_method() -> None:
    assert set(CALLS) == set(DRIVERS)
    for driver, calls in CALLS.items():
        assert {call.method for call in calls} | NO_EXCHANGE >= public_names(driver), driver


def test_without_a_fault_every_call_returns() -> None:
    """Else the campaign would count an honest failure as a fault that was noticed."""
    for driver, calls in CALLS.items():
        bench = FaultBench(driver)
        for call in (None, *calls):
            bench.run(call, Plan())
        bench.close()


def test_the_campaign_is_able_to_find_a_driver_that_trusts_its_instrument(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that takes what it gets: the campaign must name it."""
    bench = FaultBench("espec-p300")
    monkeypatch.setattr(DRIVERS["espec-p300"], "air_C", lambda self: float(self._query("MON?").split(",")[0]))
    found = let_through(bench, next(call for call in CALLS["espec-p300"] if call.method == "air_C"))
    assert any("9.9E37" in text for text in found)
    assert any("NaN" in text for text in found)
    assert not any(SILENCE in text for text in found)
    bench.close()


@pytest.mark.parametrize("answer", [b"+9.90000000E+37\n", b"-9.9E37\n", b"+9.91E+37\n", b"NAN\n", b"inf\n", b"-INF\n"])
def test_a_session_gives_no_number_for_what_stands_for_none(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    """SCPI-99 volume 1, 7.2.1.4. Whatever a driver makes of the rest, this is held for all of them."""
    session = answering(make_bench(), monkeypatch, {b":MEASure?": answer})
    with pytest.raises(BadAnswerError, match="overload or for no reading"):
        session.query_float(":MEASure?")


def test_half_an_answer_is_told_over_an_instr_resource_too() -> None:
    """There END comes without the newline, and half a number is a number."""
    bench = FaultBench("keysight-n6705")
    call = next(call for call in CALLS["keysight-n6705"] if call.method == "measured_current_A")
    for plan, _ in bench.cases(call):
        if plan.fault == PARTIAL:
            with pytest.raises(InstrumentError):
                bench.run(call, plan)
    bench.close()


def test_a_waveform_whose_transfer_breaks_off_is_no_waveform() -> None:
    bench = FaultBench("keysight-infiniivision")
    call = next(call for call in CALLS["keysight-infiniivision"] if call.method == "read_waveform")
    assert isinstance(bench.run(call, Plan()).samples, np.ndarray)
    blocks = [plan for plan, message in bench.cases(call) if b"DATA?" in message and plan.fault == PARTIAL]
    assert len(blocks) == 1
    with pytest.raises(InstrumentError):
        bench.run(call, blocks[0])
    bench.close()
