"""One coil of the electromagnet as laws: its current under a supply with limits, and what its iron makes of that.

Pure functions over plain integers; the component that lives in the world is ``electromagnet``.

* Circuit: L · di/dt = V - R · i, so that the current goes exponentially towards V / R with the time constant L / R
  until the supply regulates [any textbook of circuits, the step response of an RL circuit].
* Eddy currents: the magnetising current follows the coil's with one time constant (laminated iron; a solid core has
  a spectrum of them, of which the slowest is the one that is seen).
* Hysteresis: play operators (Prandtl-Ishlinskii): each follows the current with a dead band of its own, so that the
  loop is closed, minor loops are congruent, a larger swing wipes out the memory of a smaller one, and a decaying
  alternation demagnetises [M. A. Krasnosel'skii, A. V. Pokrovskii, Systems with Hysteresis, 1989]. The air gap keeps
  the iron far below saturation, which is therefore left out.
* Alternating current: an output that regulates a sinusoid puts it out as it is while its voltage, |Z| · i with
  Z = R + jωL, stays within the limit. Beyond that the real output clips its voltage; the current is then taken as the
  sinusoid that the limit allows, which is its fundamental less a quarter at most [any textbook of circuits].
* Heat: copper gains 0.393 % of its resistance per kelvin (IEC 60028, at 20 degrees Celsius); one body, one time
  constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, ceil, exp, hypot, log, pi, sin

COPPER_PER_K_1E5 = 393
NA_PER_A = 1_000_000_000
REST_EDDIES = 60
"""So many time constants after a current came to rest nothing of the eddy currents is left: exp(-60) of 3 A."""


@dataclass(frozen=True)
class CoilTraits:
    """What this one coil is like."""

    resistance_uOhm: int
    """At 23 degrees Celsius, with leads."""
    inductance_uH: int
    coupling_nT_per_A: int
    """Field along its axis at the meter's sensor."""
    eddy_ns: int
    plays: tuple[tuple[int, int], ...]
    """Dead band (half width, in nA) and weight (in ppm) of each play operator, what they leave is reversible."""
    heating_uK_per_mW: int
    heat_ns: int


@dataclass(frozen=True)
class Drive:
    """What the supply's output does: a box of currents it keeps within, with the voltages it may use for that."""

    low_nA: int
    high_nA: int
    low_uV: int
    high_uV: int
    free_uV: int | None = None
    """The voltage inside the box (voltage priority); None: whatever the current there needs (current priority)."""
    peak_nA: int = 0
    frequency_mHz: int = 0
    """A sinusoid that is regulated on top of the current, from phase zero on."""


OFF = Drive(0, 0, 0, 0)
"""Nothing is connected; the current is zero already."""


@dataclass(frozen=True)
class Law:
    """The current from ``start_ns`` on: ``final_nA`` + (``start_nA`` - ``final_nA``) · exp(-t / ``tau_ns``)."""

    start_ns: int
    start_nA: int
    final_nA: int
    tau_ns: int
    """0: the supply regulates, and the current stays at ``final_nA``."""
    voltage_uV: int
    """Across the coil while the current changes."""
    lagged_nA: int
    """The magnetising current at ``start_ns``."""
    plays_nA: tuple[int, ...]
    """Where each play operator stands at ``start_ns``."""
    peak_nA: int = 0
    frequency_mHz: int = 0
    """A sinusoid on top of all that, of phase zero at ``start_ns``."""

    @property
    def rests(self) -> bool:
        """Whether the current stands still."""
        return not self.tau_ns and not self.peak_nA

    @property
    def per_ns(self) -> float:
        """The sinusoid's angular frequency."""
        return 2 * pi * self.frequency_mHz * 1e-12

    def current_nA(self, at_ns: int) -> int:
        """The coil's current."""
        if self.rests:
            return self.final_nA
        value, since_ns = float(self.final_nA), at_ns - self.start_ns
        if self.tau_ns:
            value += (self.start_nA - self.final_nA) * exp(-since_ns / self.tau_ns)
        if self.peak_nA:
            value += self.peak_nA * sin(self.per_ns * since_ns)
        return round(value)


def resistance_uOhm(traits: CoilTraits, rise_uK: int) -> int:
    """Resistance of the coil that is warmer by ``rise_uK`` than its surroundings at 23 degrees Celsius."""
    return traits.resistance_uOhm + traits.resistance_uOhm * COPPER_PER_K_1E5 * rise_uK // 10**11


def warmed_uK(traits: CoilTraits, rise_uK: int, from_nA: int, to_nA: int, duration_ns: int) -> int:
    """The rise of temperature after ``duration_ns`` in which the current went from one value to the other.

    The mean square of a straight line between the two stands for the current's; the steps that this is asked for are
    short against the time constant of the heat.
    """
    mean_square = (from_nA * from_nA + from_nA * to_nA + to_nA * to_nA) // 3
    power_mW = mean_square * resistance_uOhm(traits, rise_uK) // 10**21
    settled_uK = power_mW * traits.heating_uK_per_mW
    return round(settled_uK + (rise_uK - settled_uK) * exp(-duration_ns / traits.heat_ns))


def next_law(
    traits: CoilTraits, drive: Drive, rise_uK: int, law: Law, at_ns: int, current_nA: int
) -> tuple[Law, tuple[int, int] | None]:
    """The law from ``at_ns`` on, where the current is ``current_nA``; and when its current reaches what.

    None: nothing, as it rests there already or the supply's voltage is too low.
    """
    resistance = resistance_uOhm(traits, rise_uK)
    voltage_uV = _voltage_uV(drive, current_nA, resistance)
    final_nA = voltage_uV * NA_PER_A // resistance
    stop_nA = _stop_nA(drive, current_nA, final_nA)
    rests = stop_nA == current_nA and (drive.free_uV is not None or voltage_uV == _drop_uV(current_nA, resistance))
    tau_ns = 0 if rests else traits.inductance_uH * NA_PER_A // resistance
    lagged_nA, plays_nA = magnetised(traits, law, at_ns)
    new = Law(
        at_ns,
        current_nA,
        current_nA if rests else final_nA,
        tau_ns,
        voltage_uV,
        lagged_nA,
        plays_nA,
        _peak_nA(traits, drive, resistance),
        drive.frequency_mHz,
    )
    if (final_nA - stop_nA) * (stop_nA - current_nA) <= 0:
        return new, None
    return new, (at_ns + ceil(tau_ns * log((final_nA - current_nA) / (final_nA - stop_nA))), stop_nA)


def _peak_nA(traits: CoilTraits, drive: Drive, resistance: int) -> int:
    """The sinusoid's peak: as regulated, or what the voltage limit leaves of it."""
    if not drive.peak_nA:
        return 0
    impedance_uOhm = hypot(resistance, 2 * pi * drive.frequency_mHz / 1000 * traits.inductance_uH)
    return min(drive.peak_nA, round(min(drive.high_uV, -drive.low_uV) * NA_PER_A / impedance_uOhm))


def _stop_nA(drive: Drive, current_nA: int, final_nA: int) -> int:
    """Where the supply begins to regulate: the near side of its box from outside, the far side from within."""
    if not drive.low_nA <= current_nA <= drive.high_nA:
        return drive.low_nA if current_nA < drive.low_nA else drive.high_nA
    return min(max(final_nA, drive.low_nA), drive.high_nA)


def voltage_uV(traits: CoilTraits, law: Law, rise_uK: int) -> int:
    """The voltage across the coil under ``law``."""
    return law.voltage_uV if law.tau_ns else _drop_uV(law.final_nA, resistance_uOhm(traits, rise_uK))


def magnetised(traits: CoilTraits, law: Law, at_ns: int) -> tuple[int, tuple[int, ...]]:
    """The magnetising current at ``at_ns``, and where the play operators then stand."""
    since_ns = at_ns - law.start_ns
    plays_nA = law.plays_nA
    if law.rests and since_ns > REST_EDDIES * traits.eddy_ns:
        return law.final_nA, _follow(traits, plays_nA, law.final_nA)
    turn_ns = _turning_point(traits, law)
    if turn_ns is not None and turn_ns < since_ns:
        plays_nA = _follow(traits, plays_nA, round(_lagged_nA(traits, law, turn_ns)))
    for crest_ns in _crests_ns(traits, law, since_ns):
        plays_nA = _follow(traits, plays_nA, round(_lagged_nA(traits, law, crest_ns)))
    lagged_nA = round(_lagged_nA(traits, law, since_ns))
    return lagged_nA, _follow(traits, plays_nA, lagged_nA)


def field_nT(traits: CoilTraits, law: Law, at_ns: int) -> int:
    """The field along the coil's axis at the meter's sensor."""
    lagged_nA, plays_nA = magnetised(traits, law, at_ns)
    lost = 0
    for play_nA, (_, weight) in zip(plays_nA, traits.plays, strict=True):
        lost += weight * (play_nA - lagged_nA)
    return traits.coupling_nT_per_A * (lagged_nA * 1_000_000 + lost) // (NA_PER_A * 1_000_000)


def _drop_uV(current_nA: int, resistance: int) -> int:
    return current_nA * resistance // NA_PER_A


def _voltage_uV(drive: Drive, current_nA: int, resistance: int) -> int:
    if current_nA < drive.low_nA:
        return drive.high_uV
    if current_nA > drive.high_nA:
        return drive.low_uV
    free_uV = _drop_uV(current_nA, resistance) if drive.free_uV is None else drive.free_uV
    return min(max(free_uV, drive.low_uV), drive.high_uV)


def _follow(traits: CoilTraits, plays_nA: tuple[int, ...], current_nA: int) -> tuple[int, ...]:
    """The play operators after the magnetising current went to ``current_nA`` without turning back."""
    return tuple(
        max(current_nA - band_nA, min(current_nA + band_nA, play_nA))
        for play_nA, (band_nA, _) in zip(plays_nA, traits.plays, strict=True)
    )


def _lagged_nA(traits: CoilTraits, law: Law, since_ns: float) -> float:
    """The coil's current behind one time constant: the closed form of y' = (i - y) / eddy for the law's i."""
    slow, fast = _parts(traits, law)
    value = law.final_nA + fast * exp(-since_ns / traits.eddy_ns)
    if law.peak_nA:
        peak_nA, lag = _lagged_sinusoid(traits, law)
        value += peak_nA * sin(law.per_ns * since_ns - lag)
    return value + slow * exp(-since_ns / law.tau_ns) if law.tau_ns else value


def _parts(traits: CoilTraits, law: Law) -> tuple[float, float]:
    """Amplitudes of the part that decays with the circuit and of the one that decays with the eddy currents."""
    slow = (law.start_nA - law.final_nA) * law.tau_ns / (law.tau_ns - traits.eddy_ns) if law.tau_ns else 0.0
    fast = law.lagged_nA - law.final_nA - slow
    if law.peak_nA:
        peak_nA, lag = _lagged_sinusoid(traits, law)
        fast += peak_nA * sin(lag)
    return slow, fast


def _lagged_sinusoid(traits: CoilTraits, law: Law) -> tuple[float, float]:
    """Peak and lag (in radians) of what the eddy currents leave of the law's sinusoid."""
    angle = law.per_ns * traits.eddy_ns
    return law.peak_nA / hypot(1.0, angle), atan(angle)


def _crests_ns(traits: CoilTraits, law: Law, since_ns: float) -> list[float]:
    """The sinusoid's crests that the iron remembers: the first two and the last two of both signs up to ``since_ns``.

    The crests between are as high as these and leave nothing of their own.
    """
    if not law.peak_nA:
        return []
    first_ns = (pi / 2 + _lagged_sinusoid(traits, law)[1]) / law.per_ns
    half_ns = pi / law.per_ns
    count = int((since_ns - first_ns) // half_ns) + 1
    return [first_ns + number * half_ns for number in sorted({0, 1, count - 2, count - 1}) if 0 <= number < count]


def _turning_point(traits: CoilTraits, law: Law) -> float | None:
    """Where the magnetising current turns back under this law: it still rises when the coil's begins to fall.

    Two exponentials have one extremum at most. None: it never turns.
    """
    slow, fast = _parts(traits, law)
    if law.peak_nA or not slow or not fast or slow * fast > 0:
        return None
    ratio = -fast * law.tau_ns / (slow * traits.eddy_ns)
    return log(ratio) / (1 / traits.eddy_ns - 1 / law.tau_ns) if ratio > 1 else None
