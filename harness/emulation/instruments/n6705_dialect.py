"""The commands of the Keysight N6705C with N6784A modules, as far as the unit of ``n6705`` goes.

Source: N6705C operating and service guide, SCPI programming reference. Every command for outputs names them in a
channel list at its end, and a query answers for each of them in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.emulation.instruments.n6705 import (
    MODULE,
    OUTPUTS,
    OVERHEAD_PERCENT,
    OVP_MAX_UV,
    RANGES_NA,
    REFERENCE_IDENTITY,
    OutputSettings,
    PowerAnalyzer,
)
from harness.emulation.instruments.n6705_arb import ENDLESS, FREQUENCY_MAX_MHZ
from harness.emulation.instruments.scpi import Identity, instrument_tree
from harness.emulation.instruments.scpi_parameters import Boolean, ChannelList, Choice, Number, format_nr1, format_nr3
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command
from harness.emulation.plant.electromagnet import CoilName, Electromagnet
from harness.emulation.world import World

CHANNELS = ChannelList()
MICRO, NANO = -6, -9
DIGITS = 6
"""Answers have the form +n.nnnnnnE+nn (N6705C and N6700C operating and service guides)."""

Outputs = tuple[int, ...]


def _check(channels: Outputs) -> None:
    """Refuse the whole list if one output isn't there (-222); nothing is changed then."""
    if not channels or any(channel not in OUTPUTS for channel in channels):
        raise ScpiError(-222)


def _answers(unit: PowerAnalyzer, channels: Outputs, of_one: Callable[[int], str]) -> str:
    _check(channels)
    return ",".join(of_one(channel) for channel in channels)


def _setter(name: str) -> Callable[[PowerAnalyzer, Any, Outputs], None]:
    """A command that gives ``name`` of the settings a value, the same for every output of the list, or for none."""

    def do(unit: PowerAnalyzer, value: Any, channels: Outputs) -> None:
        _check(channels)
        changed = {channel: replace(unit.state.outputs[channel], **{name: value}) for channel in channels}
        for settings in changed.values():
            _refuse_beyond(settings)
        for channel, settings in changed.items():
            unit.set_up(channel, settings)

    return do


def _refuse_beyond(settings: OutputSettings) -> None:
    """-222 where a level or limit is not within its range."""
    current_max = settings.current_range_nA * (100 + OVERHEAD_PERCENT) // 100
    voltage_max = settings.voltage_max_uV * (100 + OVERHEAD_PERCENT) // 100
    within = (
        abs(settings.current_nA) <= current_max
        and settings.waveform.largest_nA <= current_max
        and 0 < settings.waveform.sine_mHz <= FREQUENCY_MAX_MHZ
        and abs(settings.voltage_uV) <= voltage_max
        and -current_max <= settings.low_nA <= 0 <= settings.high_nA <= current_max
        and -voltage_max <= settings.low_uV <= 0 <= settings.high_uV <= voltage_max
        and -OVP_MAX_UV <= settings.under_uV <= 0 <= settings.over_uV <= OVP_MAX_UV
    )
    if not within:
        raise ScpiError(-222)


def _number(name: str, exponent: int) -> Callable[[PowerAnalyzer, Outputs], str]:
    def ask(unit: PowerAnalyzer, channels: Outputs) -> str:
        return _answers(unit, channels, lambda one: _nr3(getattr(unit.state.outputs[one], name), exponent))

    return ask


def _flag(name: str) -> Callable[[PowerAnalyzer, Outputs], str]:
    def ask(unit: PowerAnalyzer, channels: Outputs) -> str:
        return _answers(unit, channels, lambda one: "1" if getattr(unit.state.outputs[one], name) else "0")

    return ask


def _nr3(value: int, exponent: int) -> str:
    return format_nr3(value, exponent, decimals=DIGITS)


def _level(pattern: str, name: str, unit: str, exponent: int) -> Command:
    return Command(pattern, (Number(unit, exponent), CHANNELS), _setter(name), _number(name, exponent), (CHANNELS,))


def _switch(pattern: str, name: str) -> Command:
    return Command(pattern, (Boolean(), CHANNELS), _setter(name), _flag(name), (CHANNELS,))


def _set_range(unit: PowerAnalyzer, value_nA: int, channels: Outputs) -> None:
    """The smallest range that holds the value. Limits that the new range can't have are brought within it."""
    _check(channels)
    if not 0 <= value_nA <= RANGES_NA[-1] * (100 + OVERHEAD_PERCENT) // 100:
        raise ScpiError(-222)
    range_nA = next((one for one in RANGES_NA if value_nA <= one), RANGES_NA[-1])
    for channel in channels:
        new = replace(unit.state.outputs[channel], current_range_nA=range_nA)
        if abs(new.current_nA) > range_nA:
            raise ScpiError(-221)
        unit.set_up(channel, replace(new, high_nA=min(new.high_nA, range_nA), low_nA=max(new.low_nA, -range_nA),
                                     high_uV=min(new.high_uV, new.voltage_max_uV),
                                     low_uV=max(new.low_uV, -new.voltage_max_uV)))  # fmt: skip


def _of_waveform(name: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[..., None]:
    """As ``_setter``, of the output's waveform; one that runs ends with it [assumed]."""

    def do(unit: PowerAnalyzer, value: Any, channels: Outputs) -> None:
        _check(channels)
        for channel in channels:
            old = unit.state.outputs[channel]
            _refuse_beyond(replace(old, waveform=replace(old.waveform, **{name: convert(value)})))
        for channel in channels:
            unit.abort(channel)
            old = unit.state.outputs[channel]
            unit.set_up(channel, replace(old, waveform=replace(old.waveform, **{name: convert(value)})))

    return do


def _waveform_level(pattern: str, name: str, unit: str, exponent: int) -> Command:
    def ask(analyzer: PowerAnalyzer, channels: Outputs) -> str:
        return _answers(
            analyzer, channels, lambda one: _nr3(getattr(analyzer.state.outputs[one].waveform, name), exponent)
        )

    return Command(pattern, (Number(unit, exponent), CHANNELS), _of_waveform(name), ask, (CHANNELS,))


def _ask_mode(unit: PowerAnalyzer, channels: Outputs) -> str:
    return _answers(unit, channels, lambda one: "ARB" if unit.state.outputs[one].waveform.selected else "FIX")


def _ask_shape(unit: PowerAnalyzer, channels: Outputs) -> str:
    return _answers(unit, channels, lambda one: unit.state.outputs[one].waveform.shape)


def _only_current(unit: PowerAnalyzer, word: str, channels: Outputs) -> None:
    """Waveforms of the current are the only ones here."""
    _check(channels)


def _initiate(unit: PowerAnalyzer, channels: Outputs) -> None:
    _check(channels)
    for channel in channels:
        old = unit.state.outputs[channel]
        if old.waveform.phase == "idle":
            unit.state.outputs[channel] = replace(old, waveform=replace(old.waveform, phase="initiated"))


def _trigger(unit: PowerAnalyzer, channels: Outputs) -> None:
    _check(channels)
    for channel in channels:
        unit.start_waveform(channel)


def _abort(unit: PowerAnalyzer, channels: Outputs) -> None:
    _check(channels)
    for channel in channels:
        unit.abort(channel)


WAVEFORMS: tuple[Command, ...] = (
    Command(
        "[SOURce:]CURRent:MODE", (Choice(("FIXed", "ARB")), CHANNELS),
        _of_waveform("selected", lambda word: word == "ARB"), _ask_mode, (CHANNELS,),
    ),
    Command("[SOURce:]ARB:FUNCtion:TYPE", (Choice(("CURRent",)), CHANNELS), _only_current),
    Command(
        "[SOURce:]ARB:FUNCtion:SHAPe", (Choice(("SINusoid", "PULSe")), CHANNELS), _of_waveform("shape"), _ask_shape,
        (CHANNELS,),
    ),
    _waveform_level("[SOURce:]ARB:CURRent:SINusoid:AMPLitude", "sine_peak_nA", "A", NANO),
    _waveform_level("[SOURce:]ARB:CURRent:SINusoid:OFFSet", "sine_offset_nA", "A", NANO),
    _waveform_level("[SOURce:]ARB:CURRent:SINusoid:FREQuency", "sine_mHz", "HZ", -3),
    _waveform_level("[SOURce:]ARB:CURRent:PULSe:STARt[:LEVel]", "start_nA", "A", NANO),
    _waveform_level("[SOURce:]ARB:CURRent:PULSe:TOP[:LEVel]", "top_nA", "A", NANO),
    _waveform_level("[SOURce:]ARB:CURRent:PULSe:STARt:TIMe", "start_ns", "S", NANO),
    _waveform_level("[SOURce:]ARB:CURRent:PULSe:TOP:TIMe", "top_ns", "S", NANO),
    _waveform_level("[SOURce:]ARB:CURRent:PULSe:END:TIMe", "end_ns", "S", NANO),
    Command(
        "[SOURce:]ARB:COUNt", (Number("", 0, 1, ENDLESS), CHANNELS), _of_waveform("count"),
        lambda unit, channels: _answers(unit, channels, lambda one: _nr3(unit.state.outputs[one].waveform.count, 0)),
        (CHANNELS,),
    ),
    Command("INITiate[:IMMediate]:TRANsient", (CHANNELS,), _initiate),
    Command("TRIGger:TRANsient[:IMMediate]", (CHANNELS,), _trigger),
    Command("ABORt:TRANsient", (CHANNELS,), _abort),
)  # fmt: skip


def _set_function(unit: PowerAnalyzer, word: str, channels: Outputs) -> None:
    _setter("current_priority")(unit, word == "CURR", channels)


def _ask_function(unit: PowerAnalyzer, channels: Outputs) -> str:
    return _answers(unit, channels, lambda one: "CURR" if unit.state.outputs[one].current_priority else "VOLT")


def _clear_protection(unit: PowerAnalyzer, channels: Outputs) -> None:
    """The output goes back to what it was before the fault; a cause that is still there trips it again."""
    _setter("tripped")(unit, False, channels)


def _measured_current(unit: PowerAnalyzer, channels: Outputs) -> str:
    return _answers(unit, channels, lambda one: _nr3(unit.current_nA(one), NANO))


def _measured_voltage(unit: PowerAnalyzer, channels: Outputs) -> str:
    return _answers(unit, channels, lambda one: _nr3(unit.voltage_uV(one), MICRO))


DIALECT: tuple[Command, ...] = (
    _switch("OUTPut[:STATe]", "on"),
    Command("OUTPut:PROTection:CLEar", (CHANNELS,), _clear_protection),
    Command(
        "[SOURce:]FUNCtion", (Choice(("CURRent", "VOLTage")), CHANNELS), _set_function, _ask_function, (CHANNELS,)
    ),
    _level("[SOURce:]CURRent[:LEVel][:IMMediate][:AMPLitude]", "current_nA", "A", NANO),
    _level("[SOURce:]VOLTage[:LEVel][:IMMediate][:AMPLitude]", "voltage_uV", "V", MICRO),
    _level("[SOURce:]CURRent:LIMit[:POSitive][:IMMediate][:AMPLitude]", "high_nA", "A", NANO),
    _level("[SOURce:]CURRent:LIMit:NEGative[:IMMediate][:AMPLitude]", "low_nA", "A", NANO),
    _switch("[SOURce:]CURRent:LIMit:COUPle", "currents_coupled"),
    _level("[SOURce:]VOLTage:LIMit[:POSitive][:IMMediate][:AMPLitude]", "high_uV", "V", MICRO),
    _level("[SOURce:]VOLTage:LIMit:NEGative[:IMMediate][:AMPLitude]", "low_uV", "V", MICRO),
    _switch("[SOURce:]VOLTage:LIMit:COUPle", "voltages_coupled"),
    _level("[SOURce:]VOLTage:PROTection:REMote[:POSitive][:LEVel]", "over_uV", "V", MICRO),
    _level("[SOURce:]VOLTage:PROTection:REMote:NEGative[:LEVel]", "under_uV", "V", MICRO),
    Command(
        "[SOURce:]CURRent:RANGe", (Number("A", NANO), CHANNELS), _set_range, _number("current_range_nA", NANO),
        (CHANNELS,),
    ),
    Command("MEASure[:SCALar]:CURRent[:DC]", ask=_measured_current, asks_with=(CHANNELS,)),
    Command("MEASure[:SCALar]:VOLTage[:DC]", ask=_measured_voltage, asks_with=(CHANNELS,)),
    Command(
        "STATus:OPERation:CONDition",
        ask=lambda unit, channels: _answers(unit, channels, lambda one: format_nr1(unit.operation_condition(one))),
        asks_with=(CHANNELS,),
    ),
    Command(
        "STATus:QUEStionable:CONDition",
        ask=lambda unit, channels: _answers(unit, channels, lambda one: format_nr1(unit.questionable_condition(one))),
        asks_with=(CHANNELS,),
    ),
    Command("SYSTem:CHANnel[:COUNt]", ask=lambda _: str(len(OUTPUTS))),
    Command(
        "SYSTem:CHANnel:MODel",
        ask=lambda unit, channels: _answers(unit, channels, lambda _: f'"{MODULE}"'),
        asks_with=(CHANNELS,),
    ),
    Command("SYSTem:VERSion", ask=lambda _: "1999.0"),
)  # fmt: skip


def make_power_analyzer(
    world: World,
    name: str,
    magnet: Electromagnet,
    coils: Mapping[int, CoilName],
    identity: Identity = REFERENCE_IDENTITY,
) -> PowerAnalyzer:
    """A mainframe with four N6784A modules; ``coils``: output → the coil it drives."""
    return PowerAnalyzer(world, name, identity, instrument_tree(DIALECT + WAVEFORMS), magnet, coils)
