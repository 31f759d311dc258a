"""The AC source's commands: the Keysight AC6800B series' dialect, as far as a test bench needs it.

Source: AC6800B series operating and service guide, SCPI programming reference. The names of the limits' commands and
of the range are [recalled].
"""

from __future__ import annotations

from harness.emulation.instruments.ac6800 import (
    CURRENT_LIMIT_PERCENT,
    FREQUENCY_MHZ,
    HIGHEST_UV,
    RANGES_V,
    RATED_UA,
    REFERENCE_IDENTITY,
    Ac6800,
)
from harness.emulation.instruments.ac_reading import format_nr2
from harness.emulation.instruments.scpi import Identity, instrument_tree
from harness.emulation.instruments.scpi_parameters import Boolean, Choice, Number, format_nr1
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command
from harness.emulation.plant.mains import Mains
from harness.emulation.world import World


def _set_voltage(source: Ac6800, value_uV: int, *limits_uV: int) -> None:
    state = source.state
    if len(limits_uV) == 1:
        raise ScpiError(-109)  # a low limit can't be given without the high one
    low, high = limits_uV or state.voltage_limits_uV
    if max(value_uV, low, high) > HIGHEST_UV[state.range_V] or low > high:
        raise ScpiError(-222)
    if (state.voltage_limited or limits_uV) and not low <= value_uV <= high:
        raise ScpiError(-222)
    state.voltage_uV, state.voltage_limits_uV = value_uV, (low, high)
    source.drive()


def _set_frequency(source: Ac6800, value_mHz: int, *limits_mHz: int) -> None:
    state = source.state
    if len(limits_mHz) == 1:
        raise ScpiError(-109)
    low, high = limits_mHz or state.frequency_limits_mHz
    if low > high or ((state.frequency_limited or limits_mHz) and not low <= value_mHz <= high):
        raise ScpiError(-222)
    state.frequency_mHz, state.frequency_limits_mHz = value_mHz, (low, high)
    source.drive()


def _set_range(source: Ac6800, range_V: int) -> None:
    state = source.state
    if range_V not in RANGES_V:
        raise ScpiError(-224)
    if state.voltage_uV > HIGHEST_UV[range_V]:
        raise ScpiError(-221)  # no setting is changed behind the user's back (guide, error checking)
    state.range_V = range_V
    low, high = state.voltage_limits_uV
    state.voltage_limits_uV = (min(low, HIGHEST_UV[range_V]), min(high, HIGHEST_UV[range_V]))
    state.current_limit_uA = min(state.current_limit_uA, RATED_UA[range_V] * CURRENT_LIMIT_PERCENT // 100)


def _set_voltage_limit(source: Ac6800, index: int, value_uV: int) -> None:
    state = source.state
    low, high = (value_uV, state.voltage_limits_uV[1]) if index == 0 else (state.voltage_limits_uV[0], value_uV)
    if low > high or high > HIGHEST_UV[state.range_V]:
        raise ScpiError(-222)
    state.voltage_limits_uV = (low, high)


def _set_frequency_limit(source: Ac6800, index: int, value_mHz: int) -> None:
    state = source.state
    low, high = (value_mHz, state.frequency_limits_mHz[1]) if index == 0 else (state.frequency_limits_mHz[0], value_mHz)
    if low > high:
        raise ScpiError(-222)
    state.frequency_limits_mHz = (low, high)


def _limit_voltage(source: Ac6800, limited: bool) -> None:
    """Holds for what is set from now on; what was set before stays (guide, VOLTage subsystem)."""
    source.state.voltage_limited = limited


def _limit_frequency(source: Ac6800, limited: bool) -> None:
    """As with the voltage."""
    source.state.frequency_limited = limited


def _set_current_limit(source: Ac6800, value_uA: int) -> None:
    if value_uA > RATED_UA[source.state.range_V] * CURRENT_LIMIT_PERCENT // 100:
        raise ScpiError(-222)
    source.state.current_limit_uA = value_uA
    source.watch_current()


def _set_output(source: Ac6800, on: bool) -> None:
    if on and source.state.tripped:
        raise ScpiError(-221)
    source.state.on = on
    source.drive()


def _clear_protection(source: Ac6800) -> None:
    source.state.tripped = False


def _take_event(source: Ac6800) -> str:
    event, source.state.event = source.state.event, 0
    return format_nr1(event)


def _set_trips(source: Ac6800, trips: bool) -> None:
    source.state.trips = trips


def _set_enable(source: Ac6800, value: int) -> None:
    source.state.enable = value
    source.update_service_request()


def _do_nothing(_source: Ac6800, _coupling: str) -> None:
    """AC is the only coupling here."""


def _frequency_reading(source: Ac6800) -> str:
    on = source.mains.source_voltage().rms_u > 0
    return format_nr2(source.mains.state.source_mHz * 1000 if on else 0, 1)


VOLTS = Number("V", -6, 0)
HERTZ = Number("HZ", -3, *FREQUENCY_MHZ)
AMPERES = Number("A", -6, 0)

DIALECT: tuple[Command, ...] = (
    Command(
        "[SOURce:]VOLTage[:LEVel][:IMMediate][:AMPLitude]",
        (VOLTS, VOLTS, VOLTS),
        do=_set_voltage,
        ask=lambda it: format_nr2(it.state.voltage_uV, 2),
        optional=2,
    ),
    Command(
        "[SOURce:]VOLTage:RANGe[:UPPer]", (Number("V", 0),), do=_set_range, ask=lambda it: format_nr1(it.state.range_V)
    ),
    Command(
        "[SOURce:]VOLTage:LIMit:STATe",
        (Boolean(),),
        do=_limit_voltage,
        ask=lambda it: str(int(it.state.voltage_limited)),
    ),
    Command(
        "[SOURce:]VOLTage:LIMit:LOWer",
        (VOLTS,),
        do=lambda it, value: _set_voltage_limit(it, 0, value),
        ask=lambda it: format_nr2(it.state.voltage_limits_uV[0], 2),
    ),
    Command(
        "[SOURce:]VOLTage:LIMit:UPPer",
        (VOLTS,),
        do=lambda it, value: _set_voltage_limit(it, 1, value),
        ask=lambda it: format_nr2(it.state.voltage_limits_uV[1], 2),
    ),
    Command(
        "[SOURce:]FREQuency[:IMMediate]",
        (HERTZ, HERTZ, HERTZ),
        do=_set_frequency,
        ask=lambda it: format_nr2(it.state.frequency_mHz * 1000, 2),
        optional=2,
    ),
    Command(
        "[SOURce:]FREQuency:LIMit:STATe",
        (Boolean(),),
        do=_limit_frequency,
        ask=lambda it: str(int(it.state.frequency_limited)),
    ),
    Command(
        "[SOURce:]FREQuency:LIMit:LOWer",
        (HERTZ,),
        do=lambda it, value: _set_frequency_limit(it, 0, value),
        ask=lambda it: format_nr2(it.state.frequency_limits_mHz[0] * 1000, 2),
    ),
    Command(
        "[SOURce:]FREQuency:LIMit:UPPer",
        (HERTZ,),
        do=lambda it, value: _set_frequency_limit(it, 1, value),
        ask=lambda it: format_nr2(it.state.frequency_limits_mHz[1] * 1000, 2),
    ),
    Command(
        "[SOURce:]CURRent[:LEVel][:IMMediate][:AMPLitude]",
        (AMPERES,),
        do=_set_current_limit,
        ask=lambda it: format_nr2(it.state.current_limit_uA, 2),
    ),
    Command("[SOURce:]CURRent:PROTection:STATe", (Boolean(),), do=_set_trips, ask=lambda it: str(int(it.state.trips))),
    Command("OUTPut[:STATe]", (Boolean(),), do=_set_output, ask=lambda it: str(int(it.state.on))),
    Command("OUTPut:PROTection:CLEar", do=_clear_protection),
    Command("OUTPut:COUPling", (Choice(("AC",)),), do=_do_nothing, ask=lambda _: "AC"),
    *(
        Command(f"{root}[:SCALar]:{header}", ask=ask)
        for root in ("MEASure", "FETCh")
        for header, ask in (
            ("VOLTage:AC", lambda it: format_nr2(it.read_u("V"), 2)),
            ("CURRent:AC", lambda it: format_nr2(it.read_u("A"), 2)),
            ("POWer:AC[:REAL]", lambda it: format_nr2(it.read_u("W"), 2)),
            ("FREQuency", _frequency_reading),
        )
    ),
    Command("STATus:QUEStionable:CONDition", ask=lambda it: format_nr1(it.questionable())),
    Command("STATus:QUEStionable[:EVENt]", ask=_take_event),
    Command(
        "STATus:QUEStionable:ENABle",
        (Number("", 0, 0, 32767),),
        do=_set_enable,
        ask=lambda it: format_nr1(it.state.enable),
    ),
    Command("SYSTem:VERSion", ask=lambda _: "1999.0"),
)


def make_ac6800(world: World, name: str, mains: Mains, identity: Identity = REFERENCE_IDENTITY) -> Ac6800:
    """An AC source whose output is wired to ``mains``; off, as after power-on."""
    return Ac6800(world, name, identity, instrument_tree(DIALECT), mains)
