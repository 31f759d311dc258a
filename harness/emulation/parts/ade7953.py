"""The metrology front end: an ADE7953 on SSI0, line current on channel A, neutral current on B, and the voltage.

Source: ADE7953 data sheet (register tables 13 to 15, "SPI Interface", "Write Protection", "Communication
Verification", "Required Register Setting"). A frame is 16 bits of address, a byte that says read (80) or write (00),
then the register's octets, high one first, while the chip select is low; SPI mode 3. A 24-bit register at 2xx is the
same as the 32-bit one at 3xx. A frame cut short has no effect.

Modelled: IRMSA, IRMSB, VRMS, the powers of both channels with their power factors and signs, the peaks of both
currents, the period, and what sets them up. Registers of functions that are not modelled keep what is written to them
where that changes no modelled value; reading a measured value that is not modelled is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.emulation.analog_net import Segment
from harness.emulation.errors import NotModelledError
from harness.emulation.parts.ade7953_channels import (
    ANTI_ALIAS_NS,
    ANTI_ALIAS_PPM,
    FULL_SCALE_UA,
    FULL_SCALE_UV,
    GAIN_ONE,
    GAIN_PPM,
    ChannelState,
    codes,
    settle,
)
from harness.emulation.parts.ade7953_frame import Ade7953Frame, Asked
from harness.emulation.parts.ade7953_peaks import peak_code, peak_uA
from harness.emulation.parts.ade7953_power import (
    CLOCK_PPM,
    PERIOD_HZ,
    PowerState,
    power_code,
    power_factor_code,
    settle_power,
)
from harness.emulation.parts.current_transformer import draw_transformer
from harness.emulation.parts.surroundings import Quantity, Surroundings
from harness.emulation.world import PlainComponent, World

WRITE_PROTECT, UNLOCK, CONFIG, RESERVED_120 = 0x040, 0x0FE, 0x102, 0x120
LAST_OP, LAST_ADDRESS, LAST_DATA = 0x0FD, 0x1FE, (0x0FF, 0x1FF, 0x2FF)
IRMSA, IRMSB, VRMS = 0x21A, 0x21B, 0x21C
IRQSTATA, RSTIRQSTATA = 0x22D, 0x22E
AIGAIN, AVGAIN, BIGAIN = 0x280, 0x281, 0x28C
UNLOCK_CODE, REQUIRED_120 = 0xAD, 0x30
RESET_DONE = 1 << 20
COMM_LOCK, SOFTWARE_RESET, HIGH_PASS = 0x8000, 0x0080, 0x0004
LAST_OP_WRITE = 0xCA
OPEN_LINE = 0xFFFF_FFFF
"""What is read of a part without supply: the board pulls the line up."""
ACCMODE, PERIOD = 0x201, 0x10E
POWERS = {0x212: (IRMSA, "active"), 0x213: (IRMSB, "active"), 0x214: (IRMSA, "reactive"), 0x215: (IRMSB, "reactive")}
"""AWATT, BWATT, AVAR, BVAR: the current's channel and which of its powers."""
POWER_FACTORS = {0x10A: IRMSA, 0x10B: IRMSB}
SIGN_BITS = {IRMSA: (10, 12), IRMSB: (11, 13)}
"""ACCMODE: APSIGN and VARSIGN of each channel."""
PEAKS = {0x228: (IRMSA, False), 0x229: (IRMSA, True), 0x22A: (IRMSB, False), 0x22B: (IRMSB, True)}
"""IAPEAK, RSTIAPEAK, IBPEAK, RSTIBPEAK: the current's channel, and whether reading resets it."""
UNNOTED = frozenset({LAST_OP, LAST_ADDRESS, *LAST_DATA, 0x3FF})
"""Registers of the last communication, which don't note themselves (reads: ``ade7953_frame.c``)."""
DERIVED = frozenset({*POWERS, *POWER_FACTORS, *PEAKS, ACCMODE, PERIOD})
UNSET_GAIN_PPM = 5_000
"""Our own choice: the sheet promises nothing while register 120 is not set as required."""

KEPT = {
    0x000: 0x00, 0x001: 0x00, 0x004: 0x40, 0x100: 0xFFFF, 0x101: 0, 0x103: 0x3F, 0x104: 0x3F, 0x107: 0x300,
    0x110: 0, 0x200: 0, ACCMODE: 0, 0x203: 0xE419, 0x204: 0xE419, 0x205: 0, 0x224: 0xFFFFFF, 0x225: 0xFFFFFF,
    0x22C: 0x100000, 0x22F: 0, WRITE_PROTECT: 0, RESERVED_120: 0,
    AIGAIN: GAIN_ONE, AVGAIN: GAIN_ONE, BIGAIN: GAIN_ONE,
}  # fmt: skip
"""Registers that keep what is written, with their reset values."""
FIXED = {0x007: 0, 0x008: 0, 0x009: 0, 0x108: 0, 0x109: 0, 0x286: 0, 0x288: 0, 0x292: 0, 0x800: 0}
"""Registers that would change a modelled value in a way that is not modelled: amplifiers, offsets, reference."""
MEASURED: dict[int, tuple[Quantity, int, int]] = {
    IRMSA: ("LINE_I", FULL_SCALE_UA, AIGAIN),
    IRMSB: ("NEUTRAL_I", FULL_SCALE_UA, BIGAIN),
    VRMS: ("LINE_V", FULL_SCALE_UV, AVGAIN),
}


@dataclass
class Ade7953State:
    """Registers that differ from their reset values, the filters; the frame under way is beside it."""

    registers: dict[int, int] = field(default_factory=dict)
    unlocked: bool = False
    reset_seen: bool = False
    channels: dict[int, ChannelState] = field(
        default_factory=lambda: {register: ChannelState() for register in MEASURED}
    )
    peaks_since_ns: dict[int, int] = field(default_factory=lambda: {IRMSA: 0, IRMSB: 0})
    powers: dict[int, PowerState] = field(default_factory=lambda: {IRMSA: PowerState(), IRMSB: PowerState()})
    fed: bool = True
    """Whether the bench leaves the part its supply."""


def register_octets(address: int) -> int:
    """How long the register at ``address`` is."""
    return 1 if address in {0x702, 0x800} else (address >> 8) + 1


class Ade7953(PlainComponent):
    """The part behind SSI0."""

    state: Ade7953State
    spi_mode = 3
    fastest_Hz = 5_000_000
    """[recalled] from the timing table."""

    def __init__(self, world: World, name: str, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.transformer = draw_transformer(world, f"{name} line transformer")
        stream = world.stream(f"{name} traits")
        self.gain_ppm = {register: stream.take_int(-GAIN_PPM, GAIN_PPM) for register in MEASURED}
        around = world.stream(f"{name} filter and clock traits")
        self.anti_alias_ns = around.take_around(ANTI_ALIAS_NS, ANTI_ALIAS_PPM)
        self.period_mHz = around.take_around(1000 * PERIOD_HZ, CLOCK_PPM)
        self.state = Ade7953State()
        self._noise = f"{name} noise"
        self.frame = Ade7953Frame(self._asked)
        self.fail: Callable[[BaseException], None] = self._keep
        """Told of an error inside the native core; whoever drives the bus there puts itself into this place."""
        self._raised: BaseException | None = None
        super().__init__(world, name)

    # Supply

    def power_on(self) -> None:
        """Reset values; the filters begin at zero."""
        self.state = Ade7953State(fed=self.state.fed)
        self.frame.clear()
        for channel in self.state.channels.values():
            channel.at_ns = self.world.now_ns
        for power in self.state.powers.values():
            power.at_ns = self.world.now_ns
        self.state.peaks_since_ns = {IRMSA: self.world.now_ns, IRMSB: self.world.now_ns}

    def power_off(self) -> None:
        """Supply gone."""
        self.state = Ade7953State(fed=self.state.fed)
        self.frame.clear()

    def on_event(self, kind: str, argument: Any) -> None:
        """The relay in the part's supply works."""
        if kind != "unfed":
            super().on_event(kind, argument)
            return
        self.state.fed = not argument
        self.power_on()

    # Bus

    @property
    def is_selected(self) -> bool:
        """The chip select is low."""
        return bool(self.frame.registers.selected)

    def select(self, low: bool) -> None:
        """The chip select wire; a frame begins when it goes low and is forgotten when it goes high."""
        self.frame.select(low)

    def exchange(self, word: int, bits: int, at_ns: int) -> int:
        """One word both ways; not selected, the part leaves its output open, which the board pulls up."""
        answer = self.frame.exchange(word, bits, at_ns)
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised
        return answer

    def _keep(self, error: BaseException) -> None:
        self._raised = error

    def _asked(self, what: int, address: int, value: int, at_ns: int) -> int:
        """What the frame needs of the registers. Called by the native core."""
        try:
            self.world.now_ns = at_ns
            if not self.state.fed:
                return OPEN_LINE
            if what == Asked.READ:
                return self._read(address, at_ns)
            if what == Asked.WRITE:
                self._write(address, value)
            else:
                self._refuse(what, address, value)
        except BaseException as error:  # noqa: BLE001 - C can't carry it; whoever drives the bus raises it again
            self.fail(error)
        return 0

    def _refuse(self, what: int, address: int, value: int) -> None:
        if what == Asked.BITS:
            raise self._not_modelled(f"SPI words of {value} bits; expected 8 or 16")
        if what == Asked.OPERATION:
            raise self._not_modelled(f"operation 0x{value:02X}; expected 80 (read) or 00 (write)")
        octets = register_octets(address)
        raise self._not_modelled(f"octet {value} of a frame for register 0x{address:03X} of {octets} octet(s)")

    # State

    def capture(self) -> tuple[Any, dict[str, int]]:
        """A copy of all state."""
        return super().capture(), self.frame.capture()

    def restore(self, state: tuple[Any, dict[str, int]]) -> None:
        """Take back what ``capture`` gave."""
        super().restore(state[0])
        self.frame.restore(state[1])

    # Registers

    def _read(self, address: int, at_ns: int) -> int:
        state, register = self.state, _alias(address)
        if register in MEASURED:
            return self._measure(register, at_ns)
        if register in DERIVED:
            return self._derive(register, at_ns)
        if register in KEPT or register in FIXED:
            return state.registers.get(register, KEPT.get(register, 0))
        if register == CONFIG:
            return COMM_LOCK | HIGH_PASS if CONFIG not in state.registers else state.registers[CONFIG]
        if register in {IRQSTATA, RSTIRQSTATA}:
            status = 0 if state.reset_seen else RESET_DONE
            state.reset_seen |= register == RSTIRQSTATA
            return status
        if register in {*LAST_DATA, LAST_OP, LAST_ADDRESS}:
            return self._last_communication(register)
        raise self._not_modelled(f"read of register 0x{address:03X}")

    def _last_communication(self, register: int) -> int:
        frame = self.frame.registers
        if register in LAST_DATA:
            return int(frame.last_data) & (1 << 8 * register_octets(register)) - 1
        return int(frame.last_op if register == LAST_OP else frame.last_address)

    def _write(self, address: int, value: int) -> None:
        state, register = self.state, _alias(address)
        unlocked, state.unlocked = state.unlocked, False
        protected = state.registers.get(WRITE_PROTECT, 0) >> min(register >> 8, 2) & 1
        if protected and register != WRITE_PROTECT:
            return
        if register == UNLOCK:
            state.unlocked = value == UNLOCK_CODE
        elif register == RESERVED_120:
            if unlocked:
                state.registers[register] = value
        elif register in KEPT:
            state.registers[register] = value & 0xFF_FFFF
        elif register == CONFIG and value & ~(COMM_LOCK | SOFTWARE_RESET) == HIGH_PASS:
            state.registers[register] = value & ~SOFTWARE_RESET
            if value & SOFTWARE_RESET:
                state.registers.clear()
                state.reset_seen = False
        elif register not in FIXED or value:
            raise self._not_modelled(f"write of 0x{value:X} to register 0x{address:03X}")
        if address not in UNNOTED:
            frame = self.frame.registers
            frame.last_op, frame.last_address, frame.last_data = LAST_OP_WRITE, address, value

    def _measure(self, register: int, at_ns: int) -> int:
        state = self.state
        quantity, full_scale_u, gain_register = MEASURED[register]
        channel = state.channels[register]
        segments = self.surroundings.mains_segments(quantity, channel.at_ns, at_ns)
        settle(channel, segments, at_ns, self._passed_ppm(quantity, segments, at_ns)[0], self.anti_alias_ns)
        gain_ppm = self.gain_ppm[register]
        if state.registers.get(RESERVED_120, 0) != REQUIRED_120:
            gain_ppm += UNSET_GAIN_PPM
        noise = self.world.stream(self._noise).take_bytes(2)
        return codes(channel, full_scale_u, gain_ppm, state.registers.get(gain_register, GAIN_ONE), noise)

    def _passed_ppm(self, quantity: Quantity, segments: list[Segment], at_ns: int) -> tuple[int, int]:
        """What the sensor before the part passes of rms and peak; a power counts as its current's rms."""
        if quantity != "LINE_I" or not any(segment.peak_u or segment.plus for segment in segments):
            return 1_000_000, 1_000_000
        field_nT = self.surroundings.field_nT("transformer", at_ns)
        if not self.transformer.is_biased(field_nT):
            return (self.transformer.ratio_ppm(field_nT),) * 2  # the peak costs time to find
        return self.transformer.passed_ppm(field_nT, peak_uA(segments[-1:]))

    def _peak(self, register: int, at_ns: int) -> int:
        state = self.state
        current_register, resets = PEAKS[register]
        quantity, _, gain_register = MEASURED[current_register]
        since_ns = state.peaks_since_ns[current_register]
        segments = self.surroundings.mains_segments(quantity, since_ns, max(at_ns, since_ns + 1))
        value_uA = peak_uA(segments, since_ns, self.anti_alias_ns)
        value_uA = value_uA * self._passed_ppm(quantity, segments, at_ns)[1] // 1_000_000
        if resets:
            state.peaks_since_ns[current_register] = at_ns
        noise = self.world.stream(self._noise).take_bytes(1)[0]
        gain_code = state.registers.get(gain_register, GAIN_ONE)
        return peak_code(value_uA, self.gain_ppm[current_register], gain_code, noise)

    def _settled(self, current_register: int, at_ns: int) -> PowerState:
        """The powers of a current's channel, followed until now."""
        power = self.state.powers[current_register]
        quantity = MEASURED[current_register][0]
        volts = self.surroundings.mains_segments("LINE_V", power.at_ns, max(at_ns, power.at_ns + 1))
        amperes = self.surroundings.mains_segments(quantity, power.at_ns, max(at_ns, power.at_ns + 1))
        settle_power(power, volts, amperes, at_ns, self._passed_ppm(quantity, amperes, at_ns)[0])
        return power

    def _power(self, register: int, at_ns: int) -> int:
        current_register, which = POWERS[register]
        power = self._settled(current_register, at_ns)
        gain_ppm = self.gain_ppm[current_register] + self.gain_ppm[VRMS]
        noise = self.world.stream(self._noise).take_bytes(2)
        return power_code(power.active_uW if which == "active" else power.reactive_uW, gain_ppm, noise)

    def _derive(self, register: int, at_ns: int) -> int:
        """What follows from voltage and current together."""
        if register in POWERS:
            return self._power(register, at_ns)
        if register in POWER_FACTORS:
            return power_factor_code(self._settled(POWER_FACTORS[register], at_ns))
        if register in PEAKS:
            return self._peak(register, at_ns)
        if register == PERIOD:
            return self._period(at_ns)
        return self.state.registers.get(ACCMODE, 0) & 0x3FF | self._signs(at_ns)

    def _signs(self, at_ns: int) -> int:
        bits = 0
        for current_register, (active_bit, reactive_bit) in SIGN_BITS.items():
            power = self._settled(current_register, at_ns)
            bits |= (power.active_uW < 0) << active_bit | (power.reactive_uW < 0) << reactive_bit
        return bits

    def _period(self, at_ns: int) -> int:
        """Of the voltage now; without one the longest that the register holds."""
        segment = self.surroundings.mains_segments("LINE_V", at_ns, at_ns + 1)[-1]
        if not segment.peak_u:
            return 0xFFFF
        return min(self.period_mHz // segment.frequency_mHz - 1, 0xFFFF)

    def _not_modelled(self, what: str) -> NotModelledError:
        return NotModelledError(f"{self.name} (ADE7953): {what} is not modelled")


def _alias(address: int) -> int:
    """The 24-bit address of a register that is also a 32-bit one; others are their own."""
    return address - 0x100 if address >> 8 == 3 else address
