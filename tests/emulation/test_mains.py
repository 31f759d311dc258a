"""The mains circuit: currents add up at every node, shunts take their share, nets tell it, snapshots go on."""

from __future__ import annotations

from cmath import rect
from math import radians

import pytest

from harness.bench.stimuli import ShuntEntry
from harness.emulation.errors import WorldError
from harness.emulation.plant.mains import COMPONENT, UNITS, Mains
from harness.emulation.plant.mains_averages import rms_u
from harness.emulation.plant.mains_circuit import Phasor
from harness.emulation.world import World

MS, S = 1_000_000, 1_000_000_000
SHUNTS = {
    "line_low": ShuntEntry(element="line", fraction=0.07),
    "line_high": ShuntEntry(element="line", fraction=0.135),
    "neutral_low": ShuntEntry(element="neutral", fraction=0.07),
}
SEEDS = range(1, 41)


def make_mains(seed: int = 1) -> Mains:
    return Mains(World(seed), SHUNTS)


def work(mains: Mains, kind: str, argument: bool) -> None:
    mains.world.schedule(mains.world.now_ns, COMPONENT, kind, argument)
    mains.world.run_until(mains.world.now_ns + 100 * MS)


def loaded(seed: int = 1, current_uA: int = 2_000_000, power_factor_permille: int = 1000) -> Mains:
    mains = make_mains(seed)
    mains.set_load(on=True, current_uA=current_uA, power_factor_permille=power_factor_permille)
    mains.world.run_until(100 * MS)
    return mains


def fed(mains: Mains, voltage_uV: int = 230_000_000, frequency_mHz: int = 50_000) -> Mains:
    mains.set_source(on=True, voltage_uV=voltage_uV, frequency_mHz=frequency_mHz)
    work(mains, "feed", True)
    return mains


def as_complex(phasor: Phasor) -> complex:
    return rect(phasor.rms_u, radians(phasor.phase_mdeg / 1000))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shunt", SHUNTS)
def test_currents_add_up_at_every_node(seed: int, shunt: str) -> None:
    mains = fed(loaded(seed, power_factor_permille=800))
    work(mains, f"shunt_{shunt}", True)
    load, passing = mains.load_current(), mains.shunt_current()
    assert load.rms_u == pytest.approx(2_000_000, abs=2)
    elements = {"line": mains.line_current(), "neutral": mains.neutral_current()}
    element = SHUNTS[shunt].element
    assert elements.pop(element).rms_u + passing.rms_u == load.rms_u
    assert [other.rms_u for other in elements.values()] == [load.rms_u]
    # At the source: what the load draws and what the meter draws by itself, as phasors.
    own = as_complex(mains.source_current()) - as_complex(load)
    assert own.real == pytest.approx(mains.traits.own_active_uA, abs=100)
    assert own.imag == pytest.approx(mains.traits.own_reactive_uA, abs=100)


@pytest.mark.parametrize("shunt", SHUNTS)
def test_a_shunt_takes_its_share_within_its_tolerance_and_no_two_benches_are_alike(shunt: str) -> None:
    shares = []
    for seed in SEEDS:
        mains = loaded(seed)
        work(mains, f"shunt_{shunt}", True)
        traits = mains.traits
        leg, branch = traits.leg_uOhm[SHUNTS[shunt].element], traits.branch_uOhm[shunt]
        share = mains.shunt_current().rms_u / mains.load_current().rms_u
        assert share == pytest.approx(leg / (leg + branch), abs=2e-6), "two resistances in parallel"
        shares.append(share)
    nominal = SHUNTS[shunt].fraction
    # 5 % of the branch, 1 % of the ballast and 2 mohm of contacts in 200, on a share that is small.
    assert max(abs(share / nominal - 1) for share in shares) < 0.071
    assert len(set(shares)) == len(shares)
    assert max(shares) / min(shares) > 1.05


def test_two_shunts_of_an_element_add_their_conductances() -> None:
    mains = loaded()
    for shunt in ("line_low", "line_high"):
        work(mains, f"shunt_{shunt}", True)
    traits = mains.traits
    both = 1 / (1 / traits.branch_uOhm["line_low"] + 1 / traits.branch_uOhm["line_high"])
    leg = traits.leg_uOhm["line"]
    assert mains.shunt_current().rms_u / mains.load_current().rms_u == pytest.approx(leg / (leg + both), abs=2e-6)
    work(mains, "shunt_line_low", False)
    work(mains, "shunt_line_high", False)
    assert mains.shunt_current().rms_u == 0
    assert mains.line_current() == mains.neutral_current() == mains.load_current()


def test_the_second_elements_shunt_is_interlocked() -> None:
    mains = loaded()
    work(mains, "shunt_line_low", True)
    line = mains.line_current()
    work(mains, "shunt_neutral_low", True)
    assert mains.line_current() == line
    assert mains.neutral_current() == mains.load_current()
    work(mains, "shunt_line_low", False)
    assert mains.neutral_current().rms_u < mains.line_current().rms_u == mains.load_current().rms_u


def test_nothing_flows_and_nothing_is_there_without_a_feed() -> None:
    mains = loaded()
    work(mains, "feed", True)
    assert not mains.state.source_on
    for quantity in (mains.voltage, mains.load_current, mains.line_current, mains.neutral_current):
        assert quantity() == Phasor(0, 0, 0)
    now_ns = mains.world.now_ns
    assert {net.value_u(now_ns + step * MS) for net in mains.nets.values() for step in range(20)} == {0}


def test_a_relay_that_falls_back_within_the_gap_ends_at_the_house() -> None:
    mains = make_mains()
    mains.set_source(on=True, voltage_uV=230_000_000, frequency_mHz=50_000)
    world, gap_ns = mains.world, mains.traits.change_over_ns
    world.schedule(0, COMPONENT, "feed", True)
    world.schedule(gap_ns // 2, COMPONENT, "feed", False)
    feeds = []
    for at_ns in (gap_ns // 4, gap_ns + 1, gap_ns + gap_ns // 2 + 1, S):
        world.run_until(at_ns)
        feeds.append(mains.state.feed)
    assert feeds == ["none", "none", "house", "house"]


def test_the_load_is_still_below_its_lowest_voltage() -> None:
    mains = fed(loaded(), voltage_uV=44_000_000)
    assert mains.load_current().rms_u == 0
    mains.set_source(on=True, voltage_uV=46_000_000, frequency_mHz=50_000)
    assert mains.load_current().rms_u == 2_000_000


def test_the_terminals_lie_behind_the_feeds_impedance() -> None:
    mains = fed(make_mains())
    idle_uV = mains.voltage().rms_u
    mains.set_load(on=True, current_uA=2_000_000, power_factor_permille=1000)
    mains.world.run_until(mains.world.now_ns + 100 * MS)
    drop_uV = idle_uV - mains.voltage().rms_u
    assert drop_uV == pytest.approx(2 * mains.traits.leads_uOhm, abs=2)


@pytest.mark.parametrize("power_factor_permille", [1000, 800, 500, -500])
def test_the_nets_are_the_phasors(power_factor_permille: int) -> None:
    mains = fed(loaded(power_factor_permille=power_factor_permille))
    now_ns = mains.world.now_ns
    voltage, line = mains.nets["LINE_V"], mains.nets["LINE_I"]
    steps = range(now_ns, now_ns + 200 * MS, 10_000)
    power_W = sum(voltage.value_u(at) * line.value_u(at) for at in steps) / len(steps) / 1e12
    expected_W = mains.voltage().rms_u * mains.line_current().rms_u / 1e12 * abs(power_factor_permille) / 1000
    assert power_W == pytest.approx(expected_W, rel=1e-3)
    for net, phasor in (("LINE_V", mains.voltage()), ("LINE_I", mains.line_current())):
        assert rms_u(mains.nets[net], now_ns, now_ns + S) == pytest.approx(phasor.rms_u, rel=1e-6)
        crossings = sum(mains.nets[net].value_u(at) < 0 <= mains.nets[net].value_u(at + 10_000) for at in steps)
        assert crossings == 10, "50 Hz over 200 ms"
    lead = 1 if power_factor_permille < 0 else -1
    quarter = 5 * MS
    reactive = sum(voltage.value_u(at - quarter) * line.value_u(at) for at in steps)
    apparent = mains.voltage().rms_u * mains.line_current().rms_u
    assert reactive * lead <= 1e-3 * len(steps) * apparent


def test_a_change_of_frequency_makes_no_jump() -> None:
    mains = fed(make_mains())
    mains.world.run_until(mains.world.now_ns + 7_123_457)
    net, now_ns = mains.nets["LINE_V"], mains.world.now_ns
    before_uV = net.value_u(now_ns)
    mains.set_source(on=True, voltage_uV=230_000_000, frequency_mHz=60_000)
    assert net.value_u(now_ns) == pytest.approx(before_uV, abs=30_000)
    assert net.state.segments[-1].frequency_mHz == 60_000


def test_what_does_not_change_makes_no_new_law() -> None:
    mains = fed(loaded())
    counts = {name: len(net.state.segments) for name, net in mains.nets.items()}
    mains.world.run_until(mains.world.now_ns + 3_333_333)
    work(mains, "shunt_line_low", True)
    grown = {name for name, net in mains.nets.items() if len(net.state.segments) > counts[name]}
    assert grown == {"LINE_I", "SHUNT_I"}


def test_the_inrush_is_over_soon() -> None:
    factors = []
    for seed in SEEDS:
        mains = make_mains(seed)
        mains.set_load(on=True, current_uA=1_000_000, power_factor_permille=1000)
        factors.append(mains.load_current().rms_u)
        mains.world.run_until(30 * MS)
        assert mains.load_current().rms_u == 1_000_000
    assert 1_000_000 <= min(factors) < max(factors) <= 1_300_000


@pytest.mark.parametrize("kind", ["shunt_unknown", "blink"])
def test_another_event_is_refused(kind: str) -> None:
    mains = make_mains()
    mains.world.schedule(0, COMPONENT, kind, True)
    with pytest.raises(WorldError, match=kind):
        mains.world.run_until(MS)


def test_a_restored_world_goes_on_as_the_original() -> None:
    mains = fed(loaded())
    world = mains.world
    world.schedule(world.now_ns, COMPONENT, "shunt_line_low", True)
    world.schedule(world.now_ns, COMPONENT, "feed", False)
    world.run_until(world.now_ns + MS)
    assert mains.state.feed == "none"
    snapshot = world.snapshot()

    def rest() -> str:
        work(mains, "shunt_line_high", True)
        mains.set_source(on=True, voltage_uV=220_000_000, frequency_mHz=49_000)
        work(mains, "feed", True)
        return world.snapshot().digest()

    first = rest()
    world.restore(snapshot)
    assert rest() == first


def test_every_net_has_a_unit_and_a_probe_finds_it() -> None:
    mains = make_mains()
    assert {name: net.unit for name, net in mains.nets.items()} == UNITS
    assert all(mains.world.component(name) is net for name, net in mains.nets.items())
