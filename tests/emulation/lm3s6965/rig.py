"""A chip on a bench without processor: registers are worked by hand, interrupt lines are watched."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.emulation.lm3s6965.hibernation import Crystal
from harness.emulation.lm3s6965.mcu import Mcu
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.world import World

SYSCTL, GPIOA, GPIOB, GPIOC, GPIOD = 0x400F_E000, 0x4000_4000, 0x4000_5000, 0x4000_6000, 0x4000_7000
GPIOG, UART0, UART1, I2C0, GPTM0 = 0x4002_6000, 0x4000_C000, 0x4000_D000, 0x4002_0000, 0x4003_0000
WATCHDOG, HIB, FLASH, SSI0 = 0x4000_0000, 0x400F_C000, 0x400F_D000, 0x4000_8000
RCC, RCGC0, RCGC1, RCGC2 = SYSCTL + 0x060, SYSCTL + 0x100, SYSCTL + 0x104, SYSCTL + 0x108
RCC_16_MHZ = 0x0780_3842
"""Main oscillator on and selected, internal off, PLL powered down and bypassed, divider unused."""


@dataclass
class WatchedCore:
    """The processor's side of the chip: remembers what it is told."""

    memory: bytearray = field(default_factory=lambda: bytearray(b"\xff" * 256 * 1024))
    lines: dict[int, bool] = field(default_factory=dict)
    hz: int = 0
    resets: int = 0
    powered: bool = False

    def set_irq(self, line: int, level: bool) -> None:
        self.lines[line] = level

    def set_clock(self, hz: int) -> None:
        self.hz = hz

    def load_flash(self, offset: int, data: bytes) -> None:
        self.memory[offset : offset + len(data)] = data

    def read_memory(self, address: int, size: int) -> bytes:
        return bytes(self.memory[address : address + size])

    def power_on(self) -> None:
        self.powered = True

    def power_off(self) -> None:
        self.powered = False

    def request_reset(self) -> None:
        self.resets += 1


class Rig:
    """World, chip and core, with the clock at 16 MHz and all gates open."""

    def __init__(self, seed: int = 1, core_ppb: int = 0, crystal_ppb: int = 0, epoch_ns: int = 0) -> None:
        self.world = World(seed)
        self.bus = I2cBus(self.world, "bus")
        self.mcu = Mcu(self.world, self.bus, epoch_ns=epoch_ns, core_ppb=core_ppb, crystal=Crystal(crystal_ppb))
        self.core = WatchedCore()
        self.mcu.attach_core(self.core)
        self.mcu.power_on()
        self.set_up()

    def set_up(self) -> None:
        """What a firmware does first."""
        self.write(RCC, RCC_16_MHZ)
        self.write(RCGC0, 0x48)
        self.write(RCGC1, 0xF1017)
        self.write(RCGC2, 0x7F)

    def read(self, address: int) -> int:
        return self.mcu.read(address, 4)

    def write(self, address: int, value: int) -> None:
        self.mcu.write(address, 4, value)

    def line(self, irq: int) -> bool:
        return self.core.lines.get(irq, False)

    def wait(self, ns: int) -> None:
        self.world.run_until(self.world.now_ns + ns)
