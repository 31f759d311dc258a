"""A DC power analyser with four-quadrant modules that drives the electromagnet: Keysight N6705C with N6784A.

What the outputs do to the coils is the plant's; here are settings, protection, readings and the unit's own errors.
A module without a coil sees an open circuit: no current. The meter's aperture (20 ms) is left out: a reading is of
the instant it is asked at, so a driver reads currents that have settled. Of the arbitrary waveforms it has sine and
pulse of the current (``n6705_arb``); lists, slew rates and data logging are not part of this unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.emulation.instruments.n6705_arb import Waveform, next_phase
from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument
from harness.emulation.instruments.scpi_tree import CommandTree
from harness.emulation.plant.coil import Drive
from harness.emulation.plant.electromagnet import CoilName, Electromagnet
from harness.emulation.seeded import SeededStream
from harness.emulation.world import World

OUTPUTS = (1, 2, 3, 4)
MODULE = "N6784A"
REFERENCE_IDENTITY = Identity("Keysight Technologies", "N6705C", "EMU57004242", "E.02.07.3222")

RANGES_NA = (10_000_000, 100_000_000, 1_000_000_000, 3_000_000_000)
WIDE_RANGE_NA = RANGES_NA[-1]
OVERHEAD_PERCENT = 2
"""A level may be set to 102 % of its range (N6705C operating and service guide, ranges)."""
VOLTAGE_MAX_UV = {False: 20_000_000, True: 6_000_000}
"""The module gives 20 V at up to 1 A and 6 V at up to 3 A, of either sign (N6700 user's guide, operating locus)."""
OVP_MAX_UV = 22_000_000

CURRENT_GAIN_PPM, CURRENT_OFFSET_NA = 400, 300_000
READING_GAIN_PPM, READING_OFFSET_NA = 300, 250_000
VOLTAGE_GAIN_PPM, VOLTAGE_OFFSET_UV = 250, 1_800
"""Limits of the 3 A and 20 V ranges after warm-up at 23 degrees Celsius; units are drawn within them [recalled]."""
READING_NOISE_NA = 44_000
"""Peak of a reading over one period of the mains (N6700 specifications guide: 18 bits of resolution in that range)."""
LEVEL_STEP_NA = 10_000
"""Step of a current level [recalled]."""

# Status bits (N6705C operating and service guide, status registers).
CONSTANT_VOLTAGE, CONSTANT_CURRENT, OUTPUT_OFF = 1, 2, 4
OVER_VOLTAGE, AT_POSITIVE_LIMIT, AT_NEGATIVE_LIMIT = 1, 128, 256


@dataclass(frozen=True)
class OutputSettings:
    """The settings of one output as ``*RST`` leaves them."""

    on: bool = False
    current_priority: bool = False
    current_range_nA: int = WIDE_RANGE_NA
    current_nA: int = 0
    voltage_uV: int = 0
    high_nA: int = 1_000_000_000
    low_nA: int = -1_000_000_000
    currents_coupled: bool = True
    high_uV: int = 6_000_000
    low_uV: int = -6_000_000
    voltages_coupled: bool = True
    over_uV: int = OVP_MAX_UV
    under_uV: int = -OVP_MAX_UV
    tripped: bool = False
    waveform: Waveform = field(default_factory=Waveform)

    def __post_init__(self) -> None:
        """Coupled: the negative limit mirrors the positive one."""
        if self.currents_coupled:
            object.__setattr__(self, "low_nA", -self.high_nA)
        if self.voltages_coupled:
            object.__setattr__(self, "low_uV", -self.high_uV)

    @property
    def voltage_max_uV(self) -> int:
        """What the module can give in this current range."""
        return VOLTAGE_MAX_UV[self.current_range_nA == WIDE_RANGE_NA]


@dataclass
class SupplyState:
    """The whole mainframe."""

    exchange: ExchangeState = field(default_factory=ExchangeState)
    outputs: dict[int, OutputSettings] = field(default_factory=lambda: {number: OutputSettings() for number in OUTPUTS})


@dataclass(frozen=True)
class OutputErrors:
    """One output's own errors: gain in ppm, offset in the quantity's unit."""

    current_ppm: int
    current_nA: int
    reading_ppm: int
    reading_nA: int
    voltage_ppm: int
    voltage_uV: int


class PowerAnalyzer(ScpiInstrument):
    """The instrument. ``coils``: output → the coil of the magnet that it drives."""

    state: SupplyState
    error_queue_depth = 20
    latency_ns = 1_500_000
    """Command processing time: at most 1 ms for most commands [recalled], and the way over the network."""

    def __init__(
        self,
        world: World,
        name: str,
        identity: Identity,
        tree: CommandTree,
        magnet: Electromagnet,
        coils: Mapping[int, CoilName],
    ) -> None:
        self.magnet = magnet
        self.coils = dict(coils)
        stream = world.stream(f"{name}/unit")
        self.errors = {number: _draw_errors(stream) for number in OUTPUTS}
        self.state = SupplyState()
        super().__init__(world, name, identity, tree)

    def reset(self) -> None:
        """``*RST``: every output off, at zero, in voltage priority; a latched protection stays [assumed]."""
        for number, old in list(self.state.outputs.items()):
            self.set_up(number, replace(OutputSettings(), tripped=old.tripped))

    def set_up(self, number: int, settings: OutputSettings) -> None:
        """Give one output new settings and let its coil feel them."""
        self.state.outputs[number] = settings
        axis = self.coils.get(number)
        if axis is not None:
            self.magnet.drive(axis, self._drive(number, settings))
        if _works(settings) and not settings.under_uV <= self._terminals_uV(number) <= settings.over_uV:
            self.set_up(number, replace(settings, tripped=True))

    def start_waveform(self, number: int) -> None:
        """Start what was initiated on an output, if its waveform is selected."""
        settings = self.state.outputs[number]
        if settings.waveform.phase != "initiated" or not settings.waveform.selected:
            return
        if settings.waveform.shape == "SIN":
            self.set_up(number, replace(settings, waveform=replace(settings.waveform, phase="sine")))
            if (lasts_ns := settings.waveform.sine_lasts_ns) is not None:
                self.world.schedule(self.world.now_ns + lasts_ns, self.name, f"part {number}", number)
        else:
            self._next_part(number)

    def abort(self, number: int) -> None:
        """End a waveform; the output goes back to its immediate level."""
        self.world.cancel(self.name, f"part {number}")
        settings = self.state.outputs[number]
        self.set_up(number, replace(settings, waveform=replace(settings.waveform, phase="idle")))

    def on_event(self, kind: str, argument: Any) -> None:
        """A part of a pulse is over."""
        if kind.startswith("part "):
            self._next_part(argument)
        else:
            super().on_event(kind, argument)

    def _next_part(self, number: int) -> None:
        settings = self.state.outputs[number]
        phase, lasts_ns = next_phase(settings.waveform)
        self.set_up(number, replace(settings, waveform=replace(settings.waveform, phase=phase)))
        if phase != "idle":
            self.world.schedule(self.world.now_ns + lasts_ns, self.name, f"part {number}", number)

    def current_nA(self, number: int) -> int:
        """What the output's meter reads now."""
        axis, errors = self.coils.get(number), self.errors[number]
        true_nA = 0 if axis is None else self.magnet.current_nA(axis, self.world.now_ns)
        noise_nA = self.world.stream(f"{self.name}/noise").take_int(-READING_NOISE_NA, READING_NOISE_NA)
        return true_nA + true_nA * errors.reading_ppm // 1_000_000 + errors.reading_nA + noise_nA

    def voltage_uV(self, number: int) -> int:
        """What the output's meter reads now."""
        true_uV, errors = self._terminals_uV(number), self.errors[number]
        return true_uV + true_uV * errors.voltage_ppm // 1_000_000 + errors.voltage_uV

    def operation_condition(self, number: int) -> int:
        """Condition of the operation status register of one output."""
        settings = self.state.outputs[number]
        if not _works(settings):
            return OUTPUT_OFF
        return CONSTANT_CURRENT if self._regulates_current(number) else CONSTANT_VOLTAGE

    def questionable_condition(self, number: int) -> int:
        """Condition of the questionable status register of one output."""
        settings = self.state.outputs[number]
        bits = OVER_VOLTAGE if settings.tripped else 0
        if _works(settings) and self._regulates_current(number) != settings.current_priority:
            bits |= AT_NEGATIVE_LIMIT if self._terminals_uV(number) < 0 else AT_POSITIVE_LIMIT
        return bits

    def _terminals_uV(self, number: int) -> int:
        """The voltage at the output's terminals; an open output in current priority goes to its limit."""
        axis, settings = self.coils.get(number), self.state.outputs[number]
        if axis is not None:
            return self.magnet.voltage_uV(axis)
        if not _works(settings) or (settings.current_priority and not settings.current_nA):
            return 0
        limit_uV = settings.high_uV if settings.current_nA > 0 else settings.low_uV
        return limit_uV if settings.current_priority else settings.voltage_uV

    def _regulates_current(self, number: int) -> bool:
        """Whether the output holds its current, not its voltage. An open output can hold none but zero."""
        axis, settings = self.coils.get(number), self.state.outputs[number]
        if axis is None:
            return settings.current_priority and settings.current_nA == 0
        if settings.current_priority:
            return self.magnet.regulates(axis)
        current_nA = self.magnet.current_nA(axis, self.world.now_ns)
        return current_nA in (settings.low_nA, settings.high_nA)

    def _drive(self, number: int, settings: OutputSettings) -> Drive:
        """An output that is switched off takes the current down with what voltage it may use, then disconnects."""
        errors = self.errors[number]
        if not _works(settings):
            return Drive(0, 0, settings.low_uV, settings.high_uV)
        if settings.current_priority:
            waveform = settings.waveform
            asked_nA = waveform.level_nA if waveform.runs else settings.current_nA
            level_nA = asked_nA // LEVEL_STEP_NA * LEVEL_STEP_NA
            level_nA += level_nA * errors.current_ppm // 1_000_000 + errors.current_nA
            if waveform.phase != "sine":
                return Drive(level_nA, level_nA, settings.low_uV, settings.high_uV)
            peak_nA = waveform.sine_peak_nA + waveform.sine_peak_nA * errors.current_ppm // 1_000_000
            return Drive(
                level_nA, level_nA, settings.low_uV, settings.high_uV,
                peak_nA=peak_nA, frequency_mHz=waveform.sine_mHz,
            )  # fmt: skip
        free_uV = settings.voltage_uV + settings.voltage_uV * errors.voltage_ppm // 1_000_000 + errors.voltage_uV
        whole_uV = settings.voltage_max_uV
        return Drive(settings.low_nA, settings.high_nA, -whole_uV, whole_uV, free_uV)


def _works(settings: OutputSettings) -> bool:
    return settings.on and not settings.tripped


def _draw_errors(stream: SeededStream) -> OutputErrors:
    def within(limit: int) -> int:
        return stream.take_int(-limit, limit)

    return OutputErrors(
        within(CURRENT_GAIN_PPM), within(CURRENT_OFFSET_NA), within(READING_GAIN_PPM), within(READING_OFFSET_NA),
        within(VOLTAGE_GAIN_PPM), within(VOLTAGE_OFFSET_UV),
    )  # fmt: skip
