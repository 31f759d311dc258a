"""Outputs that the native core switches: a port must be left as if every write of DATA had been worked out in full."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from harness.emulation.lm3s6965.gpio import GpioPort
from harness.emulation.parts.ade7953_frame import Ade7953Frame
from tests.emulation.lm3s6965.rig import GPIOA, Rig

SELECT_PIN = 3
DIR, SENSE, BOTH, EVENT, IM, AFSEL, ODR = 0x400, 0x404, 0x408, 0x40C, 0x410, 0x420, 0x50C


@dataclass
class SelectWire:
    """A part's chip select at pin 3, as the board wires it."""

    port: GpioPort
    part: Ade7953Frame

    def drive(self, level: bool) -> None:
        if not self.port.is_peripheral_pin(SELECT_PIN):
            self.part.select(self.port.is_output(SELECT_PIN) and not level)


@dataclass
class OtherWire:
    """Another pin's wire."""

    levels: list[bool] = field(default_factory=list)

    def drive(self, level: bool) -> None:
        if not self.levels or self.levels[-1] != level:
            self.levels.append(level)


class Port:
    """Port A with a part and a wire."""

    def __init__(self, *, quick: bool) -> None:
        self.rig = Rig()
        self.port = self.rig.mcu.gpio["a"]
        self.part, self.wire = Ade7953Frame(lambda *_: 0), OtherWire()
        select = SelectWire(self.port, self.part)
        self.port.connect(SELECT_PIN, select, native_half=self.part.place if quick else 0)
        self.port.connect(5, self.wire)
        self.quick = quick
        self.rig.write(GPIOA + 0x51C, 0xFF)

    def write(self, offset: int, value: int) -> list[object]:
        """Write a register; gives all that can be seen of the port afterwards."""
        self.rig.write(GPIOA + offset, value)
        if not self.quick:
            self.port.pins.quick = 0
        data = self.rig.read(GPIOA + 0x3FC) if self.port.state.dir == 0xFF else -1
        raw, masked = self.rig.read(GPIOA + 0x414), self.rig.read(GPIOA + 0x418)
        selected = self.part.registers.selected
        return [data, raw, masked, selected, self.rig.line(0), self.wire.levels, self.port.capture()]


def test_quick_and_slow_are_the_same() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    ports = Port(quick=True), Port(quick=False)
    switched = 0
    for _ in range(3_000):
        if chance.randrange(8):
            offset, value = chance.randrange(256) << 2, chance.randrange(256)
        else:
            offset, value = (
                chance.choice((DIR, SENSE, BOTH, EVENT, IM, AFSEL, ODR)),
                chance.choice((0, 0xFF, 0xF7, 1 << chance.randrange(8))),
            )
            if offset in {DIR, AFSEL, ODR}:  # mostly outputs
                value = chance.choice((0xFF, 0xFF, 0xF7) if offset == DIR else (0, 0, 1 << chance.randrange(8)))
        before = ports[0].port.pins.pin_level
        now = [port.write(offset, value) for port in ports]
        assert now[0] == now[1]
        switched += bool((ports[0].port.pins.pin_level ^ before) & ports[0].port.pins.quick)
    assert switched > 500


def test_after_a_restore_the_same_pins_are_quick() -> None:
    port = Port(quick=True)
    port.rig.write(GPIOA + DIR, 0xFF)
    quick = port.port.pins.quick
    assert quick == 0xFF & ~0x20
    snapshot = port.rig.world.snapshot()
    port.rig.write(GPIOA + DIR, 0)
    assert port.port.pins.quick == 0
    port.rig.world.restore(snapshot)
    assert port.port.pins.quick == quick
    assert port.rig.world.snapshot().digest() == snapshot.digest()
