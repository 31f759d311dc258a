"""The relay unit: timing of its relays, what it reads back, and its own error numbers."""

from __future__ import annotations

import pytest
from pyvisa.resources import MessageBasedResource

from harness.emulation.instruments.relay_unit import CHANNELS, OPERATE_NS, RELEASE_NS
from tests.instruments.small_bench import RELAY, SmallBench, make_bench


@pytest.fixture
def bench() -> SmallBench:
    return make_bench()


@pytest.fixture
def relay(bench: SmallBench) -> MessageBasedResource:
    return bench.open(RELAY)


def test_identification_of_frame_and_card(relay: MessageBasedResource) -> None:
    assert relay.query("*IDN?").startswith("Keysight Technologies,DAQ970A,EMU58012345,A.")
    assert relay.query("SYST:CTYP? 100").startswith("Keysight Technologies,DAQM903A,")
    assert relay.query("SYST:CTYP? 200").startswith("Keysight Technologies,DAQM903A,")
    assert relay.query("SYST:CTYP? 300") == "Keysight Technologies,0,0,0"
    assert relay.query("SYST:VERS?") == "1994.0"


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("ROUT:CLOS (@121)", '+112,"Channel list: channel number out of range"'),
        ("ROUT:CLOS (@100)", '+112,"Channel list: channel number out of range"'),
        ("ROUT:CLOS (@221)", '+112,"Channel list: channel number out of range"'),
        ("ROUT:CLOS (@301)", '+111,"Channel list: slot number out of range"'),
        ("ROUT:CLOS (@101,999)", '+111,"Channel list: slot number out of range"'),
        ("ROUT:CLOS 101", '-104,"Data type error"'),
        ("SYST:CPON 150", '+111,"Channel list: slot number out of range"'),
        ("ROUT:SCAN (@101)", '-113,"Undefined header"'),
    ],
)
def test_what_can_not_be_switched_is_refused_as_a_whole(
    bench: SmallBench, relay: MessageBasedResource, command: str, error: str
) -> None:
    relay.write(command)
    assert relay.query("SYST:ERR?") == error
    assert relay.query("ROUT:CLOS? (@101)") == "0"
    assert bench.switch.state == []


def test_closing_what_is_closed_moves_nothing(bench: SmallBench, relay: MessageBasedResource) -> None:
    relay.write("CLOS (@101);CLOS (@101)")
    relay.query("*OPC?")
    assert [state for _, state in bench.switch.state] == [True]
    assert relay.query("DIAG:REL:CYCL? (@101,102)") == "+1,+0"


def test_exclusive_opens_the_others_first(bench: SmallBench, relay: MessageBasedResource) -> None:
    relay.write("CLOS (@101,105)")
    relay.write("CLOS:EXCL (@105:106)")
    assert relay.query("CLOS? (@101,105,106)") == "0,1,1"
    assert [state for _, state in bench.switch.state] == [True, False]


@pytest.mark.parametrize("command", ["*RST", "SYST:CPON ALL", "SYST:CPON 100", "OPEN (@101:120)"])
def test_everything_that_opens_all_relays(bench: SmallBench, relay: MessageBasedResource, command: str) -> None:
    relay.write("CLOS (@101:120)")
    relay.write(command)
    assert relay.query(f"CLOS? (@{CHANNELS[0]}:{CHANNELS[19]})") == ",".join("0" * 20)
    assert [state for _, state in bench.switch.state] == [True, False]


@pytest.mark.parametrize(("slot", "left"), [("100", "0,1"), ("200", "1,0"), ("300", "1,1"), ("ALL", "0,0")])
def test_a_slots_reset_leaves_the_other_cards_alone(relay: MessageBasedResource, slot: str, left: str) -> None:
    relay.write("CLOS (@101,203)")
    relay.write(f"SYST:CPON {slot}")
    assert relay.query("CLOS? (@101,203)") == left


def test_times_differ_from_relay_to_relay_within_their_limits() -> None:
    units = [make_bench(seed).relay for seed in range(20)]
    for times, (low, high) in (("operate_ns", OPERATE_NS), ("release_ns", RELEASE_NS)):
        drawn = [value for unit in units for value in getattr(unit, times).values()]
        assert low <= min(drawn) < low + (high - low) // 20
        assert high - (high - low) // 20 < max(drawn) <= high


def test_a_snapshot_between_command_and_contact(bench: SmallBench, relay: MessageBasedResource) -> None:
    relay.write("CLOS (@101)")
    assert bench.switch.state == []
    snapshot = bench.world.snapshot()
    digests = []
    for _ in range(2):
        bench.world.restore(snapshot)
        assert relay.query("*OPC?;CLOS? (@101)") == "1;1"
        assert len(bench.switch.state) == 1
        digests.append(bench.world.snapshot().digest())
    assert digests[0] == digests[1]
