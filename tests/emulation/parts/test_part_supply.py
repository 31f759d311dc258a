"""A part whose supply the bench takes away is silent, and is as after power-on when it has it again."""

from __future__ import annotations

from harness.emulation.parts.ade7953 import Ade7953
from harness.emulation.parts.atecc608 import Atecc608
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.lis3dh import Lis3dh
from harness.emulation.world import World
from tests.emulation.parts.sources import HandMade

MS = 1_000_000
BIT_NS = 10_000
MOTION, ELEMENT = 0x18, 0x60
CTRL1 = 0x20


class Wire:
    """The accelerometer's interrupt line; it remembers."""

    def __init__(self) -> None:
        self.level = True

    def drive(self, level: bool) -> None:
        self.level = level


class Parts:
    """The three parts in a world; the two on the bus worked as a master works them."""

    def __init__(self) -> None:
        self.world = World(1)
        self.bus = I2cBus(self.world, "bus")
        self.wire = Wire()
        self.bus.attach("accelerometer", Lis3dh(self.world, "accelerometer", HandMade(), self.wire))
        self.bus.attach("secure element", Atecc608(self.world, "secure element", "TBR00000001"))
        self.front_end = Ade7953(self.world, "front end", HandMade())
        self.front_end.power_on()

    def switch(self, part: str, *, unfed: bool) -> None:
        """The relay in the part's supply works, as a relay unit's channel does it."""
        self.world.schedule(self.world.now_ns + MS, part, "unfed", unfed)
        self.world.run_until(self.world.now_ns + 2 * MS)

    def write(self, address: int, *octets: int) -> bool:
        acknowledged = self.bus.address(address, False, BIT_NS)
        acknowledged = acknowledged and all(self.bus.write(octet) for octet in octets)
        self.bus.stop()
        return acknowledged

    def read_register(self, address: int, register: int) -> int:
        assert self.write(address, register)
        assert self.bus.address(address, True, BIT_NS)
        octet = self.bus.read()
        self.bus.stop()
        return octet

    def wake(self) -> bool:
        """The wake token, and whether the element acknowledges after it."""
        self.bus.address(0, False, BIT_NS)
        self.bus.stop()
        self.world.run_until(self.world.now_ns + 2 * MS)
        acknowledged = self.bus.address(ELEMENT, True, BIT_NS)
        self.bus.stop()
        return acknowledged

    def frame(self, octets: str) -> bytes:
        self.front_end.select(True)
        answer = bytes(self.front_end.exchange(octet, 8, self.world.now_ns) for octet in bytes.fromhex(octets))
        self.front_end.select(False)
        return answer


def test_the_accelerometer_loses_its_settings_and_its_line_falls() -> None:
    parts = Parts()
    assert parts.write(MOTION, CTRL1, 0x57)
    parts.switch("accelerometer", unfed=True)
    assert not parts.write(MOTION, CTRL1, 0x57)
    assert not parts.wire.level
    parts.switch("accelerometer", unfed=False)
    assert parts.read_register(MOTION, CTRL1) == 0x07  # the data sheet's value after power-on


def test_the_secure_element_takes_no_wake_token_without_supply() -> None:
    parts = Parts()
    parts.switch("secure element", unfed=True)
    assert not parts.wake()
    parts.switch("secure element", unfed=False)
    assert parts.wake()
    parts.switch("secure element", unfed=True)
    parts.switch("secure element", unfed=False)
    assert not parts.bus.address(ELEMENT, True, BIT_NS)  # asleep after its supply has come


def test_the_front_end_reads_as_ones_and_forgets_its_settings() -> None:
    parts = Parts()
    parts.frame("00FE 00 AD")
    parts.frame("0120 00 0030")
    parts.switch("front end", unfed=True)
    assert parts.frame("0120 80 0000") == b"\xff" * 5
    parts.switch("front end", unfed=False)
    assert parts.frame("0120 80 0000")[3:] == b"\x00\x00"


def test_the_meters_own_power_cut_does_not_feed_a_part() -> None:
    parts = Parts()
    for part in ("accelerometer", "secure element", "front end"):
        parts.switch(part, unfed=True)
    for component in (*parts.bus.devices.values(), parts.front_end):
        assert isinstance(component, Lis3dh | Atecc608 | Ade7953)
        component.power_off()
    parts.front_end.power_on()
    assert not parts.write(MOTION, CTRL1, 0x57)
    assert not parts.wake()
    assert parts.frame("0120 80 0000") == b"\xff" * 5
