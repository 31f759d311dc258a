"""TI's TMAG5273A2: the other Hall sensor a board may carry, three axes of 133 or 266 mT, on I2C at 0x35.

Source: TI data sheet SLYS045 (ranges, register places and fields as Linux's and Zephyr's drivers use them). Update
rates per averaging, the 12-bit converter and 60.1 codes per kelvin are [recalled] from the same sheet. Modelled:
standby, sleep and continuous mode with all three axes, both ranges, averaging, temperature result, conversion status,
three-byte reads (pointer, repeated START, data). Not modelled, and an error when asked for: wake-and-sleep, triggers,
CRC, one-byte reads, thresholds, interrupt pin, angle, corrections of gain, offset and temperature, a changed address.
A transfer sees one set of results: they stand still from its address byte to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.emulation.errors import NotModelledError
from harness.emulation.parts.surroundings import Surroundings
from harness.emulation.world import PlainComponent, World

ADDRESS = 0x35
CONFIG_1, CONFIG_2, SENSOR_1, SENSOR_2, T_CONFIG = 0x00, 0x01, 0x02, 0x03, 0x07
I2C_ADDRESS, DEVICE_ID, RESULTS, CONV_STATUS, DEVICE_STATUS = 0x0C, 0x0D, 0x10, 0x18, 0x1C
LAST_REGISTER = DEVICE_STATUS
VERSION_X2 = 0x02
MAKER = b"\x49\x54"
STANDBY, SLEEP, CONTINUOUS = 0, 1, 2
ALL_AXES = 0x70
RESULT_READY, POWER_ON_RESET = 0x01, 0x10
PIN_HIGH = 0x10
"""DEVICE_STATUS: level of the INT pin, which hangs at its pull-up."""

WRITABLE = {CONFIG_1: 0x1C, CONFIG_2: 0x1B, SENSOR_1: 0xFF, SENSOR_2: 0x03, T_CONFIG: 0x01, CONV_STATUS: 0x10}
"""Bits that may be set, by register. Low noise and glitch filter are kept without effect."""
UPDATES_PER_S = (10_000, 5_700, 3_100, 1_600, 800, 400)
"""By CONV_AVG, all three axes on."""
RANGES_NT = (133_000_000, 266_000_000)
CODES = 1 << 15
TEMPERATURE_CODE, TEMPERATURE_MC, CODES_PER_K_TENTHS = 17_508, 25_000, 601

GAIN_PPM = 30_000
OFFSET_NT = 300_000
DRIFT_PPM_PER_K = 300
RATE_PPM = 50_000
THERMOMETER_MK = 2_000
"""How far its temperature result may be off [assumed]."""
NOISE_STEP_NT = (1_300, 1_900)
"""Noise of one conversion is the sum of two uniform bytes in these steps, about 0.17 mT rms [recalled]; averaging
over 2^n conversions divides it by the root of that."""
NOISE_DIVISORS = (1_000, 1_414, 2_000, 2_828, 4_000, 5_657)
"""1000 · sqrt(2^n), by CONV_AVG."""


@dataclass(frozen=True)
class TmagTraits:
    """What this one part is like."""

    gain_ppm: tuple[int, int, int]
    offset_nT: tuple[int, int, int]
    drift_ppm_per_K: int
    rate_ppm: int
    thermometer_mK: int
    noise_step_nT: int


def _reset_registers() -> bytearray:
    registers = bytearray(LAST_REGISTER + 1)
    registers[I2C_ADDRESS] = ADDRESS << 1
    registers[DEVICE_ID] = VERSION_X2
    registers[DEVICE_ID + 1 : DEVICE_ID + 3] = MAKER
    registers[CONV_STATUS] = POWER_ON_RESET
    registers[DEVICE_STATUS] = PIN_HIGH
    return registers


@dataclass
class TmagState:
    """Registers 00 to 1C, the pointer, and the conversions under way."""

    registers: bytearray = field(default_factory=_reset_registers)
    pointer: int = 0
    pointer_next: bool = False
    started_ns: int = 0
    taken: int = 0


class Tmag5273(PlainComponent):
    """The part on the bus, at the place "sensor"."""

    state: TmagState
    address = ADDRESS

    def __init__(self, world: World, name: str, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        stream = world.stream(f"{name} traits")
        gain = [stream.take_int(-GAIN_PPM, GAIN_PPM) for _ in range(3)]
        offset = [stream.take_int(-OFFSET_NT, OFFSET_NT) for _ in range(3)]
        self.traits = TmagTraits(
            gain_ppm=(gain[0], gain[1], gain[2]),
            offset_nT=(offset[0], offset[1], offset[2]),
            drift_ppm_per_K=stream.take_int(-DRIFT_PPM_PER_K, DRIFT_PPM_PER_K),
            rate_ppm=stream.take_int(-RATE_PPM, RATE_PPM),
            thermometer_mK=stream.take_int(-THERMOMETER_MK, THERMOMETER_MK),
            noise_step_nT=stream.take_int(*NOISE_STEP_NT),
        )
        self.state = TmagState()
        super().__init__(world, name)

    # Bus

    def see_low_pulse(self, low_ns: int) -> None:
        """Nothing: the part wakes at its address."""

    def select(self, reading: bool) -> bool:
        """Always there; a read sees the results as they are now."""
        self.state.pointer_next = not reading
        if reading:
            self._catch_up()
        return True

    def take_byte(self, byte: int) -> bool:
        """The register pointer, then values for the registers from there on."""
        state = self.state
        if state.pointer_next:
            state.pointer_next = False
            if byte > LAST_REGISTER:
                raise self._not_modelled(f"register pointer 0x{byte:02X} (bit 7 would trigger a conversion)")
            state.pointer = byte
            return True
        self._write(state.pointer, byte)
        self._advance()
        return True

    def give_byte(self) -> int:
        """The register at the pointer, which goes on."""
        state = self.state
        byte = state.registers[state.pointer]
        if state.pointer == CONV_STATUS:
            state.registers[CONV_STATUS] &= ~RESULT_READY & 0xFF
        self._advance()
        return byte

    def end(self, stopped: bool) -> None:
        """Nothing to finish."""

    def power_off(self) -> None:
        """Supply gone: every register at its reset value."""
        self.state = TmagState()

    # Registers

    def _advance(self) -> None:
        self.state.pointer = 0 if self.state.pointer == LAST_REGISTER else self.state.pointer + 1

    def _write(self, register: int, value: int) -> None:
        registers = self.state.registers
        allowed = WRITABLE.get(register, 0)
        if value & ~allowed & ~registers[register]:
            raise self._not_modelled(
                f"write of 0x{value:02X} to register 0x{register:02X}; bits 0x{allowed:02X} may be set"
            )
        if register == CONFIG_1 and (value >> 2 & 7) >= len(UPDATES_PER_S):
            raise self._not_modelled(f"averaging code {value >> 2 & 7} is reserved")
        if register == CONFIG_2 and value & 3 not in {STANDBY, SLEEP, CONTINUOUS}:
            raise self._not_modelled("wake-up and sleep mode")
        self._catch_up()
        if register == CONV_STATUS:
            registers[register] &= ~(value & POWER_ON_RESET) & 0xFF
        else:
            registers[register] = value
        if register in {CONFIG_1, CONFIG_2, SENSOR_1, SENSOR_2, T_CONFIG}:
            self._restart()

    def _restart(self) -> None:
        state, registers = self.state, self.state.registers
        state.started_ns, state.taken = self.world.now_ns, 0
        if registers[CONFIG_2] & 3 == CONTINUOUS and registers[SENSOR_1] & 0xF0 not in {0, ALL_AXES}:
            raise self._not_modelled(f"axes 0x{registers[SENSOR_1] >> 4:X} in continuous mode; expected all three (7)")

    # Conversions

    @property
    def period_ns(self) -> int:
        """Time from one set of results to the next."""
        rate = UPDATES_PER_S[self.state.registers[CONFIG_1] >> 2 & 7]
        return 1_000 * (1_000_000 + self.traits.rate_ppm) // rate

    def _catch_up(self) -> None:
        """Work out the latest set of results."""
        state, registers = self.state, self.state.registers
        if registers[CONFIG_2] & 3 != CONTINUOUS or registers[SENSOR_1] & 0xF0 != ALL_AXES:
            return
        past = (self.world.now_ns - state.started_ns) // self.period_ns
        if past > state.taken:
            self._convert(state.started_ns + past * self.period_ns)
            count = (registers[CONV_STATUS] >> 5) + past - state.taken & 7
            registers[CONV_STATUS] = count << 5 | registers[CONV_STATUS] & 0x1E | RESULT_READY
            state.taken = past

    def _convert(self, end_ns: int) -> None:
        registers, traits = self.state.registers, self.traits
        board_mC = self.surroundings.meter_mC(end_ns)
        if registers[T_CONFIG] & 1:
            code = TEMPERATURE_CODE + (board_mC + traits.thermometer_mK - TEMPERATURE_MC) * CODES_PER_K_TENTHS // 10_000
            registers[RESULTS : RESULTS + 2] = code.to_bytes(2, "big")
        averaging = registers[CONFIG_1] >> 2 & 7
        step = 16 >> min(averaging, 4)  # twelve bits of sixteen, and one more with each doubling of the average
        drift_ppm = traits.drift_ppm_per_K * (board_mC - TEMPERATURE_MC) // 1000
        noise = self.world.stream(f"{self.name} noise").take_bytes(6)
        for axis, true_nT in enumerate(self.surroundings.field_nT("sensor", end_ns)):
            full_nT = RANGES_NT[registers[SENSOR_2] & 1 if axis == 2 else registers[SENSOR_2] >> 1 & 1]
            seen_nT = true_nT * (1_000_000 + traits.gain_ppm[axis] + drift_ppm) // 1_000_000 + traits.offset_nT[axis]
            seen_nT += (
                (noise[2 * axis] + noise[2 * axis + 1] - 255) * traits.noise_step_nT * 1000 // NOISE_DIVISORS[averaging]
            )
            code = (seen_nT * CODES + full_nT * step // 2) // (full_nT * step) * step
            code = max(-CODES, min(code, CODES - step))
            place = RESULTS + 2 + 2 * axis
            registers[place : place + 2] = code.to_bytes(2, "big", signed=True)

    def _not_modelled(self, what: str) -> NotModelledError:
        return NotModelledError(f"{self.name} (TMAG5273 at 0x{ADDRESS:02X}): {what}")
