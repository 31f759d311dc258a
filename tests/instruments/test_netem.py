"""The network emulator: a box that runs ``tc``, its driver, and what is refused."""

from __future__ import annotations

import pytest

from harness.emulation.instruments.netem import make_netem
from harness.emulation.network.path import NetworkPath
from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.world import World
from harness.instruments.errors import BadAnswerError, CommandError, IdentityError, SettingError
from harness.instruments.linux_netem import LinuxNetem
from harness.instruments.network_emulator import NONE, OUTAGE, Impairment
from tests.instruments.line_bench import LineBench, _bench

POOR = Impairment(
    delay_ms=120.5,
    jitter_ms=80,
    loss_percent=2.5,
    duplicate_percent=0.5,
    reorder_percent=1,
    rate_kbit=20,
    slot_ms=(50, 250),
)


@pytest.fixture
def bench() -> LineBench:
    world = World(1)
    NetworkPath(world, SerialEndpoint(world, "modem end", topic="modem", baud=115_200, framing="8N1"))
    return _bench(world, make_netem(world, "network"), "TCPIP0::network::5555::SOCKET", LinuxNetem, {})


def driver_of(bench: LineBench, serial: str | None = "N1") -> LinuxNetem:
    session = bench.session()
    return LinuxNetem(session, bench.clock, name="network", serial=serial, timeout_ms=2000)


def path_of(bench: LineBench) -> NetworkPath:
    path = bench.world.component("modem network")
    assert isinstance(path, NetworkPath)
    return path


def test_it_says_what_it_is_and_the_bench_file_its_serial_number(bench: LineBench) -> None:
    identity = driver_of(bench).identity()
    assert (identity.serial, identity.firmware) == ("N1", "iproute2-6.1.0")
    with pytest.raises(IdentityError):
        driver_of(bench, serial=None)


@pytest.mark.parametrize("impairment", [POOR, OUTAGE, NONE, Impairment(delay_ms=1), Impairment(loss_percent=0.01)])
def test_both_directions_are_set_and_read_back(bench: LineBench, impairment: Impairment) -> None:
    driver = driver_of(bench)
    driver.impair(impairment)
    there, back = (path_of(bench).impairment(towards) for towards in ("head-end", "meter"))
    assert there == back
    assert there.delay_ns == round(impairment.delay_ms * 1e6)
    assert there.loss_ppm == round(impairment.loss_percent * 1e4)
    assert there.rate_bps == round(impairment.rate_kbit * 1e3)
    assert there.slot_max_ns == round(impairment.slot_ms[1] * 1e6)
    assert driver.is_clear() is (impairment == NONE)
    driver.reset()
    assert driver.is_clear()


def test_what_tc_refuses_is_an_error(bench: LineBench) -> None:
    with pytest.raises(CommandError, match="reordering not possible"):
        driver_of(bench).impair(Impairment(reorder_percent=5))
    with pytest.raises(CommandError, match=r"What is"):
        driver_of(bench).impair(Impairment(loss_percent=101))


@pytest.mark.parametrize("line", ["reboot", "tc qdisc del dev tohead root", "tc qdisc show dev eth0", "tc -V; id"])
def test_other_commands_are_refused(bench: LineBench, line: str) -> None:
    session = bench.session()
    assert not session.query(line).startswith("0")


def test_a_box_that_does_not_obey_is_noticed(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = driver_of(bench)
    monkeypatch.setattr(path_of(bench), "impair", lambda towards, impairment: None)
    with pytest.raises(SettingError, match="after"):
        driver.impair(OUTAGE)
    monkeypatch.setattr(bench.instrument, "execute", lambda line: "what?")
    with pytest.raises(BadAnswerError):
        driver.is_clear()
