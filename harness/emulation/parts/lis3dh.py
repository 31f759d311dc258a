"""The accelerometer LIS3DH: three axes, 2 g, 12 bits, on I2C at 0x18 (SA0 low), interrupt line INT1.

Source: LIS3DH data sheet (ST, DocID17530): register map and the tables of data rates, bandwidths, high-pass cut-offs
and full scales. Modelled: high-resolution mode (bandwidth a ninth of the data rate), 2 g, the high-pass filter before
interrupt 1, that interrupt as an OR of high events, latched or not. FIFO, clicks, interrupt 2, 6D, other full scales
and the low-power mode are refused. What the data sheet gives as typical only is [recalled] or assumed, as said below.

At rest nothing happens here: a sample is worked out when somebody reads it. While something moves, the interrupt's
filter runs at the data rate, since its line may rise at any sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.surroundings import Surroundings
from harness.emulation.world import PlainComponent, World

ADDRESS = 0x18
WHO_AM_I, CTRL0, CTRL1, CTRL2, CTRL3, CTRL4, CTRL5, CTRL6 = 0x0F, 0x1E, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25
STATUS, OUT, FIFO_SRC, INT1_CFG, INT1_SRC, INT1_THS, INT1_DURATION = 0x27, 0x28, 0x2F, 0x30, 0x31, 0x32, 0x33
IDENTITY = 0x33
COUNT_UP = 0x80
LAST_REGISTER = 0x3F
SAMPLE_OCTETS = 6

DATA_RATES_HZ = {1: 1, 2: 10, 3: 25, 4: 50, 5: 100, 6: 200, 7: 400}
"""By the bits ODR of CTRL1; 0 is power-down."""
CUTOFFS_MHZ_AT_100_HZ = (2_000, 1_000, 500, 200)
"""Of the high-pass, by the bits HPCF of CTRL2; they go with the data rate [recalled]."""
ALLOWED = {
    CTRL0: {0x10}, CTRL2: {0x00, 0x81, 0x91, 0xA1, 0xB1}, CTRL3: {0x00, 0x40}, CTRL4: {0x00, 0x08, 0x88},
    CTRL5: {0x00, 0x08}, CTRL6: {0x00}, 0x26: {0x00}, 0x2E: {0x00}, INT1_CFG: {0x00, 0x2A}, INT1_DURATION: {0x00},
}  # fmt: skip
"""What may be written; everything of CTRL1 but the low-power bit, and of INT1_THS."""
I1_IA1, LATCH, HIGH_RESOLUTION, AXES_ON, LOW_POWER, NEW_DATA = 0x40, 0x08, 0x08, 0x07, 0x08, 0x0F
ACTIVE = 0x40
HIGH_BITS = (0x02, 0x08, 0x20)

THRESHOLD_STEP_UG = 16_000
LIMIT_MG = (-2048, 2047)
UG_PER_MG = 1000
OFFSET_UG = 40_000
"""Zero-g level, typical value of the data sheet, taken as the limit."""
GAIN_PPM = 25_000
"""Sensitivity: the data sheet gives 1 mg a digit and no limit; 2.5 % is an assumption."""
GAIN_PPM_PER_K, OFFSET_UG_PER_K = 100, 300
"""Drift: 0.01 %/K by the data sheet; of the zero-g level 0.5 mg/K there, drawn up to 0.3 here."""
REFERENCE_MC = 25_000
RATE_PPM = 50_000
"""The sheet gives the data rates without a tolerance; 5 % of the part's own oscillator is an assumption."""
NOISE_STEP_UG = (5, 9)
"""Noise is the sum of two uniform bytes in these steps: with 7, 0.73 mg rms (220 ug per root of Hz over 11 Hz, typical;
the spread is an assumption)."""
WINDOW_NS_AT_100_HZ = 40_000_000
"""A mean over this time falls to 0.7 at 11 Hz, as the part's own filter does at 100 samples a second."""
WINDOW_SAMPLES = 8
PPM = 1_000_000
UHZ_NS = 10**15
"""A period in ns times its rate in uHz."""


class InterruptLine(Protocol):
    """The wire at the part's pin INT1."""

    def drive(self, level: bool) -> None:
        """The part drives the line."""


@dataclass(frozen=True)
class Lis3dhTraits:
    """What this one part is like, per axis."""

    gain_ppm: tuple[int, int, int]
    offset_ug: tuple[int, int, int]
    offset_ug_per_K: tuple[int, int, int]
    gain_ppm_per_K: int
    rate_ppm: int
    noise_step_ug: int


@dataclass
class Lis3dhState:
    """Registers, the clock of the samples, and the interrupt's filter."""

    registers: dict[int, int] = field(default_factory=lambda: {CTRL0: 0x10, CTRL1: 0x07})
    pointer: int = 0
    counts_up: bool = False
    pointer_next: bool = False
    started_ns: int = 0
    """When the data rate was set; sample n is n periods later."""
    read: int = 0
    """The newest sample that has been read."""
    out: bytes = bytes(6)
    watching: bool = False
    """The interrupt's filter runs."""
    low_ug: list[int] = field(default_factory=lambda: [0, 0, 0])
    """What the high-pass takes away."""
    source: int = 0
    line: bool = False
    fed: bool = True
    """Whether the bench leaves the part its supply."""


class Lis3dh(PlainComponent):
    """The part on the bus; ``stuck``: its data stand still, as of a part whose sensing element has broken."""

    state: Lis3dhState
    address = ADDRESS

    def __init__(
        self, world: World, name: str, surroundings: Surroundings, line: InterruptLine, *, stuck: bool = False
    ) -> None:
        self.surroundings = surroundings
        self.line = line
        self.stuck = stuck
        self.traits = _draw_traits(world, name)
        self.state = Lis3dhState()
        super().__init__(world, name)

    # Bus

    def see_low_pulse(self, low_ns: int) -> None:
        """Nothing: the part has no wake condition."""

    def select(self, reading: bool) -> bool:
        """There while it is fed."""
        self.state.pointer_next = not reading
        return self.state.fed

    def take_byte(self, byte: int) -> bool:
        """The register number, its top bit for counting up, then values."""
        state = self.state
        if state.pointer_next:
            state.pointer_next = False
            state.pointer, state.counts_up = byte & ~COUNT_UP, bool(byte & COUNT_UP)
            return True
        self._write(state.pointer, byte)
        self._advance()
        return True

    def give_byte(self) -> int:
        """The register at the pointer."""
        register = self.state.pointer
        byte = self._read(register)
        self._advance()
        return byte

    def give_ahead(self) -> bytes:
        """The rest of the sample: it stands still once its first octet was read."""
        state = self.state
        index = state.pointer - OUT
        if not 1 <= index < SAMPLE_OCTETS or not state.counts_up:
            return b""
        state.pointer = OUT + SAMPLE_OCTETS
        return bytes(state.out[index:])

    def take_back(self, count: int) -> None:
        """The last ``count`` octets were not read."""
        if self.state.fed:  # else it has begun anew meanwhile
            self.state.pointer -= count

    def end(self, stopped: bool) -> None:
        """A transfer has ended."""

    def power_off(self) -> None:
        """Supply gone: every register at its reset value."""
        self.world.cancel(self.name, "sample")
        self.state = Lis3dhState(fed=self.state.fed)
        self.line.drive(False)

    # Registers

    def _advance(self) -> None:
        if self.state.counts_up:
            self.state.pointer = min(self.state.pointer + 1, LAST_REGISTER)

    def _get(self, register: int) -> int:
        return self.state.registers.get(register, 0)

    def _read(self, register: int) -> int:
        state = self.state
        if register == WHO_AM_I:
            return IDENTITY
        if register == STATUS:
            return NEW_DATA if self._newest() > state.read else 0
        if OUT <= register < OUT + SAMPLE_OCTETS:
            if register == OUT:
                self._convert()
            return state.out[register - OUT]
        if register == INT1_SRC:
            source, state.source = state.source, 0
            self._drive()
            return source
        if register == FIFO_SRC:
            return 0x20  # empty
        if register in ALLOWED or register in {CTRL1, INT1_THS}:
            return self._get(register)
        raise self._not_modelled(f"read of register 0x{register:02X}")

    def _write(self, register: int, value: int) -> None:
        allowed = value in ALLOWED.get(register, set())
        allowed |= register == INT1_THS and value < 0x80
        allowed |= register == CTRL1 and not value & LOW_POWER and value >> 4 <= max(DATA_RATES_HZ)
        if not allowed:
            raise self._not_modelled(f"write of 0x{value:02X} to register 0x{register:02X}")
        if register == CTRL1 and value >> 4 != self._get(CTRL1) >> 4:
            self.state.started_ns, self.state.read = self.world.now_ns, 0
        self.state.registers[register] = value
        if register == INT1_CFG and value and not self.state.watching:
            self._watch()

    # Samples

    @property
    def _rate_uHz(self) -> int:
        return DATA_RATES_HZ.get(self._get(CTRL1) >> 4, 0) * (PPM + self.traits.rate_ppm)

    @property
    def _window_ns(self) -> int:
        """The time that one value is the mean of."""
        return WINDOW_NS_AT_100_HZ * 100_000_000 // self._rate_uHz

    def _newest(self) -> int:
        """How many samples there have been since the data rate was set."""
        return (self.world.now_ns - self.state.started_ns) * self._rate_uHz // UHZ_NS

    def _convert(self) -> None:
        """The newest sample comes to the output registers."""
        state, newest = self.state, self._newest()
        if newest <= state.read or (self.stuck and state.read):
            return
        if self._get(CTRL1) & AXES_ON != AXES_ON or not self._get(CTRL4) & HIGH_RESOLUTION:
            raise self._not_modelled("a sample without all three axes, or not in high-resolution mode")
        state.read = newest
        noise = self.world.stream(f"{self.name} noise").take_bytes(6)
        seen_ug = self._seen_ug(state.started_ns + newest * UHZ_NS // self._rate_uHz)
        octets = b""
        for axis in range(3):
            value_ug = seen_ug[axis] + (noise[2 * axis] + noise[2 * axis + 1] - 255) * self.traits.noise_step_ug
            mg = min(max((value_ug + UG_PER_MG // 2) // UG_PER_MG, LIMIT_MG[0]), LIMIT_MG[1])
            octets += (mg * 16).to_bytes(2, "little", signed=True)
        state.out = octets

    def _seen_ug(self, at_ns: int) -> tuple[int, int, int]:
        """The acceleration over the part's bandwidth, as this part sees it, without noise."""
        window_ns = self._window_ns
        if self.surroundings.still_from_ns() <= at_ns - window_ns:
            true_ug = self.surroundings.acceleration_ug(at_ns)
        else:
            moments = [max(at_ns - window_ns * index // WINDOW_SAMPLES, 0) for index in range(WINDOW_SAMPLES)]
            samples = [self.surroundings.acceleration_ug(moment) for moment in moments]
            true_ug = tuple(sum(parts) // WINDOW_SAMPLES for parts in zip(*samples, strict=True))
        warmer_mK = self.surroundings.meter_mC(at_ns) - REFERENCE_MC
        traits = self.traits
        gains = [one + PPM + traits.gain_ppm_per_K * warmer_mK // 1000 for one in traits.gain_ppm]
        offsets = [
            one + drift * warmer_mK // 1000 for one, drift in zip(traits.offset_ug, traits.offset_ug_per_K, strict=True)
        ]
        x, y, z = (ug * gain // PPM + offset for ug, gain, offset in zip(true_ug, gains, offsets, strict=True))
        return x, y, z

    # Interrupt 1

    def on_event(self, kind: str, argument: Any) -> None:
        """Something begins to move (told by the plant), a sample of the running filter, or the supply's relay."""
        if kind == "moved":
            if not self.state.watching and self._get(INT1_CFG) and self._rate_uHz:
                self._watch()
        elif kind == "sample":
            self._filter()
        elif kind == "unfed":
            self.state.fed = not argument
            self.power_off()
        else:
            super().on_event(kind, argument)

    def _watch(self) -> None:
        """The high-pass begins to run, settled on what has been until now."""
        state = self.state
        state.watching = True
        state.low_ug = list(self._seen_ug(self.world.now_ns))
        self._schedule()

    def _schedule(self) -> None:
        at_ns = self.state.started_ns + -(-(self._newest() + 1) * UHZ_NS // self._rate_uHz)
        self.world.schedule(max(at_ns, self.world.now_ns + 1), self.name, "sample")

    def _filter(self) -> None:
        """One sample of the high-pass; it stops when nothing moves any more in its bandwidth and it has settled."""
        state, now_ns = self.state, self.world.now_ns
        seen_ug = self._seen_ug(now_ns)
        # Two pi times the cut-off over the data rate, which does not depend on the rate.
        share_ppm = 62_832 * CUTOFFS_MHZ_AT_100_HZ[self._get(CTRL2) >> 4 & 3] // 1000
        threshold_ug = self._get(INT1_THS) * THRESHOLD_STEP_UG
        over, largest_ug = 0, 0
        for axis in range(3):
            high_ug = seen_ug[axis] - state.low_ug[axis]
            state.low_ug[axis] += high_ug * share_ppm // PPM
            largest_ug = max(largest_ug, abs(high_ug))
            over |= HIGH_BITS[axis] if abs(high_ug) > threshold_ug else 0
        if over:
            state.source = over | ACTIVE
        elif not self._get(CTRL5) & LATCH:
            state.source = 0
        self._drive()
        if self.surroundings.still_from_ns() <= now_ns - self._window_ns and largest_ug <= threshold_ug // 2:
            state.watching = False
        else:
            self._schedule()

    def _drive(self) -> None:
        level = bool(self.state.source & ACTIVE and self._get(CTRL3) & I1_IA1)
        if level != self.state.line:
            self.state.line = level
            self.line.drive(level)

    def _not_modelled(self, what: str) -> NotModelledError:
        return NotModelledError(f"{self.name} (LIS3DH at 0x{ADDRESS:02X}): {what}")


def _draw_traits(world: World, name: str) -> Lis3dhTraits:
    stream, own = world.stream(f"{name} traits"), world.stream(f"{name} rate and noise traits")

    def three(limit: int) -> tuple[int, int, int]:
        x, y, z = (stream.take_int(-limit, limit) for _ in range(3))
        return x, y, z

    return Lis3dhTraits(
        gain_ppm=three(GAIN_PPM),
        offset_ug=three(OFFSET_UG),
        offset_ug_per_K=three(OFFSET_UG_PER_K),
        gain_ppm_per_K=stream.take_int(-GAIN_PPM_PER_K, GAIN_PPM_PER_K),
        rate_ppm=own.take_int(-RATE_PPM, RATE_PPM),
        noise_step_ug=own.take_int(*NOISE_STEP_UG),
    )
