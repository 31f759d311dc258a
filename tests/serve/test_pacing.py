"""The world against the wall, with a wall that the test moves."""

from __future__ import annotations

import socket
from collections.abc import Generator

import pytest

from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.serve.connection import Connection
from harness.emulation.serve.instrument_port import InstrumentPort
from harness.emulation.serve.link_port import LINE_BUFFER_OCTETS, LinkPort
from harness.emulation.serve.pacing import LAG_NS, SLICE_NS, TICK_NS, Pacer
from harness.emulation.serve.server import advance
from harness.emulation.world import World
from tests.instruments.small_bench import make_bench

EPOCH_NS = 1_700_000_000_000_000_000
MS = 1_000_000


class Wall:
    """A wall clock that stands still unless it is moved."""

    def __init__(self, now_ns: int = 5_000 * MS, utc_ns: int = EPOCH_NS) -> None:
        self.at_ns = now_ns
        self.utc_at_ns = utc_ns

    def now_ns(self) -> int:
        return self.at_ns

    def utc_ns(self) -> int:
        return self.utc_at_ns

    def sleep_ns(self, duration_ns: int) -> None:
        self.go(duration_ns)

    def go(self, duration_ns: int) -> None:
        self.at_ns += duration_ns
        self.utc_at_ns += duration_ns


def test_the_world_begins_at_the_walls_utc() -> None:
    world, wall = World(1), Wall(utc_ns=EPOCH_NS + 7 * MS)
    pacer = Pacer(world, wall, EPOCH_NS)
    assert world.now_ns == 7 * MS == pacer.wall_ns()


def test_a_world_that_is_ahead_waits_for_the_wall() -> None:
    world, wall = World(1), Wall()
    world.run_until(30 * MS)
    pacer = Pacer(world, wall, EPOCH_NS)
    assert pacer.wall_ns() == 30 * MS


def test_lag_is_what_exceeds_a_step_and_is_counted_from_a_limit_on() -> None:
    world, wall = World(1), Wall()
    pacer = Pacer(world, wall, EPOCH_NS)
    for step_ns in (TICK_NS, TICK_NS + LAG_NS, TICK_NS + LAG_NS + 1, 3 * MS):
        wall.go(step_ns)
        world.run_until(pacer.due_now_ns())
        assert world.now_ns == pacer.wall_ns()
    assert (pacer.lag.largest_ns, pacer.lag.times) == (LAG_NS + 1, 1)


def test_a_long_sleep_of_the_machine_is_caught_up_in_slices() -> None:
    world, wall = World(1), Wall()
    pacer = Pacer(world, wall, EPOCH_NS)
    wall.go(2 * SLICE_NS + 5)
    targets = []
    while world.now_ns < pacer.wall_ns():
        targets.append(pacer.due_now_ns())
        world.run_until(targets[-1])
    assert targets == [SLICE_NS, 2 * SLICE_NS, 2 * SLICE_NS + 5]


def test_setting_utc_while_serving_moves_nothing() -> None:
    world, wall = World(1), Wall()
    pacer = Pacer(world, wall, EPOCH_NS)
    wall.utc_at_ns -= 3_600_000 * MS
    wall.go(4 * MS)
    assert pacer.wall_ns() == 4 * MS
    assert 0 <= pacer.arrival_ns(EPOCH_NS + 1 * MS) <= 4 * MS


def test_an_arrival_takes_place_when_the_kernel_saw_it() -> None:
    world, wall = World(1), Wall()
    pacer = Pacer(world, wall, EPOCH_NS)
    wall.go(50 * MS)
    assert pacer.arrival_ns(EPOCH_NS + 20 * MS) == 20 * MS
    assert pacer.arrival_ns(None) == 50 * MS
    assert pacer.arrival_ns(EPOCH_NS - 20 * MS) == 0, "never before the world's now"
    assert pacer.arrival_ns(EPOCH_NS + 90 * MS) == 50 * MS, "never ahead of the wall"


def test_the_wait_ends_at_what_is_due_or_after_a_step() -> None:
    world, wall = World(1), Wall()
    pacer = Pacer(world, wall, EPOCH_NS)
    assert pacer.wait_s(None) == pytest.approx(TICK_NS / 1e9)
    assert pacer.wait_s(300_000) == pytest.approx(0.0003)
    wall.go(TICK_NS)
    assert pacer.wait_s(None) == 0


class Pair:
    """A server's connection and the client's end of it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.create_connection(listener.getsockname())
            accepted, _ = listener.accept()
        self.connection = Connection(accepted, "test")
        self.client.settimeout(2)

    def close(self) -> None:
        self.client.close()
        self.connection.close()


@pytest.fixture
def pair() -> Generator[Pair]:
    made = Pair()
    yield made
    made.close()


def test_a_late_turn_changes_nothing_of_what_a_relay_does(pair: Pair) -> None:
    """Two commands 30 ms apart are worked 30 ms apart, though the loop saw both 100 ms late."""
    bench = make_bench()
    port = InstrumentPort("relay", bench.world, bench.relay)
    assert port.connect(pair.connection)
    start_ns = bench.world.now_ns
    port.received(pair.connection, b"ROUT:CLOS (@101)\n", start_ns)
    port.received(pair.connection, b"ROUT:OPEN (@101)\n", start_ns + 30 * MS)
    advance(bench.world, [port], start_ns + 100 * MS)
    (closed_ns, _), (opened_ns, _) = bench.switch.state
    delays_ns = bench.relay.release_ns[101] - bench.relay.operate_ns[101]
    assert opened_ns - closed_ns == 30 * MS + delays_ns
    assert closed_ns == start_ns + bench.relay.latency_ns + 16 * bench.relay.byte_ns + bench.relay.operate_ns[101]


def test_an_overrun_is_reported_in_its_turn_and_outlives_an_earlier_clear(pair: Pair) -> None:
    """A ``*CLS`` that came first is executed first, though both were read in one turn of the loop."""
    bench = make_bench()
    other = Pair()
    port = InstrumentPort("relay", bench.world, bench.relay)
    assert port.connect(pair.connection)
    assert port.connect(other.connection)
    start_ns = bench.world.now_ns
    port.received(pair.connection, b"*CLS\n", start_ns)
    port.received(other.connection, b"A" * 1_000_000, start_ns + 1)
    assert port.summary() == ""
    port.received(pair.connection, b"SYST:ERR?\nSYST:ERR?\n", start_ns + 2)
    advance(bench.world, [port], start_ns + 100 * MS)
    first, second = pair.client.recv(100).splitlines()
    assert first.startswith(b"-363,")
    assert second.startswith(b"+0,")
    assert port.summary() == "1 lines longer than the input buffer"
    other.close()


def test_octets_go_onto_the_line_when_they_came(pair: Pair) -> None:
    world = World(1)
    endpoint = SerialEndpoint(world, "modem end", topic="modem", baud=115_200, framing="8N1")
    port = LinkPort("modem", endpoint)
    assert port.connect(pair.connection)
    port.received(pair.connection, b"x", 5 * MS)
    assert endpoint.idle_at_ns == 0
    advance(world, [port], 5 * MS)
    assert 5 * MS + 86_000 < endpoint.idle_at_ns < 5 * MS + 88_000


def test_what_is_due_at_one_port_does_not_come_early_because_another_one_waits(pair: Pair) -> None:
    """The world goes in short steps while a relay's *OPC? is awaited; an octet of 5 ms is put on the line at 5 ms."""
    bench = make_bench()
    other = Pair()
    endpoint = SerialEndpoint(bench.world, "modem end", topic="modem", baud=115_200, framing="8N1")
    relay, link = InstrumentPort("relay", bench.world, bench.relay), LinkPort("modem", endpoint)
    assert relay.connect(pair.connection)
    assert link.connect(other.connection)
    start_ns = bench.world.now_ns
    relay.received(pair.connection, b"ROUT:CLOS (@101);*OPC?\n", start_ns)
    link.received(other.connection, b"x", start_ns + 5 * MS)
    advance(bench.world, [relay, link], start_ns + 2 * MS)
    assert relay.waits()
    advance(bench.world, [relay, link], start_ns + 5 * MS)
    assert 86_000 < endpoint.idle_at_ns - start_ns - 5 * MS < 88_000
    advance(bench.world, [relay, link], start_ns + 20 * MS)
    assert pair.client.recv(10) == b"1\n"
    other.close()


def test_a_slow_line_holds_its_client_up_until_it_has_sent(pair: Pair) -> None:
    world = World(1)
    endpoint = SerialEndpoint(world, "optical end", topic="optical", baud=300, framing="7E1")
    port = LinkPort("optical", endpoint)
    assert port.connect(pair.connection)
    port.received(pair.connection, bytes(LINE_BUFFER_OCTETS + 30), 0)
    assert not port.wants_input(pair.connection)
    advance(world, [port], 500 * MS)
    assert not port.wants_input(pair.connection)
    advance(world, [port], 1_100 * MS)
    assert port.wants_input(pair.connection)


def test_what_nobody_reads_on_a_link_is_lost_and_counted(pair: Pair) -> None:
    world = World(1)
    endpoint = SerialEndpoint(world, "modem end", topic="modem", baud=115_200, framing="8N1")
    port = LinkPort("modem", endpoint)

    def meter_sends(octets: bytes) -> None:
        endpoint.state.received += octets
        endpoint.state.received_ns += [world.now_ns] * len(octets)
        port.settle()

    meter_sends(b"nobody is there")
    assert port.connect(pair.connection)
    meter_sends(b"heard")
    assert pair.client.recv(100) == b"heard"
    while not pair.connection.clogged:
        pair.connection.send(bytes(100_000))
    meter_sends(b"unread")
    assert "6 octets lost" in port.summary()
