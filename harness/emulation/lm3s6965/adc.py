"""The analogue-to-digital converter: ten bits of 3.0 V, four sample sequencers, the chip's own temperature sensor.

Source: LM3S6965 data sheet, chapter "Analog-to-Digital Converter"; StellarisWare ``hw_adc.h``. A sequencer of 8, 4, 4
or 1 step takes what ADCSSMUX and ADCSSCTL say, 1 us a step, when the processor starts it (ADCPSSI); the results wait
in its FIFO. The temperature sensor gives 2.7 V - (T + 55) / 75 with T in degrees Celsius (same chapter).

Only started by the processor and polled: interrupts, other triggers, averaging, comparators and differential inputs
are an error when asked for. Priorities (ADCSSPRI) keep what is written: two sequencers are never at work at once here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.emulation.lm3s6965.block import Block, Chip

REFERENCE_UV = 3_000_000
CODES = 1024
CONVERSION_NS = 1_000
"""1 million samples a second at most; the speed set in RCGC0 (MAXADCSPD) is left out."""
DEPTHS = (8, 4, 4, 1)
INPUTS = 4
ACTSS, RIS, IM, ISC, OSTAT, EMUX, USTAT, SSPRI, PSSI = 0x000, 0x004, 0x008, 0x00C, 0x010, 0x014, 0x018, 0x020, 0x028
FIRST_SEQUENCER, SEQUENCER_STEP = 0x040, 0x020
SSPRI_RESET = 0x3210
TEMPERATURE, INTERRUPT, END = 0x8, 0x4, 0x2
"""Of a step's four bits in ADCSSCTL; the lowest one asks for a differential input."""
FIFO_EMPTY, FIFO_FULL = 1 << 8, 1 << 12

SENSOR_ERROR_MK = 3_500
"""How far the temperature sensor may be off [recalled from the data sheet's electrical characteristics]."""
OFFSET_UV, GAIN_PPM = 3_000, 1_000
"""Errors of the converter: one step at either end of its range [recalled from the data sheet's characteristics]."""
NOISE_UV = 1_500
"""Of one conversion, at most: half a step [assumed]."""


@dataclass
class Sequencer:
    """One of the four: its program, and the results that nobody has read yet."""

    mux: int = 0
    control: int = 0
    results: list[int] = field(default_factory=list)
    ready_ns: int = 0


@dataclass
class AdcState:
    """Registers."""

    active: int = 0
    emux: int = 0
    priorities: int = SSPRI_RESET
    status: int = 0
    overflow: int = 0
    underflow: int = 0
    sequencers: list[Sequencer] = field(default_factory=lambda: [Sequencer() for _ in DEPTHS])


class Adc(Block):
    """ADC at 0x40038000. The board wires ``inputs_uV`` (by number) and ``chip_mC``."""

    state: AdcState

    def __init__(self, chip: Chip) -> None:
        self.state = AdcState()
        super().__init__(chip, "adc")
        self.inputs_uV: dict[int, Callable[[], int]] = {}
        self.chip_mC: Callable[[], int] = lambda: 25_000
        self.sensor_error_mK = chip.world.stream("adc traits").take_int(-SENSOR_ERROR_MK, SENSOR_ERROR_MK)
        converter = chip.world.stream("adc converter traits")
        self.offset_uV = converter.take_int(-OFFSET_UV, OFFSET_UV)
        self.gain_ppm = converter.take_int(-GAIN_PPM, GAIN_PPM)
        self.add_field(ACTSS, "active", 0xF)
        self.add_field(EMUX, "emux", 0)
        self.add_field(SSPRI, "priorities", 0x3333)
        self.readers[RIS] = self._raw_status
        self.readers[IM], self.writers[IM] = lambda: 0, self._write_mask
        self.readers[ISC], self.writers[ISC] = lambda: 0, self._clear
        self.readers[OSTAT] = lambda: self.state.overflow
        self.readers[USTAT] = lambda: self.state.underflow
        self.writers[PSSI] = self._start
        for number in range(len(DEPTHS)):
            self._add_sequencer(number)

    def _add_sequencer(self, number: int) -> None:
        base = FIRST_SEQUENCER + number * SEQUENCER_STEP
        steps = (1 << 4 * DEPTHS[number]) - 1

        def write_mux(value: int) -> None:
            if value & ~(0x33333333 & steps):
                raise self.not_modelled("write", base, value, "the part has inputs 0 to 3 and no more steps")
            self.state.sequencers[number].mux = value

        def write_control(value: int) -> None:
            if value & ~steps or value & 0x11111111:
                raise self.not_modelled("write", base + 4, value, "no more steps, and no differential inputs")
            self.state.sequencers[number].control = value

        self.readers[base], self.writers[base] = lambda: self.state.sequencers[number].mux, write_mux
        self.readers[base + 4], self.writers[base + 4] = (
            lambda: self.state.sequencers[number].control,
            write_control,
        )
        self.readers[base + 8] = lambda: self._take(number)
        self.readers[base + 12] = lambda: self._fifo_status(number)

    def _write_mask(self, value: int) -> None:
        if value:
            raise self.not_modelled("write", IM, value, "its interrupts are not modelled; poll ADCRIS")

    def _start(self, value: int) -> None:
        """Each sequencer that is active and chosen converts its steps, one after the other."""
        at_ns = self.world.now_ns
        for number, sequencer in enumerate(self.state.sequencers):
            if not value & self.state.active & 1 << number:
                continue
            for step in range(DEPTHS[number]):
                control = sequencer.control >> 4 * step & 0xF
                if len(sequencer.results) == DEPTHS[number]:
                    self.state.overflow |= 1 << number
                else:
                    sequencer.results.append(self._convert(sequencer.mux >> 4 * step & 0x3, control))
                at_ns += CONVERSION_NS
                if control & INTERRUPT:
                    self.state.status |= 1 << number
                if control & END:
                    break
            else:
                why = f"sequencer {number} has no step marked as its end"
                raise self.not_modelled("write", PSSI, value, why)
            sequencer.ready_ns = at_ns

    def _convert(self, number: int, control: int) -> int:
        if control & TEMPERATURE:
            # 75 K a volt: a thousandth of a kelvin is 13.3 uV.
            value_uV = 2_700_000 - (self.chip_mC() + self.sensor_error_mK + 55_000) * 1_000 // 75
        elif number in self.inputs_uV:
            value_uV = self.inputs_uV[number]()
        else:
            raise self.not_modelled("write", PSSI, None, f"input ADC{number} is wired to nothing on this board")
        value_uV += value_uV * self.gain_ppm // 1_000_000 + self.offset_uV
        value_uV += self.world.stream("adc noise").take_int(-NOISE_UV, NOISE_UV)
        return min(max(value_uV * CODES // REFERENCE_UV, 0), CODES - 1)

    def _raw_status(self) -> int:
        """ADCRIS: a sequencer whose last conversions are over."""
        ready = sum(1 << n for n, one in enumerate(self.state.sequencers) if self.world.now_ns >= one.ready_ns)
        return self.state.status & ready

    def _clear(self, value: int) -> None:
        self.state.status &= ~value

    def _is_empty(self, number: int) -> bool:
        sequencer = self.state.sequencers[number]
        return not sequencer.results or self.world.now_ns < sequencer.ready_ns

    def _take(self, number: int) -> int:
        if self._is_empty(number):
            self.state.underflow |= 1 << number
            return 0
        return self.state.sequencers[number].results.pop(0)

    def _fifo_status(self, number: int) -> int:
        if self._is_empty(number):
            return FIFO_EMPTY
        return FIFO_FULL if len(self.state.sequencers[number].results) == DEPTHS[number] else 0

    def reset_block(self) -> None:
        """Reset values; results are gone."""
        self.state = AdcState()
