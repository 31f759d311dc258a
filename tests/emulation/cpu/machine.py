"""A world with nothing but the processor and a bus that records: what the processor's tests run on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.emulation.cpu import CortexM3
from harness.emulation.world import World
from tests.emulation.cpu.builder import Image

PERIPHERAL = 0x4000_0000
UART0 = 0x4000_C000
RESULTS = 0x2000_0100


@dataclass
class RecordingBus:
    """Remembers every access; ``on_access`` may do what a peripheral would."""

    writes: list[tuple[int, int, int]] = field(default_factory=list)
    reads: list[tuple[int, int]] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    cycles: list[int] = field(default_factory=list)
    answer: int = 0
    on_access: Callable[[int, int | None], None] | None = None
    machine: Machine | None = None

    def read(self, address: int, width: int) -> int:
        self._note()
        self.reads.append((address, width))
        if self.on_access:
            self.on_access(address, None)
        return self.answer

    def write(self, address: int, width: int, value: int) -> None:
        self._note()
        self.writes.append((address, width, value))
        if self.on_access:
            self.on_access(address, value)

    def _note(self) -> None:
        assert self.machine is not None
        self.times_ns.append(self.machine.world.now_ns)
        self.cycles.append(self.machine.cpu.cycles)


class Board:
    """A component that acts on the processor when an event comes: ("irq", [line, level]) and ("power", on)."""

    name = "board"

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        machine.world.add(self)

    def on_event(self, kind: str, argument: object) -> None:
        cpu = self.machine.cpu
        if kind == "irq":
            assert isinstance(argument, list)
            cpu.set_irq(argument[0], argument[1])
        elif kind == "power":
            (cpu.power_on if argument else cpu.power_off)()

    def capture(self) -> object:
        return None

    def restore(self, state: object) -> None:
        assert state is None


class Machine:
    """One processor running ``image``, switched on at time 0."""

    def __init__(self, image: Image, *, clock_hz: int = 16_000_000, clock_error_ppb: int = 0) -> None:
        self.image = image
        self.world = World(1)
        self.bus = RecordingBus(machine=self)
        self.cpu = CortexM3(
            self.world,
            self.bus,
            peripheral_ranges=[(PERIPHERAL, 0x2000), (UART0, 0x1000)],
            clock_hz=clock_hz,
            clock_error_ppb=clock_error_ppb,
            symbols=image.symbols,
        )
        self.board = Board(self)
        self.cpu.load_flash(0, image.flash)
        self.cpu.power_on()

    def run(self, for_ns: int) -> None:
        self.world.run_until(self.world.now_ns + for_ns)

    def run_cycles(self, cycles: int) -> None:
        """At 16 MHz, where 2 cycles are 125 ns."""
        self.run(cycles * 125 // 2)

    def irq_at(self, at_ns: int, line: int, level: bool) -> None:
        self.world.schedule(at_ns, "board", "irq", [line, level])

    def word(self, address: int) -> int:
        return int.from_bytes(self.cpu.read_memory(address, 4), "little")

    def written(self) -> list[int]:
        """The values written to the first peripheral register, in order: the firmware's own account of its path."""
        return [value for address, _, value in self.bus.writes if address == PERIPHERAL]
