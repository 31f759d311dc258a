"""Reading the oscilloscope's record out: :WAVeform, as in the InfiniiVision programmer's guide."""

from __future__ import annotations

import numpy as np

from harness.emulation.instruments.oscilloscope import Oscilloscope
from harness.emulation.instruments.scope_memory import CODES_PER_RANGE
from harness.emulation.instruments.scope_rendering import CODE_REFERENCE
from harness.emulation.instruments.scope_settings import setting
from harness.emulation.instruments.scope_state import AcquisitionRecord, ChannelSettings
from harness.emulation.instruments.scpi_parameters import Choice, Number, format_block, format_nr1, format_nr3
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command

SOURCE = Choice(("CHANnel1", "CHANnel2", "CHANnel3", "CHANnel4", "POD1", "POD2"))
POINTS = Number(
    "", 0, 100, 8_000_000, keywords=(("MAXimum", 0), ("DEFault", 1000), ("MINimum", 100))
)  # MAXimum is kept as 0: how many that is, the acquisition decides.
FORMATS = {"BYTE": 0, "WORD": 1}


def _record(scope: Oscilloscope) -> AcquisitionRecord:
    """The record, if the source that is set is in it."""
    record, source = scope.state.record, scope.state.waveform_source
    if record is None:
        raise ScpiError(-230)
    is_pod = source.startswith("POD")
    if not (record.has_pod(int(source[3:])) if is_pod else int(source[4:]) in record.channels):
        raise ScpiError(-221)
    return record


def _settings(scope: Oscilloscope) -> ChannelSettings | None:
    """Of the analogue input that is the source; None for a pod, whose bytes are bits and have no scale."""
    record, source = _record(scope), scope.state.waveform_source
    return None if source.startswith("POD") else record.channels[int(source[4:])].settings


def _steps_per_code(scope: Oscilloscope) -> int:
    return 256 if scope.state.waveform_format == "WORD" else 1


def _x_increment(scope: Oscilloscope) -> str:
    record = _record(scope)
    return format_nr3(record.interval_ps * scope.state.transfer_step(record), -12, decimals=8, exponent_digits=3)


def _x_origin(scope: Oscilloscope) -> str:
    record = _record(scope)
    return format_nr3(record.origin_ps(scope.state.transfer_step(record)), -12, decimals=14, exponent_digits=3)


def _y_increment(scope: Oscilloscope) -> str:
    settings = _settings(scope)
    if settings is None:
        return format_nr3(1, 0)  # for a pod's bits 1, 0 and 0 are assumed; the guide does not say
    return format_nr3(settings.range_nV, -9, divisor=CODES_PER_RANGE * _steps_per_code(scope))


def _y_origin(scope: Oscilloscope) -> str:
    settings = _settings(scope)
    return format_nr3(0, 0) if settings is None else format_nr3(settings.offset_nV, -9)


def _y_reference(scope: Oscilloscope) -> str:
    return format_nr1(0 if _settings(scope) is None else CODE_REFERENCE * _steps_per_code(scope))


def _ask_points(scope: Oscilloscope) -> str:
    record = scope.state.record
    if record is None:
        return format_nr1(scope.state.waveform_points or scope.state.range_ps // scope.state.interval_ps())
    return format_nr1(record.points // scope.state.transfer_step(record))


def _ask_preamble(scope: Oscilloscope) -> str:
    _record(scope)
    fields = (
        format_nr1(FORMATS[scope.state.waveform_format]),
        format_nr1(0),  # acquisition type NORMal
        _ask_points(scope),
        format_nr1(1),
        _x_increment(scope),
        _x_origin(scope),
        format_nr1(0),
        _y_increment(scope),
        _y_origin(scope),
        _y_reference(scope),
    )
    return ",".join(fields)


def _ask_data(scope: Oscilloscope) -> bytes:
    record, state = _record(scope), scope.state
    codes = scope.codes(state.waveform_source, state.transfer_step(record))
    if state.waveform_format == "WORD":
        # Eight bits shifted left to sixteen, so the order of bytes decides on which side the zero stands.
        # A pod's byte is not shifted [assumed]: the guide says of it only that every other byte is 0.
        words = codes.astype(np.uint16) << (0 if _settings(scope) is None else 8)
        return format_block(words.astype(">u2" if state.waveform_msb_first else "<u2").tobytes())
    return format_block(codes.tobytes())


WAVEFORM_COMMANDS = (
    Command(
        "WAVeform:SOURce",
        (SOURCE,),
        do=lambda scope, source: setattr(scope.state, "waveform_source", source),
        ask=lambda scope: scope.state.waveform_source,
    ),
    setting("WAVeform:FORMat", Choice(tuple(FORMATS)), "waveform_format", str),
    Command(
        "WAVeform:POINts",
        (POINTS,),
        do=lambda scope, points: setattr(scope.state, "waveform_points", points),
        ask=_ask_points,
    ),
    setting("WAVeform:POINts:MODE", Choice(("NORMal", "MAXimum", "RAW")), "waveform_mode", str),
    Command(
        "WAVeform:BYTeorder",
        (Choice(("LSBFirst", "MSBFirst")),),
        do=lambda scope, order: setattr(scope.state, "waveform_msb_first", order == "MSBF"),
        ask=lambda scope: "MSBF" if scope.state.waveform_msb_first else "LSBF",
    ),
    Command("WAVeform:UNSigned", (Number("", 0, 1, 1),), do=lambda *_: None, ask=lambda _: "1"),
    Command("WAVeform:VIEW", (Choice(("MAIN",)),), do=lambda *_: None, ask=lambda _: "MAIN"),
    Command("WAVeform:TYPE", ask=lambda _: "NORM"),
    Command("WAVeform:COUNt", ask=lambda _: format_nr1(1)),
    Command("WAVeform:PREamble", ask=_ask_preamble),
    Command("WAVeform:DATA", ask=_ask_data),
    Command("WAVeform:XINCrement", ask=_x_increment),
    Command("WAVeform:XORigin", ask=_x_origin),
    Command("WAVeform:XREFerence", ask=lambda _: format_nr1(0)),
    Command("WAVeform:YINCrement", ask=_y_increment),
    Command("WAVeform:YORigin", ask=_y_origin),
    Command("WAVeform:YREFerence", ask=_y_reference),
)
