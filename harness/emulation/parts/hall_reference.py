"""The reference meter's Hall sensor: three axes up to 200 mT, on I2C at 0x1E.

A part of our own. Address, register places, modes and the order X, Z, Y of the data are those of the HMC5883L (data
sheet, register tables), whose range would end at 0.8 mT; range, scale and overload bit are this part's:

    00 CRA 0x70, or 0x7C: fast · 01 CRB 0x20 (bits 7-5 001: 200 mT) · 02 MODE (00 continuous, 01 single, 03 idle =
    reset) · 03-08 X, Z, Y, high byte first, signed, 10 uT per step, clipped at 20,000 · 09 STATUS (RDY 1, LOCK 2,
    OVL 4, EXC 8) · 0A-0C "TB1" · 0D THRESHOLD in mT, 0 = off

The register pointer goes on by itself after each byte and from 0D to 00. RDY: a conversion lies in the data registers
that has not been read whole since; it falls when the transfer ends in which the sixth byte was read. LOCK: some but
not all of the six were read; until the rest is read, or MODE is written, later conversions are dropped.

In continuous mode the part converts every 0.5 ms and puts the mean of the last few into the data registers every
13.3 ms; fast, each conversion by itself, with more noise. A comparator takes the magnitude of each fast conversion:
EXC says that one reached THRESHOLD since that was last written, so that a pulse between two looks is not missed.
Comparators of this kind are usual in three-axis parts (TMAG5273: X, Y, Z thresholds and a magnitude result).

A fault of the part may be asked for: "stuck" repeats the first conversion for ever, with RDY as if it were new;
"drift" is a part that has lost a fifth of its sensitivity.

Conversions are worked out when somebody looks: an event 75 times a second would be most of the world's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.surroundings import Surroundings
from harness.emulation.world import PlainComponent, World

ADDRESS = 0x1E
CRA, CRB, MODE, DATA, STATUS, IDENT = 0x00, 0x01, 0x02, 0x03, 0x09, 0x0A
THRESHOLD = 0x0D
LAST_REGISTER = THRESHOLD
CRA_RESET, CRA_FAST, CRB_RESET = 0x70, 0x7C, 0x20
CONTINUOUS, SINGLE, IDLE = 0x00, 0x01, 0x03
READY, LOCK, OVERLOAD, EXCEEDED = 0x01, 0x02, 0x04, 0x08
IDENTITY = b"TB1"
ALL_READ = 0x3F

STEP_NT = 10_000
LIMIT_STEPS = 20_000
PERIOD_NS = 13_300_000
"""Of a conversion, nominal; the part's RC oscillator is up to 5 % off."""
FAST_DIVISOR = 26
"""Fast conversions in one of the others: 0.51 ms each."""
FAST_NOISE = 5
"""So many times the noise, as one conversion of 26 has."""
STEPS_PER_MT = 100
PERIOD_PPM = 50_000
GAIN_PPM = 30_000
OFFSET_NT = 500_000
DRIFT_PPM_PER_K = (-2_150, -1_850)
"""Of the gain: a Hall plate on silicon fed by a voltage loses some 0.45 % a kelvin with its mobility [recalled], this
part half of it, within narrow limits. 50 mT +- 5 mT can't be kept from -40 to +70 degrees Celsius unless the meter
corrects it; the same holds for the ferrite magnets that other parts' sheets speak of (-0.2 %/K)."""
REFERENCE_MC = 25_000
NOISE_STEP_NT = (200, 280)
"""Noise is the sum of two uniform bytes in these steps: with 240, 25 uT rms, 61 uT at most."""


HallFault = Literal["none", "stuck", "drift"]
DRIFTED_PPM = -200_000

Axes = tuple[int, int, int]


@dataclass(frozen=True)
class HallTraits:
    """What this one part is like: gain and offset per axis, drift of the gain, time of a conversion."""

    gain_ppm: tuple[int, int, int]
    offset_nT: tuple[int, int, int]
    drift_ppm_per_K: int
    period_ns: int
    noise_step_nT: int


@dataclass
class HallState:
    """Registers, the conversions under way, and what of the data was read."""

    mode: int = IDLE
    cra: int = CRA_RESET
    threshold_mT: int = 0
    exceeded: bool = False
    frozen: bool = False
    """A relay of the bench has put a repeater of the last values into the sensor's place."""
    compared_ns: int = 0
    """Up to when the comparator's work is done."""
    pointer: int = 0
    pointer_next: bool = False
    data: bytearray = field(default_factory=lambda: bytearray(6))
    overload: bool = False
    ready: bool = False
    read_mask: int = 0
    started_ns: int = 0
    """When the mode began; conversion n ends n periods later."""
    placed: int = 0
    """Conversions since then that are past, whether they came to the data registers or were dropped."""


class HallReference(PlainComponent):
    """The part on the bus, at the place "sensor"."""

    state: HallState
    address = ADDRESS

    def __init__(self, world: World, name: str, surroundings: Surroundings, fault: HallFault = "none") -> None:
        self.surroundings = surroundings
        self.fault = fault
        self.traits = _draw_traits(world, name)
        self._noise = f"{name} noise"
        self.state = HallState()
        super().__init__(world, name)

    # Bus

    def see_low_pulse(self, low_ns: int) -> None:
        """Nothing: the part has no wake condition."""

    def select(self, reading: bool) -> bool:
        """Always there."""
        self.state.pointer_next = not reading
        return True

    def take_byte(self, byte: int) -> bool:
        """The register pointer, then values for the registers from there on."""
        state = self.state
        if state.pointer_next:
            state.pointer_next = False
            if byte > LAST_REGISTER:
                raise self._not_modelled(f"register pointer 0x{byte:02X}; the last register is 0x{LAST_REGISTER:02X}")
            state.pointer = byte
            return True
        self._write(state.pointer, byte)
        self._advance()
        return True

    def give_byte(self) -> int:
        """The register at the pointer."""
        state, register = self.state, self.state.pointer
        if DATA <= register < STATUS:
            if not state.read_mask:
                self._catch_up()
            index = register - DATA
            state.read_mask |= 1 << index
            byte = state.data[index]
        elif register == STATUS:
            byte = self._status()
        elif register == THRESHOLD:
            byte = self.state.threshold_mT
        elif register >= IDENT:
            byte = IDENTITY[register - IDENT]
        else:
            self._catch_up()
            byte = (state.cra, CRB_RESET, state.mode)[register]
        self._advance()
        return byte

    def give_ahead(self) -> bytes:
        """The rest of the data: they stand still once the first octet of them was read."""
        state = self.state
        index = state.pointer - DATA
        if not 1 <= index < len(state.data) or not state.read_mask or state.read_mask >> index:
            return b""
        state.read_mask |= ALL_READ >> index << index
        state.pointer = STATUS
        return bytes(state.data[index:])

    def take_back(self, count: int) -> None:
        """The last ``count`` octets were not read."""
        state = self.state
        state.pointer -= count
        state.read_mask &= ALL_READ >> count

    def end(self, stopped: bool) -> None:
        """Data read to the last byte are old now, and the next conversion may take their place."""
        del stopped  # a repeated START ends a transfer as well
        state = self.state
        if state.read_mask == ALL_READ:
            state.read_mask = 0
            state.ready = False
            state.placed = max(state.placed, self._past())

    def power_off(self) -> None:
        """Supply gone: every register at its reset value."""
        self.state = HallState(frozen=self.state.frozen)

    def on_event(self, kind: str, argument: Any) -> None:
        """The relay of the repeater works."""
        if kind == "freeze":
            self._catch_up()
            self.state.frozen = bool(argument)
        else:
            super().on_event(kind, argument)

    # Registers

    def _advance(self) -> None:
        self.state.pointer = 0 if self.state.pointer == LAST_REGISTER else self.state.pointer + 1

    def _status(self) -> int:
        state = self.state
        if not state.read_mask:
            self._catch_up()
        locked = state.read_mask not in {0, ALL_READ}
        self._compare()
        bits = (READY if state.ready else 0) | (LOCK if locked else 0) | (OVERLOAD if state.overload else 0)
        return bits | (EXCEEDED if state.exceeded else 0)

    def _write(self, register: int, value: int) -> None:
        state = self.state
        if register == MODE and value in {CONTINUOUS, SINGLE, IDLE}:
            self._catch_up()
            state.mode = value
            self._start_over()
            state.read_mask, state.ready = 0, False
        elif register == CRA and value in {CRA_RESET, CRA_FAST}:
            self._catch_up()
            if value != state.cra:
                state.cra = value
                self._start_over()
        elif register == THRESHOLD:
            state.threshold_mT, state.exceeded, state.compared_ns = value, False, self.world.now_ns
        elif (register, value) != (CRB, CRB_RESET):
            raise self._not_modelled(
                f"write of 0x{value:02X} to register 0x{register:02X}; CRA takes 0x70 or 0x7C, CRB 0x20, "
                "MODE 00, 01 or 03"
            )

    # Conversions

    @property
    def _period_ns(self) -> int:
        return self.traits.period_ns // (FAST_DIVISOR if self.state.cra == CRA_FAST else 1)

    def _start_over(self) -> None:
        self.state.started_ns, self.state.placed, self.state.compared_ns = self.world.now_ns, 0, self.world.now_ns

    def _compare(self) -> None:
        """The comparator's work up to now; a field that stood still is looked at once."""
        state, now_ns = self.state, self.world.now_ns
        from_ns, state.compared_ns = state.compared_ns, now_ns
        if not state.threshold_mT or state.exceeded or state.mode != CONTINUOUS:
            return
        limit = (state.threshold_mT * STEPS_PER_MT) ** 2
        period_ns = self.traits.period_ns // FAST_DIVISOR
        first = now_ns if self.surroundings.is_steady(from_ns, now_ns) else from_ns + period_ns
        for at_ns in range(first, now_ns + 1, period_ns):
            x, y, z = self._seen(at_ns)
            if x * x + y * y + z * z >= limit:
                state.exceeded = True
                return

    def _past(self) -> int:
        """How many conversions have ended since the mode began."""
        state = self.state
        if state.mode == IDLE:
            return 0
        count = (self.world.now_ns - state.started_ns) // self._period_ns
        return min(count, 1) if state.mode == SINGLE else count

    def _catch_up(self) -> None:
        """Put the latest conversion into the data registers unless they are locked."""
        state = self.state
        past = self._past()
        if past > state.placed and not state.read_mask:
            self._convert(state.started_ns + past * self._period_ns)
        state.placed = max(state.placed, past)
        if state.mode == SINGLE and past:
            state.mode = IDLE

    def _convert(self, end_ns: int) -> None:
        """The conversion that ended at ``end_ns``: the field at that moment, as this part sees it."""
        state = self.state
        if state.frozen or (self.fault == "stuck" and any(state.data)):
            state.ready = True
            return
        noise = self.world.stream(self._noise).take_bytes(6)
        noise_step_nT = self.traits.noise_step_nT * (FAST_NOISE if state.cra == CRA_FAST else 1)
        state.overload = False
        seen = self._seen(end_ns, [(noise[2 * axis] + noise[2 * axis + 1] - 255) * noise_step_nT for axis in range(3)])
        for axis, place in enumerate((0, 4, 2)):  # the data registers hold X, Z, Y
            steps = seen[axis]
            if abs(steps) > LIMIT_STEPS:
                steps, state.overload = (LIMIT_STEPS if steps > 0 else -LIMIT_STEPS), True
            state.data[place : place + 2] = steps.to_bytes(2, "big", signed=True)
        state.ready = True

    def _seen(self, at_ns: int, noise_nT: Sequence[int] = (0, 0, 0)) -> Axes:
        """The field at ``at_ns`` with this part's errors, in steps, not clipped."""
        traits = self.traits
        drift_ppm = traits.drift_ppm_per_K * (self.surroundings.meter_mC(at_ns) - REFERENCE_MC) // 1000
        drift_ppm += DRIFTED_PPM if self.fault == "drift" else 0
        x_nT, y_nT, z_nT = self.surroundings.field_nT("sensor", at_ns)
        x_gain, y_gain, z_gain = traits.gain_ppm
        x_more, y_more, z_more = traits.offset_nT
        x_noise, y_noise, z_noise = noise_nT
        gain, half = 1_000_000 + drift_ppm, STEP_NT // 2
        return (
            (x_nT * (gain + x_gain) // 1_000_000 + x_more + x_noise + half) // STEP_NT,
            (y_nT * (gain + y_gain) // 1_000_000 + y_more + y_noise + half) // STEP_NT,
            (z_nT * (gain + z_gain) // 1_000_000 + z_more + z_noise + half) // STEP_NT,
        )

    def _not_modelled(self, what: str) -> NotModelledError:
        return NotModelledError(f"{self.name} (Hall sensor at 0x{ADDRESS:02X}): {what}")


def _draw_traits(world: World, name: str) -> HallTraits:
    stream = world.stream(f"{name} traits")
    gain = [stream.take_int(-GAIN_PPM, GAIN_PPM) for _ in range(3)]
    offset = [stream.take_int(-OFFSET_NT, OFFSET_NT) for _ in range(3)]
    return HallTraits(
        gain_ppm=(gain[0], gain[1], gain[2]),
        offset_nT=(offset[0], offset[1], offset[2]),
        drift_ppm_per_K=stream.take_int(*DRIFT_PPM_PER_K),
        period_ns=PERIOD_NS + PERIOD_NS * stream.take_int(-PERIOD_PPM, PERIOD_PPM) // 1_000_000,
        noise_step_nT=world.stream(f"{name} noise traits").take_int(*NOISE_STEP_NT),
    )
