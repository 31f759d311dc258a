"""The meter's board, wired: processor, microcontroller, parts, the nets a probe can be put on, three serial ends.

Board facts (the reference meter's own drawing): 16 MHz crystal oscillator into OSC0 (+- 50 ppm), 32.768 kHz crystal
(+- 20 ppm) and a battery on the hibernation module, whose clock the factory set to within 0.4 s; case switch
from PC4 to ground with the microcontroller's pull-up and a bleed that holds the wire low otherwise; pull-ups from
the main supply on the serial outputs; secure element, EEPROM, Hall sensor and accelerometer on I2C0 (the latter's
interrupt at PD4), metrology front end on SSI0 (chip select at PA3, pulled up), thermistor at the terminals on ADC0, all
fed from the main supply, which lives from line to neutral or, with its backup, from line to earth; earth sense at PD0.
Each board's deviations are drawn from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.emulation.cpu import CortexM3, Symbols
from harness.emulation.lm3s6965.gpio import GpioPort
from harness.emulation.lm3s6965.hibernation import draw_crystal
from harness.emulation.lm3s6965.mcu import IRQ_LINES, PERIPHERAL_RANGES, Mcu
from harness.emulation.lm3s6965.sysctl import MAIN_OSCILLATOR_HZ
from harness.emulation.nets import Net
from harness.emulation.parts.ade7953 import Ade7953
from harness.emulation.parts.atecc608 import Atecc608
from harness.emulation.parts.battery import BatteryKind, BatteryNet
from harness.emulation.parts.case_contact import CaseContact
from harness.emulation.parts.case_switch import CaseSwitch
from harness.emulation.parts.earth_sense import EarthSense
from harness.emulation.parts.eeprom_24lc256 import Eeprom24lc256
from harness.emulation.parts.hall_reference import HallFault, HallReference
from harness.emulation.parts.i2c_bus import I2cBus
from harness.emulation.parts.lis3dh import Lis3dh
from harness.emulation.parts.magnetic_latch import MagneticLatch
from harness.emulation.parts.ntc import ThermistorKind, draw_ntc
from harness.emulation.parts.power_tree import LATCH_RESET_PIN, LatchResetWire, PowerTree
from harness.emulation.parts.serial_endpoint import SerialEndpoint
from harness.emulation.parts.supply_contact import SupplyContact
from harness.emulation.parts.surroundings import QuietRoom, Surroundings
from harness.emulation.parts.tmag5273 import Tmag5273
from harness.emulation.world import World

MAIN_CRYSTAL_PPB = 50_000
CLOCK_CRYSTAL_PPB = 20_000
COMMISSIONING_ERROR_NS = 400_000_000
CASE_PIN = 4
FRONT_END_SELECT_PIN = 3
TERMINAL_INPUT = 0
"""Of the converter: the thermistor at the terminals."""
EARTH_SENSE_PIN = 0
MOTION_PIN = 4
HallKind = Literal["reference", "tmag5273"]
AccelerometerKind = Literal["lis3dh", "stuck", "dead"]
SERIAL_ENDS = (
    ("optical", "OPTICAL_TX", 300, "7E1"),
    ("modem", "MODEM_TX", 115_200, "8N1"),
    ("diagnostic", "DIAG_TX", 115_200, "8N1"),
)
"""By UART number: topic, net of the meter's output, line as it is at power-on."""


@dataclass(frozen=True)
class BoardTraits:
    """What this one board is like; positive errors are a core clock too slow, a clock crystal too fast."""

    core_ppb: int
    crystal_ppb: int
    clock_offset_ns: int


@dataclass(frozen=True)
class CaseTerminal:
    """The case switch's wire at its port pin: pulled to ground, or left to the pull-up."""

    port: GpioPort
    power: PowerTree

    def hold(self, low: bool) -> None:
        """The contact closes (low) or opens; opening pulses WAKE."""
        self.port.force(CASE_PIN, False if low else None)
        if not low:
            self.power.pulse_wake()


@dataclass(frozen=True)
class SelectWire:
    """The front end's chip select at its port pin, high by its pull-up unless the port drives it."""

    port: GpioPort
    part: Ade7953

    def drive(self, level: bool) -> None:
        """The port's pins were worked out anew; as SSI0Fss the pin is the SSI block's matter."""
        if self.port.is_peripheral_pin(FRONT_END_SELECT_PIN):
            return
        selected = self.port.is_output(FRONT_END_SELECT_PIN) and not level
        if selected != self.part.is_selected:
            self.part.select(selected)


@dataclass(frozen=True)
class MotionWire:
    """The accelerometer's interrupt line at its port pin."""

    port: GpioPort

    def drive(self, level: bool) -> None:
        """The part's output is push-pull."""
        self.port.force(MOTION_PIN, level)


class MeterBoard:
    """One reference meter in a world. Without supply until :meth:`power_on`; the case is closed.

    ``surroundings`` is what its sensors feel, a quiet room if none is given; ``hall_sensor`` says which of the two
    sensors is soldered in.
    """

    def __init__(
        self,
        world: World,
        *,
        serial: str = "TBR00000001",
        utc_at_zero_s: int,
        surroundings: Surroundings | None = None,
        hall_sensor: HallKind = "reference",
        battery: BatteryKind = "fresh",
        hall_sensor_fault: HallFault = "none",
        accelerometer: AccelerometerKind = "lis3dh",
        thermistor: ThermistorKind = "ntc",
        core_slow_ppm: int = 0,
    ) -> None:
        self.world = world
        self.serial = serial
        self.traits = self._draw_traits(core_slow_ppm * 1000)
        self.nets = {"CASE_SW": Net(world, "CASE_SW", level=False)}
        self.nets |= {net: Net(world, net, level=False) for _, net, _, _ in SERIAL_ENDS}
        self.i2c = I2cBus(world, "i2c bus")
        self.nets |= self.i2c.make_nets("I2C_SCL", "I2C_SDA")
        self.secure_element = Atecc608(world, "secure element", serial)
        self.eeprom = Eeprom24lc256(world, "eeprom")
        self.i2c.attach("secure element", self.secure_element)
        self.i2c.attach("eeprom", self.eeprom)
        felt = QuietRoom() if surroundings is None else surroundings
        self.hall: HallReference | Tmag5273 = (
            HallReference(world, "hall sensor", felt, hall_sensor_fault)
            if hall_sensor == "reference"
            else Tmag5273(world, "hall sensor", felt)
        )
        self.i2c.attach("hall sensor", self.hall)
        self.front_end = Ade7953(world, "front end", felt)
        epoch_ns = utc_at_zero_s * 1_000_000_000 + self.traits.clock_offset_ns
        self.mcu = Mcu(
            world,
            self.i2c,
            epoch_ns=epoch_ns,
            core_ppb=self.traits.core_ppb,
            crystal=draw_crystal(world, self.traits.crystal_ppb),
            temperature_mC=lambda: felt.meter_mC(world.now_ns),
        )
        self.cpu = CortexM3(
            world,
            self.mcu,
            peripheral_ranges=PERIPHERAL_RANGES,
            irq_lines=IRQ_LINES,
            clock_hz=MAIN_OSCILLATOR_HZ,
            clock_error_ppb=self.traits.core_ppb,
        )
        self.mcu.attach_core(self.cpu)
        self.ntc = draw_ntc(world, "terminal thermistor", thermistor)
        self.mcu.adc.chip_mC = lambda: felt.meter_mC(world.now_ns)
        self.mcu.adc.inputs_uV[TERMINAL_INPUT] = lambda: self.ntc.voltage_uV(felt.terminal_mC(world.now_ns))
        self.cpu.on_system_reset = self.mcu.software_reset
        self.mcu.gpio["c"].connect(CASE_PIN, self.nets["CASE_SW"])
        self.accelerometer = Lis3dh(
            world, "accelerometer", felt, MotionWire(self.mcu.gpio["d"]), stuck=accelerometer == "stuck"
        )
        if accelerometer != "dead":
            self.i2c.attach("accelerometer", self.accelerometer)
        self.mcu.ssi.device, self.mcu.ssi.native_half = self.front_end, self.front_end.frame.place
        self.front_end.fail = self.mcu.ssi.fail
        select = SelectWire(self.mcu.gpio["a"], self.front_end)
        self.mcu.gpio["a"].connect(FRONT_END_SELECT_PIN, select, native_half=self.front_end.frame.place)
        self.earth_sense = EarthSense(world, "earth sense", self.mcu.gpio["d"], EARTH_SENSE_PIN)
        self.battery = BatteryNet(world, felt, battery)
        self.mcu.hibernation.is_battery_low = lambda: self.battery.is_low
        self.power = PowerTree(world, "power tree", self.mcu, self.mcu.hibernation, self.mcu.gpio["e"], self.battery)
        self.latch = MagneticLatch(world, "magnetic latch", felt, self.power.tell_latch)
        self.mcu.gpio["e"].connect(LATCH_RESET_PIN, LatchResetWire(self.mcu.gpio["e"], self.latch))
        self.case_contact = CaseContact(world, "case contact", CaseTerminal(self.mcu.gpio["c"], self.power))
        self.case_switch = CaseSwitch(world, "case switch", self.case_contact)
        self.supply_contact = SupplyContact(world, "supply contact", self)
        self.optical, self.modem, self.diagnostic = [self._serial_end(index) for index in range(len(SERIAL_ENDS))]

    def _draw_traits(self, core_ppb: int) -> BoardTraits:
        stream = self.world.stream("board traits")
        return BoardTraits(
            core_ppb=core_ppb + stream.take_int(-MAIN_CRYSTAL_PPB, MAIN_CRYSTAL_PPB),
            crystal_ppb=stream.take_int(-CLOCK_CRYSTAL_PPB, CLOCK_CRYSTAL_PPB),
            clock_offset_ns=stream.take_int(-COMMISSIONING_ERROR_NS, COMMISSIONING_ERROR_NS),
        )

    def _serial_end(self, index: int) -> SerialEndpoint:
        topic, net, baud, framing = SERIAL_ENDS[index]
        endpoint = SerialEndpoint(self.world, f"{topic} end", topic=topic, baud=baud, framing=framing)
        uart = self.mcu.uarts[index]
        uart.tx_net, uart.link, endpoint.meter = self.nets[net], endpoint, uart
        return endpoint

    def load_image(self, image: bytes, symbols: Path | None = None) -> None:
        """Program the whole flash from address 0, as the factory does; ``symbols`` is the ELF, for clear faults."""
        self.cpu.load_flash(0, image)
        if symbols is not None:
            self.cpu.symbols = Symbols.from_elf(symbols)

    def power_on(self) -> None:
        """The main supply comes up, and with it the serial outputs' pull-ups."""
        for _, net, _, _ in SERIAL_ENDS:
            self.nets[net].drive(True)
        self.i2c.power_on()
        self.front_end.power_on()
        self.power.supply_on()

    def power_off(self) -> None:
        """The main supply goes; battery, flash, EEPROM and the secure element's counters keep what they have."""
        self.power.supply_off()
        for _, net, _, _ in SERIAL_ENDS:
            self.nets[net].drive(False)
        self.i2c.power_off()
        self.secure_element.power_off()
        self.eeprom.power_off()
        self.hall.power_off()
        self.accelerometer.power_off()
        self.front_end.power_off()

    def mains_there(self, there: bool) -> None:
        """The mains at the meter's supply went or came: told to the processor before the supply itself goes."""
        self.power.tell_mains(there)

    @property
    def clock_reading_ns(self) -> int:
        """What the meter's own clock shows now, in ns UTC; the truth a test compares its time stamps with."""
        return self.mcu.hibernation.reading_ns()
