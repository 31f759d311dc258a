"""The waveform generator's commands: the Keysight 33500B series' dialect, as far as a test bench needs it.

Source: 33500B and 33600A series operating and service guide, SCPI programming reference; limits of settings [recalled].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.emulation.instruments.scpi import Identity, instrument_tree
from harness.emulation.instruments.scpi_parameters import Boolean, Choice, Number, format_nr3
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command
from harness.emulation.instruments.trueform import REFERENCE_IDENTITY, Trueform
from harness.emulation.plant.played import Driven
from harness.emulation.world import World

PEAK_UV = 10_000_000
"""Into an open end the output gives +-10 V, offset included."""
SETTINGS_CONFLICT = -221
ARB_POINTS_MAX = 100
"""Of one message here; the unit itself takes far more as a block."""


class WaveformName:
    """An unquoted name of a waveform, as DATA:ARBitrary takes it."""

    def parse(self, text: str) -> str:
        """The name, or ScpiError."""
        if not text[:1].isalpha() or not text.isalnum() or len(text) > 12:
            raise ScpiError(-141)
        return text.upper()


VOLTAGE = Number("V", -6, -PEAK_UV, 2 * PEAK_UV)
POINT = Number("", -6, -1_000_000, 1_000_000)


def _setting(attribute: str, number: Number, exponent: int) -> tuple[Callable[..., None], Callable[..., str]]:
    def do(unit: Trueform, channel: int, value: Any) -> None:
        set_up = unit.state.channels[channel]
        before = getattr(set_up, attribute)
        setattr(set_up, attribute, value)
        if set_up.amplitude_uV // 2 + abs(set_up.offset_uV) > PEAK_UV or set_up.amplitude_uV < 1_000:
            setattr(set_up, attribute, before)
            raise ScpiError(SETTINGS_CONFLICT)

    def ask(unit: Trueform, channel: int) -> str:
        return format_nr3(getattr(unit.state.channels[channel], attribute), exponent, decimals=15)

    return do, ask


def _command(pattern: str, attribute: str, number: Number) -> Command:
    do, ask = _setting(attribute, number, number.exponent)
    return Command(pattern, (number,), do=do, ask=ask)


def _choose(attribute: str) -> tuple[Callable[..., None], Callable[..., str]]:
    def do(unit: Trueform, channel: int, word: str) -> None:
        setattr(unit.state.channels[channel], attribute, word)

    return do, lambda unit, channel: str(getattr(unit.state.channels[channel], attribute))


def _set_burst(unit: Trueform, channel: int, on: bool) -> None:
    unit.state.channels[channel].burst = on


def _set_output(unit: Trueform, channel: int, on: bool) -> None:
    set_up = unit.state.channels[channel]
    if on and not set_up.burst:
        raise ScpiError(SETTINGS_CONFLICT)  # this unit's limit: continuous output is not modelled
    if set_up.on and not on:
        unit.stop(channel)
    started = on and not set_up.on and set_up.trigger == "IMM"
    set_up.on = on
    if started:
        unit.play(channel)


def _load_waveform(unit: Trueform, _channel: int, name: str, *points_ppm: int) -> None:
    """At least eight points, as the unit wants."""
    if len(points_ppm) < 8:
        raise ScpiError(-109)
    unit.state.waveforms[name] = points_ppm


def _use_waveform(unit: Trueform, channel: int, name: str) -> None:
    if name not in unit.state.waveforms:
        raise ScpiError(-256)
    unit.state.channels[channel].waveform = name


def _set_load(_unit: Trueform, _channel: int, _word: str) -> None:
    """Only the open end is modelled, and only that word is taken."""


_FUNCTION, _TRIGGER = _choose("function"), _choose("trigger")

DIALECT: tuple[Command, ...] = (
    Command(
        "SOURce{1:2}:FUNCtion", (Choice(("SINusoid", "PULSe", "ARBitrary")),), do=_FUNCTION[0], ask=_FUNCTION[1]
    ),
    _command("SOURce{1:2}:FREQuency", "frequency_uHz", Number("HZ", -6, 1_000, 30_000_000_000_000)),
    _command("SOURce{1:2}:VOLTage", "amplitude_uV", Number("V", -6, 0, 2 * PEAK_UV)),
    _command("SOURce{1:2}:VOLTage:OFFSet", "offset_uV", Number("V", -6, -PEAK_UV, PEAK_UV)),
    _command("SOURce{1:2}:FUNCtion:PULSe:WIDTh", "width_ns", Number("S", -9, 16, 1_000_000_000_000)),
    _command("SOURce{1:2}:FUNCtion:PULSe:PERiod", "period_ns", Number("S", -9, 33, 1_000_000_000_000)),
    _command("SOURce{1:2}:FUNCtion:ARBitrary:SRATe", "rate_mHz", Number("", -3, 1, 250_000_000_000)),
    Command("SOURce{1:2}:FUNCtion:ARBitrary", (WaveformName(),), do=_use_waveform),
    Command(
        "SOURce{1:2}:DATA:ARBitrary",
        (WaveformName(), *[POINT] * ARB_POINTS_MAX),
        do=_load_waveform,
        optional=ARB_POINTS_MAX - 1,
    ),
    Command("SOURce{1:2}:DATA:VOLatile:CLEar", do=lambda unit, _channel: unit.state.waveforms.clear()),
    Command(
        "SOURce{1:2}:BURSt:STATe", (Boolean(),), do=_set_burst,
        ask=lambda unit, channel: str(int(unit.state.channels[channel].burst)),
    ),
    Command("SOURce{1:2}:BURSt:MODE", (Choice(("TRIGgered",)),), do=_set_load),
    _command("SOURce{1:2}:BURSt:NCYCles", "cycles", Number("", 0, 1, 100_000_000)),
    Command("TRIGger{1:2}:SOURce", (Choice(("BUS", "IMMediate")),), do=_TRIGGER[0], ask=_TRIGGER[1]),
    Command(
        "OUTPut{1:2}", (Boolean(),), do=_set_output,
        ask=lambda unit, channel: str(int(unit.state.channels[channel].on)),
    ),
    Command("OUTPut{1:2}:LOAD", (Choice(("INFinity",)),), do=_set_load),
    Command("*TRG", do=lambda unit: unit.trigger()),
    Command("SYSTem:VERSion", ask=lambda _: "1999.0"),
)  # fmt: skip


def make_trueform(
    world: World, name: str, driven: Mapping[int, Driven], identity: Identity = REFERENCE_IDENTITY
) -> Trueform:
    """A generator with what hangs at its channels."""
    return Trueform(world, name, identity, instrument_tree(DIALECT), driven)
