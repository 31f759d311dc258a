"""The emulated bench, put together from a bench file: world, board, instruments, and the booted meter.

Every test begins in the same booted world (a snapshot), with chance drawn anew for that test, so a test's result
depends on seed, image and its own id alone: not on the tests before it, nor on the worker that runs it.
"""

from __future__ import annotations

from pathlib import Path

import pyvisa

from harness.bench.clock import Clock
from harness.bench.errors import BenchFileError
from harness.bench.files import BenchFile, MeterFile
from harness.bench.link import ByteLink
from harness.bench.ports import SmbusPort
from harness.emulation.factory import ACCESS_ADDRESS, KEYS_ADDRESS, make_access_block, make_key_page
from harness.emulation.instruments.board_ports import EmulatedPorts
from harness.emulation.instruments.families import make_instrument
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.link import EmulatedLink
from harness.emulation.meter_board import MeterBoard
from harness.emulation.network.path import NetworkPath
from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.plant.felt import FeltPlant
from harness.emulation.plant.mains_electronics import MeterSupplyNet
from harness.emulation.plant.plant import make_plant
from harness.emulation.world import World
from harness.meter.ciphering import CipherKeys

BOOT_NS = 3_000_000_000
"""The meter is up well within a second; then its clock waits for the next whole second once."""


class EmulatedClock:
    """Bench time that is the world's time: sleeping is what makes the world go on."""

    def __init__(self, world: World, epoch_utc_ns: int) -> None:
        self._world = world
        self._epoch_utc_ns = epoch_utc_ns

    def now_ns(self) -> int:
        """The world's time in ns."""
        return self._world.now_ns

    def utc_ns(self) -> int:
        """The world's time from the bench file's epoch."""
        return self._epoch_utc_ns + self._world.now_ns

    def sleep_ns(self, duration_ns: int) -> None:
        """Let the world go on for ``duration_ns``."""
        if duration_ns > 0:
            self._world.run_until(self._world.now_ns + duration_ns)


class EmulatedBench:
    """A bench whose instruments, wires and meter are all in one world."""

    def __init__(self, file: BenchFile, meter: MeterFile, *, image: bytes, symbols: Path | None, seed: int) -> None:
        self.file = file
        self.meter = meter
        self.world = World(seed)
        epoch_s = int(file.bench.epoch.timestamp())
        self.clock: Clock = EmulatedClock(self.world, epoch_s * 1_000_000_000)
        self.plant = make_plant(self.world, file.shunts)
        self.board = MeterBoard(
            self.world,
            serial=meter.meter.serial,
            utc_at_zero_s=epoch_s,
            surroundings=FeltPlant(self.plant),
            hall_sensor=file.emulation.hall_sensor,
            battery=file.emulation.battery,
            hall_sensor_fault=file.emulation.hall_sensor_fault,
            accelerometer=file.emulation.accelerometer,
            thermistor=file.emulation.terminal_thermistor,
            core_slow_ppm=file.emulation.main_crystal_slow_ppm,
        )
        if file.surge is not None:
            self.plant.mains.surge_V = round(file.surge.level_V)
        self.plant.injection.attach(self.board.mcu.gpio["e"])
        for net in self.plant.magnet.nets.values():
            net.watchers.append(self.board.latch.name)
        for moving in (self.plant.attitude, self.plant.shaker):
            moving.watchers.append(self.board.accelerometer.name)
        self.plant.mains.consumers.append(self.board.supply_contact.name)
        self.plant.mains.tell_earth(self.board.earth_sense.name)
        self.board.supply_contact.watchers.append(MeterSupplyNet(self.world, self.board.cpu).name)
        self.network = NetworkPath(self.world, self.board.modem)
        instruments = {role: make_instrument(self.world, role, entry) for role, entry in file.instruments.items()}
        self._ports = EmulatedPorts(self.world, file.instruments, instruments)
        self.board.load_image(image, symbols)
        if meter.diagnostic is not None:
            block = make_access_block(meter.diagnostic.password, meter.meter.serial)
            self.board.cpu.load_flash(ACCESS_ADDRESS, block)
        if meter.alerts.ciphering is not None:
            self.board.cpu.load_flash(KEYS_ADDRESS, make_key_page(CipherKeys(*meter.alerts.ciphering.keys)))
        self.board.power_on()
        self.world.run_until(BOOT_NS)
        self._booted = self.world.snapshot()
        self.resources = pyvisa.ResourceManager(
            EmulatedVisaLibrary.for_bench(f"emulated bench, seed {seed}", self.world, self._ports.visa)
        )

    @property
    def keeps_history(self) -> bool:
        """Each test begins with the booted meter, which knows nothing of the tests before."""
        return False

    def endpoint(self, name: str) -> SerialEndpoint:
        """The board's serial line behind the link of that name in the bench file."""
        address = self.file.link(name).address
        ends = {"modem": self.board.modem, "optical": self.board.optical, "diagnostic": self.board.diagnostic}
        scheme, _, end = address.partition(":")
        if scheme != "board" or end not in ends:
            raise BenchFileError(
                f"key 'links.{name}.address': expected board:NAME on an emulated bench with NAME one of "
                f"{', '.join(ends)}; found {address!r}"
            )
        return ends[end]

    def open_link(self, name: str) -> ByteLink:
        """Open the link of that name."""
        return EmulatedLink(self.world, self.endpoint(name))

    def open_smbus(self, resource: str, timeout_s: float) -> SmbusPort:
        """Open the emulated board at that address; an emulated transfer never hangs."""
        return self._ports.open_smbus(resource)

    def open_serial(self, resource: str, timeout_s: float) -> ByteLink:
        """Open the emulated board at that port; an emulated port takes what is written at once."""
        return self._ports.open_serial(resource)

    def start_test(self, test_id: str) -> None:
        """Back to the booted meter, with chance drawn for this test."""
        self.world.restore(self._booted)
        self.world.relabel(test_id)

    def close(self) -> None:
        """Close the VISA sessions; the world needs no goodbye."""
        self.resources.close()
