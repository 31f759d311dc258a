"""The hibernation module: a seconds counter on its own 32.768 kHz crystal, match interrupts, battery-backed words.

Source: LM3S6965 data sheet, chapter "Hibernation Module"; StellarisWare ``hw_hibernate.h``. Everything here lives from
the battery: a reset or a loss of the main supply changes nothing. The sub-second divider is not readable, and a write
of HIBRTCLD sets the seconds only, the divider runs on. HIBRTCT is applied once every 64 seconds.

The crystal is a tuning fork: slower by 0.034 ppm per square of the distance from 25 degrees Celsius, 143 ppm at -40.
Coefficient (+- 0.006) and turnover (+- 5 K) are the makers' usual figures for 32.768 kHz [recalled], drawn from the
seed. The temperature is looked at once a minute.

The battery is looked at (LOWBATEN) when the firmware reads the raw status: what was low in between is left out, and so
are the interrupt and the abort of hibernation (VABORT).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.emulation.lm3s6965.block import WORD_MASK, Block, Chip
from harness.emulation.world import NONVOLATILE, World

CRYSTAL_HZ = 32_768
TRIM_NOMINAL = 0x7FFF
TRIM_PERIOD_S = 64
TURNOVER_MC = (20_000, 30_000)
PARABOLA_PPT_PER_K2 = (28_000, 40_000)
RETUNE_NS = 60_000_000_000
WRITE_GAP_NS = 92_000
"""t_HIB_REG_WRITE of the data sheet: a write sooner after the one before is lost on the chip."""

CTL_RTC_ENABLE, CTL_RAW_CLOCK, CTL_CRYSTAL = 0x01, 0x04, 0x40
CTL_REQUEST, CTL_PIN_WAKE = 0x02, 0x10
"""HIBREQ, which falls again by itself at the next wake, and PINWEN."""
CTL_COMMISSIONED = CTL_RTC_ENABLE | CTL_RAW_CLOCK | CTL_CRYSTAL
CTL_LOW_BATTERY = 0x20
"""LOWBATEN: the battery is compared with 2.35 V."""
CTL_MODELLED = CTL_COMMISSIONED | CTL_REQUEST | CTL_PIN_WAKE | CTL_LOW_BATTERY
"""CLKSEL: the 32.768 kHz source as it is, not a 4.194304 MHz crystal divided by 128."""
ALARM0, ALARM1, LOW_BATTERY, EXTERNAL_WAKE = 0x1, 0x2, 0x4, 0x8
DATA_WORDS = 64


@dataclass(frozen=True)
class Crystal:
    """One tuning fork: how much too fast it runs at its turnover temperature, and how it slows down away from it."""

    turnover_ppb: int
    turnover_mC: int = 25_000
    parabola_ppt_per_K2: int = 34_000

    def ppb(self, at_mC: int) -> int:
        """How much too fast it runs at that temperature."""
        off_mC = at_mC - self.turnover_mC
        return self.turnover_ppb - self.parabola_ppt_per_K2 * off_mC * off_mC // 10**9


def draw_crystal(world: World, turnover_ppb: int) -> Crystal:
    """One whose turnover and parabola lie within the tolerances, by the world's seed."""
    stream = world.stream("clock crystal traits")
    return Crystal(turnover_ppb, stream.take_int(*TURNOVER_MC), stream.take_int(*PARABOLA_PPT_PER_K2))


@dataclass
class HibernationState:
    """Battery-backed registers; the counter was ``base_s`` and ``base_ticks`` crystal ticks at ``base_ns``."""

    base_s: int
    base_ticks: int
    crystal_ppb: int
    """As it runs now, at its temperature."""
    base_ns: int = 0
    ctl: int = CTL_COMMISSIONED
    match0: int = WORD_MASK
    match1: int = WORD_MASK
    load: int = 0
    im: int = 0
    ris: int = 0
    trim: int = TRIM_NOMINAL
    last_write_ns: int = -WRITE_GAP_NS
    data: list[int] = field(default_factory=lambda: [0] * DATA_WORDS)


class Hibernation(Block):
    """HIB at 0x400FC000, commissioned: crystal and counter have been running since the factory set them."""

    state: HibernationState

    def __init__(
        self,
        chip: Chip,
        irq: int,
        *,
        epoch_ns: int,
        crystal: Crystal,
        temperature_mC: Callable[[], int] | None = None,
    ) -> None:
        """``epoch_ns``: what the clock shows at world time 0, in ns UTC.

        Without ``temperature_mC`` the crystal stays at its turnover.
        """
        self.irq_lines = (irq,)
        seconds, rest_ns = divmod(epoch_ns, 1_000_000_000)
        self._crystal, self._temperature_mC = crystal, temperature_mC
        self.state = HibernationState(seconds, rest_ns * CRYSTAL_HZ // 1_000_000_000, self._ppb())
        self.on_request: Callable[[], None] | None = None
        """Called when the firmware asks for hibernation."""
        self.is_battery_low: Callable[[], bool] = lambda: False
        super().__init__(chip, "hibernation")
        self.readers[0x000] = self.seconds
        self._add_match(0x004, "match0")
        self._add_match(0x008, "match1")
        self._add_paced(0x00C, "load", self._load)
        self._add_paced(0x010, "ctl", self._write_control)
        self._add_paced(0x014, "im", self._write_mask)
        self.readers[0x018] = self._raw_status
        self.readers[0x01C] = lambda: self.state.ris & self.state.im
        self.writers[0x020] = self._paced(0x020, self._clear_interrupts)
        self._add_paced(0x024, "trim", self._write_trim)
        for index in range(DATA_WORDS):
            self._add_word(0x030 + 4 * index, index)

        if temperature_mC is not None:
            self.world.schedule(self.world.now_ns + RETUNE_NS, self.name, "retune")

    # Temperature

    def _ppb(self) -> int:
        """How much too fast the crystal runs at the temperature that it has now."""
        if self._temperature_mC is None:
            return self._crystal.turnover_ppb
        return self._crystal.ppb(self._temperature_mC())

    def _retune(self) -> None:
        """From the last tick on the crystal runs as the temperature is now; no tick is lost or made by that."""
        state = self.state
        self.world.schedule(self.world.now_ns + RETUNE_NS, self.name, "retune")
        ppb = self._ppb()
        if ppb == state.crystal_ppb or not state.ctl & CTL_RTC_ENABLE:
            return
        new_ticks = self._ticks(self.world.now_ns) - state.base_ticks
        state.base_ns -= -new_ticks * 10**18 // (CRYSTAL_HZ * (1_000_000_000 + state.crystal_ppb))
        state.base_ticks += new_ticks
        state.crystal_ppb = ppb
        self._plan_matches()

    # Counting

    def _ticks(self, at_ns: int) -> int:
        """Crystal ticks since ``base_ns``, with those that stood in the divider then."""
        state = self.state
        elapsed = at_ns - state.base_ns
        return state.base_ticks + elapsed * CRYSTAL_HZ * (1_000_000_000 + state.crystal_ppb) // 10**18

    def _ticks_until(self, seconds: int) -> int:
        """Ticks from the base until so many seconds have been counted, with the trim at each 64th."""
        return seconds * CRYSTAL_HZ + seconds // TRIM_PERIOD_S * (self.state.trim - TRIM_NOMINAL)

    def _counted(self, at_ns: int) -> tuple[int, int]:
        """Whole seconds since the base and the ticks in the divider."""
        ticks = self._ticks(at_ns)
        long_period = self._ticks_until(TRIM_PERIOD_S)
        periods, rest = divmod(ticks, long_period)
        seconds = min(rest // CRYSTAL_HZ, TRIM_PERIOD_S - 1)
        return periods * TRIM_PERIOD_S + seconds, rest - seconds * CRYSTAL_HZ

    def seconds(self) -> int:
        """RTCC now."""
        state = self.state
        if not state.ctl & CTL_RTC_ENABLE:
            return state.base_s & WORD_MASK
        return (state.base_s + self._counted(self.world.now_ns)[0]) & WORD_MASK

    def reading_ns(self) -> int:
        """What the clock shows now with its sub-second part, in ns UTC: for the tests' true value, not readable."""
        seconds, ticks = self._counted(self.world.now_ns)
        return (self.state.base_s + seconds) * 1_000_000_000 + ticks * 1_000_000_000 // CRYSTAL_HZ

    def _rebase(self, seconds: int) -> None:
        """Count on from ``seconds`` now; the divider keeps its ticks."""
        _, ticks = self._counted(self.world.now_ns)
        self.state.base_s, self.state.base_ticks, self.state.base_ns = seconds, ticks, self.world.now_ns

    def _plan_matches(self) -> None:
        """Schedule the next moment at which the counter becomes equal to a match register."""
        state = self.state
        self.world.cancel(self.name, "match")
        if not state.ctl & CTL_RTC_ENABLE:
            return
        for bit, match in ((ALARM0, state.match0), (ALARM1, state.match1)):
            ahead = match - state.base_s
            ticks = self._ticks_until(ahead) - state.base_ticks
            due_ns = state.base_ns - (-ticks * 10**18 // (CRYSTAL_HZ * (1_000_000_000 + state.crystal_ppb)))
            if ahead > 0 and due_ns > self.world.now_ns:
                self.world.schedule(due_ns, self.name, "match", bit)

    def on_event(self, kind: str, argument: Any) -> None:
        """The counter reached a match register, or a minute has gone."""
        if kind == "retune":
            self._retune()
            return
        if kind != "match":
            super().on_event(kind, argument)
        self.state.ris |= argument
        self.drive_irq()

    # Registers

    def _paced(self, offset: int, write: Any) -> Any:
        """A write that refuses to come sooner than the chip takes it."""

        def paced(value: int) -> None:
            gap_ns = self.world.now_ns - self.state.last_write_ns
            if gap_ns < WRITE_GAP_NS:
                why = f"{gap_ns} ns after the write before; the module needs {WRITE_GAP_NS} ns and would lose it"
                raise self.not_modelled("write", offset, value, why)
            self.state.last_write_ns = self.world.now_ns
            write(value)

        return paced

    def _add_paced(self, offset: int, field_name: str, write: Any) -> None:
        self.readers[offset] = lambda: int(getattr(self.state, field_name))
        self.writers[offset] = self._paced(offset, write)

    def _add_match(self, offset: int, field_name: str) -> None:
        def write(value: int) -> None:
            setattr(self.state, field_name, value)
            if value == self.seconds():
                self.state.ris |= ALARM0 if field_name == "match0" else ALARM1
            self._plan_matches()
            self.drive_irq()

        self._add_paced(offset, field_name, write)

    def _add_word(self, offset: int, index: int) -> None:
        def write(value: int) -> None:
            self.state.data[index] = value
            self.forget()
            self.world.signal(NONVOLATILE)

        self.readers[offset] = lambda: self.hold(offset, self.state.data[index])
        self.writers[offset] = self._paced(offset, write)

    def _load(self, value: int) -> None:
        self.state.load = value
        self._rebase(value)
        self._plan_matches()

    def _write_control(self, value: int) -> None:
        if value & ~CTL_MODELLED:
            raise self.not_modelled("write", 0x010, value, "RTCWEN and VABORT are not modelled")
        if value & CTL_CRYSTAL and not value & CTL_RAW_CLOCK:
            raise self.not_modelled("write", 0x010, value, "CLKSEL must be set: the board's crystal has 32.768 kHz")
        state = self.state
        if state.ctl & CTL_RTC_ENABLE and not value & CTL_RTC_ENABLE:
            self._rebase(self.seconds())
        elif value & CTL_RTC_ENABLE and not state.ctl & CTL_RTC_ENABLE:
            state.base_ns = self.world.now_ns
        state.ctl = value
        self._plan_matches()
        if value & CTL_REQUEST and self.on_request is not None:
            self.on_request()

    def take_wake(self) -> bool:
        """A pulse at the WAKE pin: whether it ends hibernation."""
        armed = CTL_REQUEST | CTL_PIN_WAKE
        if self.state.ctl & armed != armed:
            return False
        self.state.ris |= EXTERNAL_WAKE
        self.end_hibernation()
        return True

    def end_hibernation(self) -> None:
        """The main supply is there, or a wake."""
        self.state.ctl &= ~CTL_REQUEST

    def _raw_status(self) -> int:
        if self.state.ctl & CTL_LOW_BATTERY and self.is_battery_low():
            self.state.ris |= LOW_BATTERY
        return self.state.ris

    def _write_trim(self, value: int) -> None:
        self._rebase(self.seconds())
        self.state.trim = value & 0xFFFF
        self._plan_matches()

    def _write_mask(self, value: int) -> None:
        if value & ~(ALARM0 | ALARM1):
            raise self.not_modelled("write", 0x014, value, "low battery and external wake are not modelled")
        self.state.im = value
        self.drive_irq()

    def _clear_interrupts(self, bits: int) -> None:
        self.state.ris &= ~bits
        self.drive_irq()

    def drive_irq(self) -> None:
        """The line follows the masked status."""
        self.chip.set_irq(self.irq_lines[0], bool(self.state.ris & self.state.im))

    def reset_block(self) -> None:
        """Nothing: the module lives from the battery."""
        self.drive_irq()
