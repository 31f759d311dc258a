"""The bench's contact in the case switch's lead: its times, its threshold, and that either contact opens the lead."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from harness.emulation.parts.case_contact import CLOSE_DELAY_NS, OPEN_DELAY_NS, CaseContact
from harness.emulation.plant.played import Played
from harness.emulation.world import PlainComponent, World

US, MS = 1_000, 1_000_000


@dataclass
class LeadState:
    changes: list[tuple[int, bool]] = field(default_factory=list)
    low: bool = True


class Lead(PlainComponent):
    """The board's end of the lead; it remembers what is new."""

    state: LeadState

    def __init__(self, world: World) -> None:
        self.state = LeadState()
        super().__init__(world, "lead")

    def hold(self, low: bool) -> None:
        if low is not self.state.low:
            self.state.low = low
            self.state.changes.append((self.world.now_ns, low))


def make(seed: int = 1) -> tuple[World, Lead, CaseContact]:
    world = World(seed)
    lead = Lead(world)
    return world, lead, CaseContact(world, "contact", lead)


def pulses(world: World, count: int, width_ns: int, period_ns: int, high_uV: int = 3_300_000) -> Played:
    """As a generator plays them: from 0 V up, beginning now."""
    half_uV = high_uV // 2
    return Played(
        shape="PULS",
        start_ns=world.now_ns,
        end_ns=world.now_ns + count * period_ns,
        period_ns=period_ns,
        middle_uV=half_uV,
        peak_uV=half_uV,
        rest_uV=0,
        width_ns=width_ns,
    )


@pytest.mark.parametrize("seed", range(1, 9))
def test_each_pulse_opens_the_lead_once_later_and_longer_by_its_own_times(seed: int) -> None:
    world, lead, contact = make(seed)
    assert OPEN_DELAY_NS[0] <= contact.open_delay_ns <= OPEN_DELAY_NS[1]
    assert CLOSE_DELAY_NS[0] <= contact.close_delay_ns <= CLOSE_DELAY_NS[1]
    world.run_until(7 * MS)
    contact.drive(pulses(world, 3, 2 * MS, 10 * MS))
    world.run_until(100 * MS)
    wanted = []
    for number in range(3):
        begin_ns = (7 + 10 * number) * MS
        wanted.append((begin_ns + contact.open_delay_ns, False))
        wanted.append((begin_ns + 2 * MS + contact.close_delay_ns, True))
    assert lead.state.changes == wanted, "no bounce, no drift from pulse to pulse"


def test_contacts_differ_and_a_contact_is_itself() -> None:
    drawn = [(make(seed)[2].open_delay_ns, make(seed)[2].close_delay_ns) for seed in range(20)]
    assert len(set(drawn)) == 20
    assert drawn[4] == (make(4)[2].open_delay_ns, make(4)[2].close_delay_ns)


def test_a_pulse_shorter_than_the_opening_takes_is_not_seen() -> None:
    world, lead, contact = make()
    contact.drive(pulses(world, 5, contact.open_delay_ns - US, 10 * MS))
    world.run_until(100 * MS)
    assert lead.state.changes == []


@pytest.mark.parametrize(("above_uV", "opens"), [(-10_000, False), (10_000, True)])
def test_the_diode_lights_above_its_threshold(above_uV: int, opens: bool) -> None:
    world, lead, contact = make()
    assert 1_300_000 <= contact.threshold_uV <= 1_700_000
    contact.drive(pulses(world, 1, 5 * MS, 10 * MS, contact.threshold_uV + above_uV))
    world.run_until(100 * MS)
    assert bool(lead.state.changes) is opens


def test_either_contact_opens_the_lead_and_both_must_close_it() -> None:
    world, lead, contact = make()
    contact.hold(False)
    contact.drive(pulses(world, 1, 5 * MS, 10 * MS))
    world.run_until(2 * MS)
    contact.hold(True)
    assert [low for _, low in lead.state.changes] == [False], "the relay still holds it open"
    world.run_until(20 * MS)
    assert [low for _, low in lead.state.changes] == [False, True]


def test_an_output_that_is_switched_off_closes_the_contact_and_ends_the_train() -> None:
    world, lead, contact = make()
    contact.drive(pulses(world, 100, 5 * MS, 10 * MS))
    world.run_until(12 * MS)
    contact.drive(None)
    world.run_until(100 * MS)
    assert lead.state.changes[-1] == (12 * MS + contact.close_delay_ns, True)
    assert world.snapshot().events == []


def test_another_train_takes_the_place_of_the_one_that_runs() -> None:
    world, lead, contact = make()
    contact.drive(pulses(world, 100, 2 * MS, 10 * MS))
    began_ns = 20 * MS - 30 * US  # the old train's next pulse would come while the contact is about to open
    world.run_until(began_ns)
    lead.state.changes.clear()
    contact.drive(pulses(world, 1, 40 * MS, 100 * MS))
    world.run_until(200 * MS)
    assert lead.state.changes == [
        (began_ns + contact.open_delay_ns, False),
        (began_ns + 40 * MS + contact.close_delay_ns, True),
    ]
    assert world.snapshot().events == []


def test_a_train_ends_closed_even_if_its_last_pulse_is_cut_short() -> None:
    world, lead, contact = make()
    contact.drive(Played(**{**pulses(world, 1, 5 * MS, 10 * MS).__dict__, "end_ns": 3 * MS}))
    world.run_until(100 * MS)
    assert lead.state.changes == [(contact.open_delay_ns, False), (3 * MS + contact.close_delay_ns, True)]


def test_a_snapshot_in_a_train_goes_on_the_same() -> None:
    world, lead, contact = make(3)
    contact.drive(pulses(world, 50, 3 * MS, 7 * MS))
    world.run_until(3 * MS + contact.close_delay_ns // 2)  # the relay is about to close
    snapshot = world.snapshot()
    seen = []
    for _ in range(2):
        world.restore(snapshot)
        world.run_until(200 * MS)
        contact.hold(False)
        world.run_until(world.now_ns + 300 * MS)
        seen.append((list(lead.state.changes), world.snapshot().digest()))
    assert seen[0] == seen[1]
    assert len(seen[0][0]) > 40
