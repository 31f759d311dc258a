"""A three-axis teslameter with its probe beside the meter's sensor: Lake Shore F71.

The fundamental measurement takes 10 ms, and a reading is the mean of the last so many of them (F71/F41 manual,
averaging window). In mode AC the RMS value of what alternates is read, over the same window (20 Hz to 1 kHz
[recalled]). Mode HIFR, relative readings and the field control output are not part of this unit. Source of the
commands: the manual and the maker's own public Python driver.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isqrt

from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument, instrument_tree
from harness.emulation.instruments.scpi_parameters import Boolean, Choice, Number, format_nr1, format_nr3
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command, CommandTree
from harness.emulation.plant.electromagnet import Electromagnet
from harness.emulation.seeded import SeededStream
from harness.emulation.world import World

REFERENCE_IDENTITY = Identity("Lake Shore", "F71", "EMU7100042", "1.6.2019092002")
PROBE_MODEL, PROBE_SERIAL, PROBE_CALIBRATED = "FP-2X-250-TS15M", "EMUP000071", "2026-05-31"

RANGES_NT = (35_000_000, 350_000_000, 3_500_000_000)
"""Full scales of a high-field probe [recalled]."""
OVER_PERCENT = 105
"""Of full scale: beyond it the input overloads [recalled]."""
OVERLOAD = "9.90000000E+37"
"""SCPI-99 volume 1, 7.2.1.4: what an instrument answers for a value beyond what it can represent."""

GAIN_PPM, OFFSET_PPM_OF_RANGE, CROSS_PPM = 3_500, 200, 2_000
"""Accuracy of a three-axis probe: 0.35 % of reading and 0.02 % of range [recalled]; one axis into another 0.2 %
[assumed]. A unit's errors are drawn within."""
NOISE_NT = {35_000_000: 300, 350_000_000: 1_000, 3_500_000_000: 10_000}
"""Peak, of one 10 ms measurement [assumed: 1e-6 to 1e-5 of range]."""
RESOLUTION_NT = 100

SAMPLE_NS = 10_000_000
AVERAGED_MAX = 1_000
EVALUATED_MAX = 25
"""A longer average is formed from so many of its measurements, evenly spaced: nobody can tell the difference."""

OVERLOAD_BIT = 1 << 1
"""Operation status register (the maker's Python driver)."""

AC_GAIN_PPM, AC_OFFSET_PPM_OF_RANGE = 10_000, 500
"""Accuracy in mode AC: 1 % of reading and 0.05 % of range [recalled]."""
AC_SAMPLES_PER_WINDOW = 10
"""In 10 ms: enough for the fundamental of 60 Hz; a window of 100 ms has whole periods of 50 and of 60 Hz."""

AXES = ("X", "Y", "Z")
GAUSS_PER_TESLA_1E = 4
"""1 T is 10**4 G."""


@dataclass
class TeslameterState:
    """Settings and what the exchange holds."""

    exchange: ExchangeState = field(default_factory=ExchangeState)
    automatic: bool = True
    range_nT: int = RANGES_NT[-1]
    averaged: int = 20
    gauss: bool = False
    alternating: bool = False


@dataclass(frozen=True)
class ProbeErrors:
    """The unit's own: per axis gain (ppm), offset (ppm of range), and what each axis shows of the two others (ppm)."""

    gains_ppm: tuple[int, int, int]
    offsets_ppm: tuple[int, int, int]
    crosses_ppm: tuple[int, int, int]
    ac_gains_ppm: tuple[int, int, int]
    ac_offsets_ppm: tuple[int, int, int]


class Teslameter(ScpiInstrument):
    """The instrument, with its probe in the field of ``magnet``."""

    state: TeslameterState
    error_queue_depth = 20
    latency_ns = 2_000_000
    """Answer to a short query [assumed: an embedded processor behind a network socket]."""

    def __init__(self, world: World, name: str, identity: Identity, tree: CommandTree, magnet: Electromagnet) -> None:
        self.magnet = magnet
        self.errors = _draw_errors(world.stream(f"{name}/unit"))
        self.state = TeslameterState()
        super().__init__(world, name, identity, tree)

    def reset(self) -> None:
        """``*RST``: DC, automatic range, tesla, 20 measurements averaged."""
        self.state = TeslameterState(self.state.exchange)

    def reading_nT(self) -> tuple[int, int, int] | None:
        """The mean of the averaging window as the unit shows it; None where an axis was overloaded in it."""
        samples = self._samples()
        range_nT = self._range_nT(samples)
        if _overloaded(samples, range_nT):
            return None
        noise = self.world.stream(f"{self.name}/noise")
        spread_nT = max(NOISE_NT[range_nT] // (isqrt(self.state.averaged) or 1), 1)
        means = [sum(sample[axis] for sample in samples) // len(samples) for axis in range(3)]
        shown = []
        for axis in range(3):
            others = means[axis - 1] + means[axis - 2]
            value = means[axis] + means[axis] * self.errors.gains_ppm[axis] // 1_000_000
            value += others * self.errors.crosses_ppm[axis] // 1_000_000
            value += range_nT * self.errors.offsets_ppm[axis] // 1_000_000
            value += noise.take_int(-spread_nT, spread_nT)
            shown.append(value // RESOLUTION_NT * RESOLUTION_NT)
        return shown[0], shown[1], shown[2]

    def rms_nT(self) -> tuple[int, int, int] | None:
        """RMS value of what alternates in the averaging window, per axis; None where an axis was overloaded in it."""
        step_ns = SAMPLE_NS // AC_SAMPLES_PER_WINDOW
        count = self.state.averaged * AC_SAMPLES_PER_WINDOW
        last_ns = self.world.now_ns // step_ns * step_ns
        samples = [self.magnet.field_nT("probe", max(last_ns - index * step_ns, 0)) for index in range(count)]
        range_nT = self._range_nT(samples)
        if _overloaded(samples, range_nT):
            return None
        shown = []
        for axis in range(3):
            parts = [sample[axis] for sample in samples]
            mean = sum(parts) // count
            value = isqrt(sum((part - mean) ** 2 for part in parts) // count)
            value += value * self.errors.ac_gains_ppm[axis] // 1_000_000
            value += range_nT * abs(self.errors.ac_offsets_ppm[axis]) // 1_000_000
            shown.append(value // RESOLUTION_NT * RESOLUTION_NT)
        return shown[0], shown[1], shown[2]

    def condition(self) -> int:
        """Condition of the operation status register."""
        samples = self._samples()
        return OVERLOAD_BIT if _overloaded(samples, self._range_nT(samples)) else 0

    def _samples(self) -> list[tuple[int, int, int]]:
        """The 10 ms measurements of the averaging window, each taken as of its middle."""
        last_ns = self.world.now_ns // SAMPLE_NS * SAMPLE_NS - SAMPLE_NS // 2
        count = min(self.state.averaged, EVALUATED_MAX)
        span = self.state.averaged - 1
        instants = [last_ns - SAMPLE_NS * (span * index // max(count - 1, 1)) for index in range(count)]
        return [self.magnet.field_nT("probe", max(at_ns, 0)) for at_ns in instants]

    def _range_nT(self, samples: list[tuple[int, int, int]]) -> int:
        if not self.state.automatic:
            return self.state.range_nT
        peak_nT = max(abs(part) for sample in samples for part in sample)
        return next((one for one in RANGES_NT if peak_nT <= one), RANGES_NT[-1])


def _overloaded(samples: list[tuple[int, int, int]], range_nT: int) -> bool:
    limit_nT = range_nT * OVER_PERCENT // 100
    return any(abs(part) > limit_nT for sample in samples for part in sample)


def _draw_errors(stream: SeededStream) -> ProbeErrors:
    def three(limit: int) -> tuple[int, int, int]:
        return stream.take_int(-limit, limit), stream.take_int(-limit, limit), stream.take_int(-limit, limit)

    return ProbeErrors(
        three(GAIN_PPM), three(OFFSET_PPM_OF_RANGE), three(CROSS_PPM), three(AC_GAIN_PPM), three(AC_OFFSET_PPM_OF_RANGE)
    )


def _fetch(unit: Teslameter, which: str = "MAG") -> str:
    """One axis, the vector's magnitude, or all three axes."""
    return _told(unit, unit.reading_nT(), which)


def _fetch_rms(unit: Teslameter, which: str = "MAG") -> str:
    """As ``_fetch``, of what alternates; only in mode AC (-221)."""
    if not unit.state.alternating:
        raise ScpiError(-221)
    return _told(unit, unit.rms_nT(), which)


def _told(unit: Teslameter, reading: tuple[int, int, int] | None, which: str) -> str:
    if reading is None:
        return ",".join([OVERLOAD] * (3 if which == "ALL" else 1))
    if which == "MAG":
        chosen: tuple[int, ...] = (isqrt(sum(part * part for part in reading)),)
    else:
        chosen = reading if which == "ALL" else (reading[AXES.index(which)],)
    exponent = -9 + (GAUSS_PER_TESLA_1E if unit.state.gauss else 0)
    return ",".join(format_nr3(part, exponent, decimals=8) for part in chosen)


def _set_range(unit: Teslameter, expected_nT: int) -> None:
    """The lowest range that measures the expected field; it ends automatic ranging."""
    unit.state.automatic = False
    unit.state.range_nT = next((one for one in RANGES_NT if abs(expected_nT) <= one), RANGES_NT[-1])


def _set_automatic(unit: Teslameter, automatic: bool) -> None:
    unit.state.automatic = automatic


def _set_averaged(unit: Teslameter, count: int) -> None:
    unit.state.averaged = count


def _set_unit(unit: Teslameter, word: str) -> None:
    unit.state.gauss = word == "GAUS"


def _set_mode(unit: Teslameter, word: str) -> None:
    unit.state.alternating = word == "AC"


DIALECT: tuple[Command, ...] = (
    Command("FETCh:DC", ask=_fetch, asks_with=(Choice(("X", "Y", "Z", "MAGnitude", "ALL")),), optional=1),
    Command("FETCh:TEMPerature", ask=lambda _: "+2.30000000E+01"),
    Command("FETCh:RMS", ask=_fetch_rms, asks_with=(Choice(("X", "Y", "Z", "MAGnitude", "ALL")),), optional=1),
    Command(
        "SENSe:MODE",
        (Choice(("DC", "AC")),),
        do=_set_mode,
        ask=lambda unit: "AC" if unit.state.alternating else "DC",
    ),
    Command(
        "SENSe:RANGe",
        (Number("T", -9),),
        do=_set_range,
        ask=lambda unit: format_nr3(unit.state.range_nT, -9, decimals=8),
    ),
    Command("SENSe:RANGe:AUTO", (Boolean(),), do=_set_automatic, ask=lambda unit: "1" if unit.state.automatic else "0"),
    Command(
        "SENSe:AVERage:COUNt",
        (Number("", 0, 1, AVERAGED_MAX),),
        do=_set_averaged,
        ask=lambda unit: str(unit.state.averaged),
    ),
    Command(
        "UNIT:FIELd",
        (Choice(("TESLa", "GAUSs")),),
        do=_set_unit,
        ask=lambda unit: "GAUSS" if unit.state.gauss else "TESLA",
    ),
    Command("PROBe:MODel", ask=lambda _: f'"{PROBE_MODEL}"'),
    Command("PROBe:SNUMber", ask=lambda _: f'"{PROBE_SERIAL}"'),
    Command("PROBe:AXES", ask=lambda _: "3"),
    Command("PROBe:CALDate", ask=lambda _: f'"{PROBE_CALIBRATED}"'),
    Command("STATus:OPERation:CONDition", ask=lambda unit: format_nr1(unit.condition())),
    Command("STATus:QUEStionable:CONDition", ask=lambda _: format_nr1(0)),
)


def make_teslameter(
    world: World, name: str, magnet: Electromagnet, identity: Identity = REFERENCE_IDENTITY
) -> Teslameter:
    """An F71 with a three-axis probe at the place "probe" of ``magnet``."""
    return Teslameter(world, name, identity, instrument_tree(DIALECT), magnet)
