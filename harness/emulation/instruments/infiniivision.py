"""The SCPI dialect of the Keysight InfiniiVision 3000T X-Series, as far as a test bench uses it.

Source: the family's programmer's guide; a header that isn't in the table is undefined (-113), and a value the real
family has but this emulation doesn't (AC coupling, other trigger modes) is refused with -224, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.emulation.instruments.oscilloscope import Oscilloscope
from harness.emulation.instruments.scope_digital_commands import DIGITAL_COMMANDS
from harness.emulation.instruments.scope_settings import setting, switch
from harness.emulation.instruments.scope_unit import Probe
from harness.emulation.instruments.scope_waveform_commands import SOURCE, WAVEFORM_COMMANDS
from harness.emulation.instruments.scpi import Identity, instrument_tree
from harness.emulation.instruments.scpi_parameters import (
    Boolean,
    Choice,
    Number,
    QuotedText,
    format_nr1,
    format_nr3,
)
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command
from harness.emulation.world import World

REFERENCE_IDENTITY = Identity("KEYSIGHT TECHNOLOGIES", "MSO-X 3014T", "EMU58490001", "07.50.2021102830")

VOLTS = Number("V", -9)
SECONDS = Number("S", -12)
CHANNEL = Choice(("CHANnel1", "CHANnel2", "CHANnel3", "CHANnel4"))
LONGEST_PS = 50_000_000_000_000
SECONDS_RANGE = Number("S", -12, 50_000, LONGEST_PS)
"""5 ns/div (the 100 MHz models' fastest) to 5 s/div. The family goes to 50 s/div, but a net forgets after
``HISTORY_NS``, and a record of forgotten edges would be a quiet line that never was."""
SECONDS_SCALE = Number("S", -12, 5_000, LONGEST_PS // 10)
POSITION = Number("S", -12, -LONGEST_PS, LONGEST_PS)
RANGE_NV_MIN, RANGE_NV_MAX = 8_000_000, 40_000_000_000
"""1 mV/div to 5 V/div at the input, before the probe's ratio."""
TRIGGER_SOURCE = Choice((*CHANNEL.words, *(f"DIGital{number}" for number in range(16))))


# Channels.


def _set_range(scope: Oscilloscope, channel: int, range_nV: int) -> None:
    settings = scope.state.channels[channel]
    if not RANGE_NV_MIN <= range_nV * 1000 // settings.probe_milli <= RANGE_NV_MAX:
        raise ScpiError(-222)
    settings.range_nV = range_nV


def _set_offset(scope: Oscilloscope, channel: int, offset_nV: int) -> None:
    settings = scope.state.channels[channel]
    # ±2 V up to 200 mV/div, ±50 V above, at the input (3000T data sheet) [recalled].
    limit_nV = 2_000_000_000 if settings.range_nV * 1000 // settings.probe_milli <= 1_600_000_000 else 50_000_000_000
    if abs(offset_nV) * 1000 // settings.probe_milli > limit_nV:
        raise ScpiError(-222)
    settings.offset_nV = offset_nV


def _set_probe(scope: Oscilloscope, channel: int, probe_milli: int) -> None:
    state = scope.state
    settings = state.channels[channel]
    before = settings.probe_milli
    # The input's own setting stays, so everything told in volts at the tip goes with the ratio.
    settings.range_nV = settings.range_nV * probe_milli // before
    settings.offset_nV = settings.offset_nV * probe_milli // before
    if state.trigger_source == f"CHAN{channel}":
        state.trigger_level_nV = state.trigger_level_nV * probe_milli // before
    settings.probe_milli = probe_milli


def _channel_setting(
    node: str, parameter: Any, name: str, render: Callable[[Any], str] = lambda value: format_nr1(int(value))
) -> Command:
    """A channel's setting that is stored and told, and that is all."""
    return Command(
        f"CHANnel{{1:4}}:{node}",
        (parameter,),
        do=lambda scope, channel, value: setattr(scope.state.channels[channel], name, value),
        ask=lambda scope, channel: render(getattr(scope.state.channels[channel], name)),
    )


CHANNEL_COMMANDS = (
    _channel_setting("DISPlay", Boolean(), "display", switch),
    _channel_setting("BWLimit", Boolean(), "bandwidth_limit", switch),
    _channel_setting("LABel", QuotedText(32), "label", lambda text: f'"{text}"'),
    Command(
        "CHANnel{1:4}:RANGe",
        (VOLTS,),
        do=_set_range,
        ask=lambda scope, channel: format_nr3(scope.state.channels[channel].range_nV, -9),
    ),
    Command(
        "CHANnel{1:4}:SCALe",
        (VOLTS,),
        do=lambda scope, channel, scale_nV: _set_range(scope, channel, scale_nV * 8),
        ask=lambda scope, channel: format_nr3(scope.state.channels[channel].range_nV, -9, divisor=8),
    ),
    Command(
        "CHANnel{1:4}:OFFSet",
        (VOLTS,),
        do=_set_offset,
        ask=lambda scope, channel: format_nr3(scope.state.channels[channel].offset_nV, -9),
    ),
    Command(
        "CHANnel{1:4}:PROBe",
        (Number("", -3, 1, 10_000_000),),
        do=_set_probe,
        ask=lambda scope, channel: format_nr3(scope.state.channels[channel].probe_milli, -3),
    ),
    Command("CHANnel{1:4}:COUPling", (Choice(("DC",)),), do=lambda *_: None, ask=lambda *_: "DC"),
    Command("CHANnel{1:4}:IMPedance", (Choice(("ONEMeg",)),), do=lambda *_: None, ask=lambda *_: "ONEM"),
    Command("CHANnel{1:4}:INVert", (Number("", 0, 0, 0),), do=lambda *_: None, ask=lambda *_: "0"),
    _channel_setting("UNITs", Choice(("VOLT", "AMPere")), "unit", str),
)


# Time base, trigger, acquisition.


def _restart(scope: Oscilloscope) -> None:
    """A new time base while running begins a new acquisition."""
    if scope.state.run != "stopped":
        scope.start(continuous=scope.state.continuous, digitize=scope.state.digitizing)


def _set_scale(scope: Oscilloscope, scale_ps: int) -> None:
    scope.state.range_ps = scale_ps * 10
    _restart(scope)


TIMEBASE_COMMANDS = (
    Command("TIMebase:MODE", (Choice(("MAIN",)),), do=lambda *_: None, ask=lambda _: "MAIN"),
    setting("TIMebase:RANGe", SECONDS_RANGE, "range_ps", lambda ps: format_nr3(ps, -12), _restart),
    Command(
        "TIMebase:SCALe",
        (SECONDS_SCALE,),
        do=_set_scale,
        ask=lambda scope: format_nr3(scope.state.range_ps, -12, divisor=10),
    ),
    setting("TIMebase:POSition", POSITION, "position_ps", lambda ps: format_nr3(ps, -12), _restart),
    setting("TIMebase:REFerence", Choice(("LEFT", "CENTer", "RIGHt")), "reference", str, _restart),
)


def _set_trigger_source(scope: Oscilloscope, source: str) -> None:
    scope.state.trigger_source = source
    scope.trigger_settings_changed()


def _set_trigger_level(scope: Oscilloscope, level_nV: int, source: str | None = None) -> None:
    # A digital source goes by its pod's threshold. The family takes a level for it, too; here it is refused.
    if scope.state.trigger_source.startswith("DIG") or (source is not None and source != scope.state.trigger_source):
        raise ScpiError(-221)
    scope.state.trigger_level_nV = level_nV
    scope.trigger_settings_changed()


TRIGGER_COMMANDS = (
    Command("TRIGger:MODE", (Choice(("EDGE",)),), do=lambda *_: None, ask=lambda _: "EDGE"),
    Command(
        "TRIGger[:EDGE]:SOURce",
        (TRIGGER_SOURCE,),
        do=_set_trigger_source,
        ask=lambda scope: scope.state.trigger_source,
    ),
    Command(
        "TRIGger[:EDGE]:LEVel",
        (VOLTS, CHANNEL),
        optional=1,
        do=_set_trigger_level,
        ask=lambda scope: format_nr3(scope.state.trigger_level_nV, -9),
    ),
    setting(
        "TRIGger[:EDGE]:SLOPe",
        Choice(("POSitive", "NEGative")),
        "trigger_slope",
        str,
        Oscilloscope.trigger_settings_changed,
    ),
    Command("TRIGger[:EDGE]:COUPling", (Choice(("DC",)),), do=lambda *_: None, ask=lambda _: "DC"),
    setting("TRIGger:SWEep", Choice(("AUTO", "NORMal")), "trigger_sweep", str, _restart),
    Command("TRIGger:FORCe", do=Oscilloscope.force_trigger),
)


def _digitize(scope: Oscilloscope, *sources: str) -> None:
    if sources:
        scope.state.digital.display = [f"POD{1 + number // 8}" in sources for number in range(16)]
        for number, settings in scope.state.channels.items():
            settings.display = f"CHAN{number}" in sources
    scope.start(continuous=False, digitize=True)


def _take_trigger_event(scope: Oscilloscope) -> str:
    value, scope.state.triggered = scope.state.triggered, False
    return format_nr1(int(value))


def _take_arm_event(scope: Oscilloscope) -> str:
    value, scope.state.armed = scope.state.armed, False
    return format_nr1(int(value))


def _take_operation_event(scope: Oscilloscope) -> str:
    value, scope.state.operation_event = scope.state.operation_event, 0
    return format_nr1(value)


ACQUISITION_COMMANDS = (
    Command("RUN", do=lambda scope: scope.start(continuous=True)),
    Command("SINGle", do=lambda scope: scope.start(continuous=False)),
    Command("STOP", do=Oscilloscope.stop),
    Command("DIGitize", (SOURCE,) * 6, optional=6, do=_digitize),
    Command("*TRG", do=Oscilloscope.trigger),
    Command("*OPT", ask=lambda _: "0"),
    Command("TER", ask=_take_trigger_event),
    Command("AER", ask=_take_arm_event),
    Command("OPERegister:CONDition", ask=lambda scope: format_nr1(scope.condition())),
    Command("OPERegister[:EVENt]", ask=_take_operation_event),
    setting("OPEE", Number("", 0, 0, 65_535), "operation_enable", format_nr1, Oscilloscope.update_service_request),
    Command("ACQuire:TYPE", (Choice(("NORMal",)),), do=lambda *_: None, ask=lambda _: "NORM"),
    Command("ACQuire:MODE", (Choice(("RTIMe",)),), do=lambda *_: None, ask=lambda _: "RTIM"),
    Command("ACQuire:COMPlete", (Number("", 0, 100, 100),), do=lambda *_: None, ask=lambda _: format_nr1(100)),
    Command("ACQuire:POINts", ask=lambda scope: format_nr1(scope.state.range_ps // scope.state.interval_ps())),
    Command("ACQuire:SRATe", ask=lambda scope: format_nr3(1, 12, divisor=scope.state.interval_ps())),
)


DIALECT: tuple[Command, ...] = (
    *CHANNEL_COMMANDS,
    *TIMEBASE_COMMANDS,
    *TRIGGER_COMMANDS,
    *ACQUISITION_COMMANDS,
    *WAVEFORM_COMMANDS,
    *DIGITAL_COMMANDS,
)


def make_infiniivision(
    world: World,
    name: str,
    probes: Mapping[int, Probe],
    identity: Identity = REFERENCE_IDENTITY,
    digital: Mapping[int, str] | None = None,
) -> Oscilloscope:
    """An InfiniiVision oscilloscope with its probes on the nets named, and its digital channels on theirs."""
    return Oscilloscope(world, name, identity, instrument_tree(DIALECT), probes, digital or {})
