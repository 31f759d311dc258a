"""Every driver of the registry on its emulated instrument, with a faulty transport between, and how each is called."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pyvisa

from harness.bench.files import BenchFile, InstrumentEntry, load_bench_file
from harness.bench.ports import kind_of
from harness.emulation.instruments.board_ports import EmulatedPorts
from harness.emulation.instruments.families import make_instrument
from harness.emulation.instruments.visa_library import EmulatedVisaLibrary
from harness.emulation.meter_board import MeterBoard
from harness.emulation.network.path import NetworkPath
from harness.emulation.plant.mains_electronics import MeterSupplyNet
from harness.emulation.plant.plant import make_plant
from harness.emulation.world import World
from harness.instruments.network_emulator import Impairment
from harness.instruments.open import open_instrument
from harness.instruments.registry import DRIVERS
from tests.instruments.boards import CHANNELS, RESOURCES, SERIALS
from tests.instruments.faults import (
    LOST_ON_WRITE,
    READ_FAULTS,
    FaultySerial,
    FaultySmbus,
    FaultyVisa,
    Plan,
    says_the_same,
)
from tests.instruments.small_bench import WorldClock
from tests.system.commands import BENCH

MS = 1_000_000


@dataclass(frozen=True)
class Call:
    """One public method: what is done before it (honestly), and the call."""

    method: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    before: Callable[[Any, FaultBench], None] = lambda _driver, _bench: None

    def __str__(self) -> str:
        return f"{self.method}{self.arguments}"


def _armed(driver: Any, bench: FaultBench) -> None:
    driver.reset()
    driver.configure_channel(1, full_scale_V=6.6, offset_V=1.65, label="CASE_SW")
    driver.arm_single(1, 1.65, "rising", window_before_ns=MS, window_after_ns=MS, points=1000)
    bench.wait(10 * MS)


def _triggered(driver: Any, bench: FaultBench) -> None:
    _armed(driver, bench)
    bench.board.nets["CASE_SW"].drive(True)
    bench.wait(10 * MS)


def _acquired(driver: Any, bench: FaultBench) -> None:
    _triggered(driver, bench)
    assert driver.wait_acquired(100 * MS)


def _digital(driver: Any, bench: FaultBench) -> None:
    driver.reset()
    driver.configure_digital({0: "I2C_SCL", 1: "I2C_SDA"}, threshold_V=1.4)


def _digital_acquired(driver: Any, bench: FaultBench) -> None:
    driver.reset()
    driver.configure_digital({channel: net for net, channel in bench.digital.items()}, threshold_V=1.4)
    driver.configure_channel(1, full_scale_V=6.6, offset_V=1.65)
    driver.arm_single(1, 1.65, "rising", window_before_ns=MS, window_after_ns=MS, points=1000)
    bench.wait(10 * MS)
    bench.board.nets["CASE_SW"].drive(True)
    bench.wait(10 * MS)
    assert driver.wait_acquired(100 * MS)


def _reset(driver: Any, _bench: FaultBench) -> None:
    driver.reset()


def _chip_open(driver: Any, bench: FaultBench) -> None:
    """The chip's debug port gives zeros: on this bench no processor runs that could give its memory."""
    chip: Any = bench.world.component("mcu")
    chip.read_by_debugger = lambda _address, size: bytes(size)
    driver.reset()
    assert driver.examine() == ""


def _after(*calls: Call) -> Callable[[Any, FaultBench], None]:
    def run(driver: Any, bench: FaultBench) -> None:
        driver.reset()
        for call in calls:
            getattr(driver, call.method)(*call.arguments, **call.keywords)
            bench.wait(MS)

    return run


WINDOW = {"window_before_ns": MS, "window_after_ns": MS, "points": 1000}


def _relay_calls(channel: int) -> tuple[Call, ...]:
    closed = _after(Call("close", (channel,)))
    return (
        Call("reset"),
        Call("close", (channel,), before=_reset),
        Call("open", (channel,), before=closed),
        Call("open_all", before=closed),
        Call("closed", (channel,), before=closed),
        Call("closed", (channel,), before=_reset),
        Call("closed_channels", before=closed),
    )


CALLS: dict[str, tuple[Call, ...]] = {
    "keysight-infiniivision": (
        Call("reset"),
        Call("configure_channel", (1, 6.6, 1.65), {"label": "CASE_SW"}, before=_reset),
        Call("configure_clamp", (1, 8.0, 0.0), {"amperes_per_volt": 10.0, "label": "COIL_I"}, before=_reset),
        Call("configure_digital", ({0: "I2C_SCL", 1: "I2C_SDA"}, 1.4), before=_reset),
        Call("switch_off", (2,), before=_reset),
        Call("arm_single", (1, 1.65, "rising"), WINDOW, before=_reset),
        Call("arm_digital", (0, "rising"), WINDOW, before=_digital),
        Call("triggered", before=_triggered),
        Call("triggered", before=_armed),
        Call("wait_acquired", (20 * MS,), before=_triggered),
        Call("wait_acquired", (20 * MS,), before=_armed),
        Call("read_waveform", (1,), before=_acquired),
        Call("read_digital", (1,), before=_digital_acquired),
        Call("stop", before=_armed),
    ),
    "keysight-34970a": _relay_calls(101),
    "mcp23017": _relay_calls(CHANNELS["mcp23017"][0]),
    "pcf8574": _relay_calls(CHANNELS["pcf8574"][0]),
    "numato-relay": _relay_calls(CHANNELS["numato-relay"][0]),
    "keysight-n6705": (
        Call("reset"),
        Call("set_current_A", (1, 0.5), before=_reset),
        Call("output_on", (1,), before=_reset),
        Call("output_off", (1,), before=_after(Call("output_on", (1,)))),
        Call("all_off", before=_after(Call("output_on", (2,)))),
        Call("outputs_on", before=_after(Call("output_on", (2,)))),
        Call("measured_current_A", (1,), before=_after(Call("set_current_A", (1, 0.5)), Call("output_on", (1,)))),
        Call("limited", (1,), before=_reset),
        Call("prepare_sine", (1, 0.2, 50.0), before=_reset),
        Call("prepare_pulse", (1, 0.2, 0.01), before=_reset),
        Call("start_waveform", (1,), before=_after(Call("prepare_sine", (1, 0.2, 50.0)))),
        Call("end_waveform", (1,), before=_after(Call("prepare_pulse", (1, 0.2, 0.01)))),
    ),
    "keysight-33500": (
        Call("reset"),
        Call("prepare_sine", (1, 7.0, 1.0, 5), before=_reset),
        Call("prepare_samples", (1, (0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0, -1.0), 100.0, 1.0), before=_reset),
        Call("prepare_pulses", (2, 0.01, 0.1, 3, 3.3), before=_reset),
        Call("fire", before=_after(Call("prepare_sine", (1, 7.0, 1.0, 5)))),
        Call("off", (1,), before=_after(Call("prepare_sine", (1, 7.0, 1.0, 5)))),
        Call("all_off", before=_after(Call("prepare_sine", (1, 7.0, 1.0, 5)))),
        Call("outputs_on", before=_after(Call("prepare_sine", (1, 7.0, 1.0, 5)))),
        Call("closed", (1,), before=_reset),
    ),
    "linux-netem": (
        Call("reset"),
        Call("impair", (Impairment(delay_ms=120.0, loss_percent=5.0),), before=_reset),
        Call("clear", before=_after(Call("impair", (Impairment(delay_ms=120.0),)))),
        Call("is_clear", before=_reset),
    ),
    "lakeshore-f71": (
        Call("reset"),
        Call("set_range_mT", (100.0,), before=_reset),
        Call("field_mT", before=_after(Call("set_range_mT", (100.0,)))),
        Call("set_alternating", (True,), before=_reset),
        Call("rms_mT", before=_after(Call("set_range_mT", (100.0,)), Call("set_alternating", (True,)))),
    ),
    "keysight-ac6800": (
        Call("reset"),
        Call("set_output", (230.0, 50.0), before=_reset),
        Call("output_on", before=_after(Call("set_output", (230.0, 50.0)))),
        Call("output_off", before=_after(Call("set_output", (230.0, 50.0)), Call("output_on"))),
        Call("is_on", before=_reset),
        Call("check", before=_reset),
        Call("voltage_V", before=_after(Call("set_output", (230.0, 50.0)), Call("output_on"))),
        Call("current_A", before=_after(Call("set_output", (230.0, 50.0)), Call("output_on"))),
        Call("frequency_Hz", before=_after(Call("set_output", (230.0, 50.0)), Call("output_on"))),
    ),
    "chroma-63800": (
        Call("reset"),
        Call("set_current", (1.0,), before=_reset),
        Call("set_crest", (1.0, 2.0), before=_reset),
        Call("load_on", before=_after(Call("set_current", (1.0,)))),
        Call("load_off", before=_after(Call("set_current", (1.0,)), Call("load_on"))),
        Call("is_on", before=_reset),
        Call("current_A", before=_reset),
    ),
    "keysight-34465a": (
        Call("reset"),
        Call("currents_A", ("AC", 3.0, 2), before=_reset),
        Call("currents_A", ("DC", 1.0), before=_reset),
        Call("fast_currents_A", (1.0, 2), before=_reset),
    ),
    "espec-p300": (
        Call("reset"),
        Call("condition", (40.0,), before=_reset),
        Call("standby", before=_after(Call("condition", (40.0,)))),
        Call("conditioning", before=_after(Call("condition", (40.0,)))),
        Call("air_C", before=_reset),
    ),
    "openocd": (
        Call("reset"),
        Call("hold_reset", before=_reset),
        Call("release_reset", before=_after(Call("hold_reset"))),
        Call("scan", before=_reset),
        Call("examine", before=_reset),
        Call("read_words", (0x20000000, 2), before=_reset),
        Call("examine", before=_chip_open),
        Call("read_words", (0x20000000, 2), before=_chip_open),
    ),
    "newport-esp301": (
        Call("reset", before=_after(Call("go_to", (2.0, 0.0)))),
        Call("go_to", (1.0, 2.0), before=_reset),
        Call("start_to", (1.0, 2.0, 0.5), before=_reset),
        Call("at_rest", before=_reset),
        Call("angles_deg", before=_reset),
        Call("stop", before=_reset),
        Call("park", before=_after(Call("go_to", (1.0, 0.0)))),
        Call("parked", before=_reset),
    ),
}
"""Driver → its calls. A driver that is missing here, or a public method, fails the campaign's own test."""

NO_EXCHANGE = {"identity", "specification", "averaging_ns", "range_mT", "range_for"}
"""Public names that say what is known already."""


class FaultBench:
    """A bench with one instrument per driver and no meter running, for one driver at a time."""

    def __init__(self, driver: str) -> None:
        self.driver_name = driver
        shipped = load_bench_file(BENCH)
        self.file: BenchFile = shipped.model_copy(update={"instruments": self._entries(shipped)})
        self.world = World(1)
        self.clock = WorldClock(self.world)
        self.plant = make_plant(self.world, shipped.shunts)
        self.board = MeterBoard(self.world, utc_at_zero_s=0)
        NetworkPath(self.world, self.board.modem)
        MeterSupplyNet(self.world, self.board.cpu)
        instruments = {role: make_instrument(self.world, role, entry) for role, entry in self.file.instruments.items()}
        self._ports = EmulatedPorts(self.world, self.file.instruments, instruments)
        library = EmulatedVisaLibrary.for_bench(f"faults of {driver}", self.world, self._ports.visa)
        self.faulty: Any = FaultyVisa(library)
        self.resources = pyvisa.ResourceManager(library)
        self.role = next(role for role, entry in self.file.instruments.items() if entry.driver == driver)
        self._begin = self.world.snapshot()

    @property
    def digital(self) -> dict[str, int]:
        return self.file.instrument(self.role).digital

    @property
    def faults(self) -> tuple[str, ...]:
        kind = kind_of(self.file.instrument(self.role).resource)
        return {"smbus": FaultySmbus.FAULTS, "serial": FaultySerial.FAULTS, "visa": READ_FAULTS}[kind]

    def wait(self, duration_ns: int) -> None:
        self.world.run_until(self.world.now_ns + duration_ns)

    def open_smbus(self, resource: str, timeout_s: float) -> Any:
        self.faulty = FaultySmbus(self._ports.open_smbus(resource))
        self.faulty.begin(self._opening_plan)
        return self.faulty

    def open_serial(self, resource: str, timeout_s: float) -> Any:
        self.faulty = FaultySerial(self._ports.open_serial(resource))
        self.faulty.begin(self._opening_plan)
        return self.faulty

    def run(self, call: Call | None, plan: Plan) -> Any:
        """Open the driver and make the call, with the fault in the call; no call: the fault is in the opening.

        Gives what the call returned.
        """
        self.world.restore(self._begin)
        self._opening_plan = plan if call is None else Plan()
        self.faulty.begin(self._opening_plan)
        with ExitStack() as stack:
            bench: Any = self
            driver = stack.enter_context(open_instrument(bench, self.role, None))
            if call is None:
                return driver
            call.before(driver, self)
            self.faulty.begin(plan)
            return getattr(driver, call.method)(*call.arguments, **call.keywords)

    def cases(self, call: Call | None) -> Generator[tuple[Plan, bytes]]:
        """Every fault at every message of the honest exchange, with the message."""
        self.run(call, Plan())
        trace = self.faulty.trace
        for at, (message, answer) in enumerate(zip(trace.messages, trace.answers, strict=True)):
            yield Plan(at, LOST_ON_WRITE), message
            if answer is None:
                continue
            for fault in self.faults:
                if not says_the_same(message, answer, fault):
                    yield Plan(at, fault), message

    def close(self) -> None:
        self.resources.close()

    def _entries(self, shipped: BenchFile) -> dict[str, InstrumentEntry]:
        """The instruments with this driver, of the shipped bench file or made up as it has them."""
        found = {role: entry for role, entry in shipped.instruments.items() if entry.driver == self.driver_name}
        if not found and self.driver_name in RESOURCES:
            relay = shipped.instrument("relay")
            update = {
                "driver": self.driver_name,
                "resource": RESOURCES[self.driver_name],
                "serial": SERIALS[self.driver_name],
                "channels": {"case_switch": CHANNELS[self.driver_name][0]},
            }
            found = {"relay": relay.model_copy(update=update)}
        if not found:
            raise LookupError(f"the shipped bench file has no instrument with driver {self.driver_name!r}")
        return found


def public_names(driver: str) -> set[str]:
    """What a caller may use of a driver."""
    return {name for name in dir(DRIVERS[driver]) if not name.startswith("_") and not name.isupper()}
