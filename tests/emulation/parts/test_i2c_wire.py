"""SCL and SDA as a probe finds them: against the rules of UM10204, with a decoder of this file's own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.emulation.errors import NotModelledError
from harness.emulation.nets import HISTORY_NS
from harness.emulation.parts.eeprom_24lc256 import Eeprom24lc256
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.i2c_wire import I2cLine, I2cWire, Told
from harness.emulation.world import World
from tests.emulation.lm3s6965.rig import GPIOB, I2C0, Rig

MSA, MCS, MDR, MTPR, MCR = (I2C0 + offset for offset in (0x00, 0x04, 0x08, 0x0C, 0x20))
RUN, START, STOP, ACK = 1, 2, 4, 8
KHZ_100, KHZ_400 = 7, 1
"""MTPR at 16 MHz; the second gives 400 kHz."""

LIMITS_NS = {
    KHZ_100: {"low": 4_700, "high": 4_000, "hold start": 4_000, "set-up start": 4_700, "set-up stop": 4_000},
    KHZ_400: {"low": 1_300, "high": 600, "hold start": 600, "set-up start": 600, "set-up stop": 600},
}
"""UM10204 rev. 7, table 10: the shortest times."""


class Board:
    """A chip, a bus with an EEPROM, two probed wires."""

    def __init__(self, prescaler: int = KHZ_100) -> None:
        self.rig = Rig()
        for offset in (0x420, 0x50C, 0x51C):
            self.rig.write(GPIOB + offset, 0x0C)
        self.rig.bus.attach("eeprom", Eeprom24lc256(self.rig.world, "eeprom"))
        nets = self.rig.bus.make_nets("SCL", "SDA")
        self.scl, self.sda = nets["SCL"], nets["SDA"]
        self.rig.bus.power_on()
        self.rig.write(MCR, 0x10)
        self.rig.write(MTPR, prescaler)
        self.rig.wait(1_000)

    @property
    def now_ns(self) -> int:
        return self.rig.world.now_ns

    def command(self, bits: int, byte: int | None = None, address: int | None = None) -> None:
        if address is not None:
            self.rig.write(MSA, address)
        if byte is not None:
            self.rig.write(MDR, byte)
        self.rig.write(MCS, bits)
        while self.rig.read(MCS) & 1:
            self.rig.wait(1_000)

    def read_two(self) -> None:
        """Two address bytes, repeated START, two bytes read."""
        self.command(RUN | START, 0x12, address=0xA0)
        self.command(RUN, 0x34)
        self.command(RUN | START | ACK, address=0xA1)
        self.command(RUN | STOP)

    def walk(self, from_ns: int = 0) -> list[tuple[int, str, bool]]:
        """All edges in order of time; falling SCL before SDA where both fall together would hide an error."""
        edges = []
        for wire, net in (("scl", self.scl), ("sda", self.sda)):
            level, times = net.edges_between(from_ns, self.now_ns + 1)
            for at_ns in times:
                level = not level
                edges.append((at_ns, wire, level))
        return sorted(edges)


def decode(edges: Sequence[tuple[int, str, bool]], scl: bool = True, sda: bool = True) -> str:
    """``S`` START, ``P`` STOP, bytes in hex followed by ``a`` or ``n``."""
    text, bits = "", []
    for _, wire, level in edges:
        if wire == "sda":
            sda = level
            if scl:
                text, bits = text + ("P" if level else "S"), []
        else:
            scl = level
            if level:
                bits.append(sda)
            elif len(bits) == 9:
                value = sum(bit << (7 - place) for place, bit in enumerate(bits[:8]))
                text, bits = text + f"{value:02X}{'n' if bits[8] else 'a'}", []
    return text


@pytest.mark.parametrize("prescaler", [KHZ_100, KHZ_400])
def test_a_transfer_reads_as_what_was_done(prescaler: int) -> None:
    board = Board(prescaler)
    begin_ns = board.now_ns
    board.read_two()
    assert decode(board.walk(begin_ns)) == "SA0a12a34aSA1aFFaFFnP"
    board.rig.wait(100_000)
    begin_ns = board.now_ns
    board.command(RUN | START, 0x55, address=0x3C)  # nobody at 0x1E
    board.command(STOP)
    assert decode(board.walk(begin_ns)) == "S3CnP"


@pytest.mark.parametrize("prescaler", [KHZ_100, KHZ_400])
def test_times_keep_the_bus_rules(prescaler: int) -> None:
    board = Board(prescaler)
    begin_ns = board.now_ns
    board.read_two()
    shortest = dict.fromkeys(LIMITS_NS[prescaler], 1 << 40)
    since = {"scl": 0, "sda": 0}
    scl, start_ns = True, 0
    for at_ns, wire, level in board.walk(begin_ns):
        if wire == "scl":
            shortest["low" if level else "high"] = min(shortest["low" if level else "high"], at_ns - since["scl"])
            if not level and start_ns:
                shortest["hold start"], start_ns = min(shortest["hold start"], at_ns - start_ns), 0
            scl = level
        elif scl and not level:
            start_ns = at_ns
            shortest["set-up start"] = min(shortest["set-up start"], at_ns - since["scl"] if since["scl"] else 1 << 40)
        elif scl:
            shortest["set-up stop"] = min(shortest["set-up stop"], at_ns - since["scl"])
        else:
            assert at_ns > since["scl"], "SDA changes before SCL is low"
        since[wire] = at_ns
    for what, limit_ns in LIMITS_NS[prescaler].items():
        assert limit_ns <= shortest[what] < 10 * limit_ns, what


def test_a_part_of_the_history_is_the_same_as_that_part_of_the_whole() -> None:
    board = Board()
    board.read_two()
    for net in (board.scl, board.sda):
        level, whole = net.edges_between(0, board.now_ns + 1)
        for from_ns in range(0, board.now_ns, 7_001):
            to_ns = from_ns + 43_000
            expected = level != bool(sum(at < from_ns for at in whole) % 2)
            assert net.edges_between(from_ns, to_ns) == (expected, [at for at in whole if from_ns <= at < to_ns])
            assert net.level_at(from_ns) == (level != bool(sum(at <= from_ns for at in whole) % 2))


def test_a_byte_under_way_is_known_at_its_end_and_says_when() -> None:
    board = Board()
    begin_ns = board.now_ns
    board.rig.write(MSA, 0xA0)
    board.rig.write(MDR, 0)
    board.rig.write(MCS, RUN | START)
    board.rig.wait(30_000)
    assert board.scl.edges_between(begin_ns, board.now_ns)[1] == []
    assert board.scl.told_by_ns(board.now_ns) == begin_ns + 100_000
    assert board.scl.told_by_ns(begin_ns) == begin_ns
    board.rig.wait(70_000)
    assert board.scl.edges_between(begin_ns, begin_ns + 30_000)[1] == [
        begin_ns + at for at in (10_000, 16_000, 20_000, 26_000)
    ]


@pytest.mark.parametrize(("into_ns", "scl_was_high"), [(43_000, False), (47_000, True)])
def test_a_reset_in_the_middle_of_a_byte_lets_go_of_both_wires(into_ns: int, scl_was_high: bool) -> None:
    board = Board()
    board.command(RUN | START, 0, address=0xA0)
    assert not board.scl.level_at(board.now_ns)  # the master holds SCL between bytes
    board.rig.write(MCS, RUN)
    board.rig.wait(into_ns)
    cut_ns = board.now_ns
    board.rig.mcu.i2c.reset_block()
    board.rig.wait(1_000_000)
    assert (board.scl.level_at(cut_ns), board.sda.level_at(cut_ns)) == (True, True)
    assert board.scl.edges_between(cut_ns, board.now_ns) == (scl_was_high, [] if scl_was_high else [cut_ns])
    edges = board.scl.edges_between(0, board.now_ns)[1]
    assert edges == sorted(edges)
    assert edges[-1] == cut_ns - (1_000 if scl_was_high else 0)  # nothing of the byte's rest


def test_the_supply_takes_the_wires_with_it() -> None:
    board = Board()
    board.command(RUN | START, 0, address=0xA0)
    board.rig.bus.power_off()
    board.rig.wait(1_000)
    assert (board.scl.level_at(board.now_ns), board.sda.level_at(board.now_ns)) == (False, False)
    board.rig.bus.power_on()
    assert (board.scl.level_at(board.now_ns), board.sda.level_at(board.now_ns)) == (True, True)


def test_a_reset_of_an_idle_bus_leaves_no_trace() -> None:
    board = Board()
    before = len(board.rig.bus.wire.state.steps)
    board.rig.mcu.i2c.reset_block()
    assert len(board.rig.bus.wire.state.steps) == before


def test_whoever_asked_is_called_once() -> None:
    board = Board()
    heard: list[str] = []

    class Ear:
        name = "ear"

        def on_event(self, kind: str, argument: object) -> None:
            heard.append(f"{kind} {argument}")

        def capture(self) -> None: ...

        def restore(self, state: object) -> None: ...

    board.rig.world.add(Ear())
    board.sda.call_once("ear")
    board.sda.call_once("ear")
    board.command(RUN | START, 0, address=0xA0)
    board.command(RUN | STOP)
    assert heard == ["edge SDA"]


def test_the_past_is_bounded_and_what_is_left_of_it_stays_right() -> None:
    world = World(1)
    wire = I2cWire(world, "wire")
    sda = I2cLine(world, "SDA", wire, sda=True)
    wire.power(True)
    for _ in range(5_000):
        for kind, byte in ((Told.START, 0xA0), (Told.STOP, 0)):
            end_ns = world.now_ns + 100_000
            wire.begin(kind, byte, 10_000, end_ns)
            world.run_until(end_ns)
            wire.end(byte, True)
        world.run_until(world.now_ns + 99_800_000)
    assert HISTORY_NS // 100_000_000 * 2 <= len(wire.state.steps) <= HISTORY_NS // 100_000_000 * 4 + 2
    level, edges = sda.edges_between(world.now_ns - HISTORY_NS, world.now_ns)
    assert level
    assert len(edges) == 6 * HISTORY_NS // 100_000_000  # START, A0's three edges to the acknowledge, STOP's two
    assert wire.state.before & 7 != Told.DEAD


def test_a_restored_wire_goes_on_as_it_did() -> None:
    board = Board()
    board.command(RUN | START, 0, address=0xA0)
    board.rig.write(MCS, RUN)
    board.rig.wait(20_000)
    snapshot = board.rig.world.snapshot()
    seen = []
    for _ in range(2):
        board.rig.world.restore(snapshot)
        board.rig.wait(200_000)
        seen.append((board.walk(), board.rig.world.snapshot().digest()))
    assert seen[0] == seen[1]


def test_nothing_else_drives_the_wires() -> None:
    bus = I2cBus(World(1), "bus")
    with pytest.raises(NotModelledError, match="SCL"):
        bus.make_nets("SCL", "SDA")["SCL"].drive(True)
