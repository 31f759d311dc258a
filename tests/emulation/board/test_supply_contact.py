"""The bench's contact in the meter's supply: what goes, what stays, and that a snapshot keeps it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.emulation.errors import WorldError
from harness.emulation.parts.supply_contact import HOLD_UP_NS
from tests.emulation.board.conftest import SECOND_NS, BootedMeter

MS = 1_000_000
EMPTY_NS = HOLD_UP_NS[1] + MS
"""After this the meter's supply has used up whatever it had stored."""


def interrupt(meter: BootedMeter, energised: bool, after_ns: int = 0) -> None:
    meter.world.schedule(meter.world.now_ns + after_ns, "supply contact", "interrupt", energised)


def levels(meter: BootedMeter) -> dict[str, bool]:
    return {name: meter.board.nets[name].state.level for name in ("CASE_SW", "OPTICAL_TX", "MODEM_TX", "DIAG_TX")}


def open_case(meter: BootedMeter) -> list[int]:
    """The counters of the alerts that an opening brings within a second."""
    meter.board.case_switch.set_plunger(True)
    meter.run(SECOND_NS)
    return counters(meter)


def counters(meter: BootedMeter) -> list[int]:
    octets = bytes(byte for _, byte in meter.board.modem.take())
    assert len(octets) % 172 == 0
    return [int.from_bytes(octets[start + 10 : start + 18], "big") for start in range(0, len(octets), 172)]


def test_an_interrupted_meter_is_silent_and_every_line_is_low(meter: BootedMeter) -> None:
    assert levels(meter) == {"CASE_SW": False, "OPTICAL_TX": True, "MODEM_TX": True, "DIAG_TX": True}
    interrupt(meter, True)
    meter.run(EMPTY_NS)
    meter.board.optical.write(b"/?!\r\n")
    assert open_case(meter) == []
    meter.run(SECOND_NS)
    assert meter.board.optical.take() == []
    assert set(levels(meter).values()) == {False}, "no supply, no pull-up"


def test_it_boots_when_the_contact_rests_and_its_counter_goes_on(meter: BootedMeter) -> None:
    assert open_case(meter) == [1]
    meter.board.diagnostic.take()
    interrupt(meter, True)
    interrupt(meter, False, SECOND_NS)
    meter.run(4 * SECOND_NS)
    assert "boot 2" in bytes(byte for _, byte in meter.board.diagnostic.take()).decode()
    # The first was never confirmed, so it comes again; the open case is an event of its own.
    assert set(counters(meter)) == {1, 2}
    assert levels(meter)["MODEM_TX"]


def test_a_cut_in_the_middle_of_a_character_leaves_no_edge_behind_it(meter: BootedMeter) -> None:
    meter.board.case_switch.set_plunger(True)
    while not meter.board.mcu.uarts[1].state.shifting:
        meter.run(MS)
    meter.board.supply_contact.load.power_off()
    meter.run(MS)
    cut_ns = meter.world.now_ns
    meter.run(SECOND_NS)
    net = meter.board.nets["MODEM_TX"]
    assert net.edges_between(cut_ns, meter.world.now_ns) == (False, [])


def test_the_same_word_twice_is_one(meter: BootedMeter) -> None:
    for energised in (True, True, False, False):
        interrupt(meter, energised)
        meter.run(EMPTY_NS)
    meter.run(3 * SECOND_NS)
    assert open_case(meter) == [1]


def test_a_snapshot_of_a_meter_without_supply_goes_on_as_the_original(meter: BootedMeter) -> None:
    interrupt(meter, True)
    meter.run(SECOND_NS)
    cut = meter.world.snapshot()

    def rest() -> str:
        interrupt(meter, False)
        meter.run(3 * SECOND_NS)
        return meter.world.snapshot().digest()

    first = rest()
    meter.world.restore(cut)
    assert meter.board.supply_contact.state.interrupted
    assert rest() == first


def mains(meter: BootedMeter, there: bool, after_ns: int = 0) -> None:
    meter.world.schedule(meter.world.now_ns + after_ns, "supply contact", "mains", there)


@pytest.mark.parametrize("way", [interrupt, lambda meter, gone, after_ns=0: mains(meter, not gone, after_ns)])
def test_a_gap_shorter_than_the_hold_up_is_not_felt(meter: BootedMeter, way: Callable[..., None]) -> None:
    hold_up_ns = meter.board.supply_contact.hold_up_ns
    assert HOLD_UP_NS[0] <= hold_up_ns <= HOLD_UP_NS[1]
    meter.board.diagnostic.take()
    way(meter, True)
    way(meter, False, hold_up_ns - 1)
    meter.run(3 * SECOND_NS)
    assert meter.board.diagnostic.take() == [], "no boot"
    way(meter, True)
    way(meter, False, hold_up_ns + 1)
    meter.run(3 * SECOND_NS)
    assert "boot 2" in bytes(byte for _, byte in meter.board.diagnostic.take()).decode()


def test_it_is_fed_when_the_mains_and_the_contact_let_it(meter: BootedMeter) -> None:
    mains(meter, False)
    interrupt(meter, True, MS)
    meter.run(EMPTY_NS)
    assert not meter.board.cpu.powered
    mains(meter, True)
    meter.run(SECOND_NS)
    assert not meter.board.cpu.powered, "the contact still interrupts"
    interrupt(meter, False)
    meter.run(SECOND_NS)
    assert meter.board.cpu.powered


def test_another_event_is_refused(meter: BootedMeter) -> None:
    meter.world.schedule(meter.world.now_ns, "supply contact", "dim")
    with pytest.raises(WorldError, match="'dim'"):
        meter.run(MS)
