"""The multimeter's commands: the Keysight Truevolt dialect for current.

Source: Truevolt series operating and service guide, SCPI programming reference.
"""

from __future__ import annotations

from harness.emulation.analog_net import AnalogNet
from harness.emulation.instruments.scpi import Identity, instrument_tree
from harness.emulation.instruments.scpi_parameters import Boolean, Choice, Number, QuotedText, format_nr1, format_nr3
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Call, Command
from harness.emulation.instruments.truevolt import NPLC_PERMILLE, RANGES_UA, REFERENCE_IDENTITY, SETTLING_NS, Truevolt
from harness.emulation.world import World

SAMPLES_MAX = 50_000
"""The 34465A's reading memory."""
AUTO, MINIMUM, MAXIMUM, DEFAULT = -1, -2, -3, -4
"""Stand for the words that take the place of a number."""
OVERLOAD_TEXT = "+9.90000000E+37"

_WORDS = (("AUTO", AUTO), ("MINimum", MINIMUM), ("MAXimum", MAXIMUM), ("DEFault", DEFAULT))
_RANGE = Number("A", -6, 0, RANGES_UA[-1], keywords=_WORDS)
_RESOLUTION = Number("A", -9, 0, keywords=_WORDS)
_FUNCTIONS = {"CURR": "CURR", "CURRENT": "CURR", "CURR:DC": "CURR", "CURRENT:DC": "CURR", "CURR:AC": "CURR:AC",
              "CURRENT:AC": "CURR:AC"}  # fmt: skip


def _set_range(meter: Truevolt, function: str, wanted_uA: int) -> None:
    """The lowest range that takes the value; AUTO and DEFault let the unit choose."""
    state = meter.state
    state.autoranges[function] = wanted_uA in (AUTO, DEFAULT)
    if wanted_uA in (AUTO, DEFAULT):
        return
    ends = {MINIMUM: RANGES_UA[0], MAXIMUM: RANGES_UA[-1]}
    wanted_uA = ends.get(wanted_uA, wanted_uA)
    state.range_uA[function] = next(range_uA for range_uA in RANGES_UA if wanted_uA <= range_uA)


def _configure(meter: Truevolt, function: str, *arguments: int) -> None:
    """CONFigure: the function's settings and one immediate reading at the next INITiate or READ?."""
    meter.abort()
    state = meter.state
    state.readings = []
    if len(arguments) > 1 and arguments[0] in (AUTO, DEFAULT) and arguments[1] >= 0:
        raise ScpiError(-221)  # no resolution without a range (guide)
    state.function, state.samples, state.trigger = function, 1, "IMM"
    state.filter_Hz, state.nplc_permille = 20, 10_000
    _set_range(meter, function, arguments[0] if arguments else DEFAULT)


def _ask_configuration(meter: Truevolt) -> str:
    state = meter.state
    return f'"{state.function} {format_nr3(state.range_uA[state.function], -6, decimals=8)}"'


def _initiate(meter: Truevolt) -> None:
    if meter.state.missing:
        raise ScpiError(-213, "Init ignored")
    meter.initiate()


def _begin_read(meter: Truevolt) -> None:
    if meter.state.trigger == "BUS":
        meter.state.readings = []
        # READ? with a bus trigger would wait for a *TRG that can't be read before it (guide).
        raise ScpiError(-214, "Trigger deadlock")
    meter.abort()
    meter.initiate()


def _begin_measure_ac(meter: Truevolt, *arguments: int) -> None:
    _configure(meter, "CURR:AC", *arguments)
    meter.initiate()


def _begin_measure_dc(meter: Truevolt, *arguments: int) -> None:
    _configure(meter, "CURR", *arguments)
    meter.initiate()


def _fetch(meter: Truevolt, *_arguments: int) -> str:
    if not meter.state.readings or meter.state.waiting:
        raise ScpiError(-230)
    return ",".join(
        OVERLOAD_TEXT if value_uA is None else format_nr3(value_uA, -6, decimals=8)
        for _, _, value_uA in meter.state.readings
    )


def _set_function(meter: Truevolt, text: str) -> None:
    function = _FUNCTIONS.get(text.upper())
    if function is None:
        raise ScpiError(-224)
    meter.abort()
    meter.state.function = function


def _set_filter(meter: Truevolt, wanted_Hz: int) -> None:
    """The fastest filter that still takes the lowest frequency expected (guide)."""
    meter.abort()
    ends = {MINIMUM: 3, MAXIMUM: 200, DEFAULT: 20}
    wanted_Hz = ends.get(wanted_Hz, wanted_Hz)
    if wanted_Hz < min(SETTLING_NS):
        raise ScpiError(-222)
    meter.state.filter_Hz = max(filter_Hz for filter_Hz in SETTLING_NS if filter_Hz <= wanted_Hz)


def _set_nplc(meter: Truevolt, wanted_permille: int) -> None:
    meter.abort()
    ends = {MINIMUM: NPLC_PERMILLE[0], MAXIMUM: NPLC_PERMILLE[-1], DEFAULT: 10_000}
    wanted = ends.get(wanted_permille, wanted_permille)
    if not NPLC_PERMILLE[0] <= wanted <= NPLC_PERMILLE[-1]:
        raise ScpiError(-222)
    meter.state.nplc_permille = next(step for step in NPLC_PERMILLE if wanted <= step)


def _set_samples(meter: Truevolt, samples: int) -> None:
    meter.abort()
    meter.state.samples = samples


def _set_trigger(meter: Truevolt, source: str) -> None:
    meter.abort()
    meter.state.trigger = source


def _set_autorange(meter: Truevolt, function: str, on: bool) -> None:
    meter.abort()
    meter.state.autoranges[function] = on


def _abort(meter: Truevolt) -> None:
    meter.abort()


def _trigger(meter: Truevolt) -> None:
    meter.trigger()


def _current_commands(node: str, function: str) -> tuple[Command, ...]:
    return (
        Command(
            f"CONFigure:{node}",
            (_RANGE, _RESOLUTION),
            do=lambda it, *arguments: _configure(it, function, *arguments),
            optional=2,
        ),
        Command(
            f"[SENSe:]{node}:RANGe[:UPPer]",
            (_RANGE,),
            do=lambda it, wanted: _set_range(it, function, wanted),
            ask=lambda it: format_nr3(it.state.range_uA[function], -6, decimals=8),
        ),
        Command(
            f"[SENSe:]{node}:RANGe:AUTO",
            (Boolean(),),
            do=lambda it, on: _set_autorange(it, function, on),
            ask=lambda it: str(int(it.state.autoranges[function])),
        ),
    )


READ = Command("READ", ask=_fetch, ask_waits=True)
MEASURE_AC = Command(
    "MEASure[:SCALar]:CURRent:AC", ask=_fetch, asks_with=(_RANGE, _RESOLUTION), optional=2, ask_waits=True
)
MEASURE_DC = Command(
    "MEASure[:SCALar]:CURRent[:DC]", ask=_fetch, asks_with=(_RANGE, _RESOLUTION), optional=2, ask_waits=True
)
BEGINNINGS = {
    READ.pattern: Command("begin READ?", do=_begin_read),
    MEASURE_AC.pattern: Command("begin MEASure:CURRent:AC?", do=_begin_measure_ac),
    MEASURE_DC.pattern: Command("begin MEASure:CURRent:DC?", do=_begin_measure_dc),
}

DIALECT: tuple[Command, ...] = (
    *_current_commands("CURRent:AC", "CURR:AC"),
    *_current_commands("CURRent[:DC]", "CURR"),
    Command("CONFigure", ask=_ask_configuration),
    MEASURE_AC,
    MEASURE_DC,
    READ,
    Command("INITiate[:IMMediate]", do=_initiate),
    Command("FETCh", ask=_fetch, ask_waits=True),
    Command("ABORt", do=_abort),
    Command("*TRG", do=_trigger),
    Command("[SENSe:]FUNCtion[:ON]", (QuotedText(32),), do=_set_function, ask=lambda it: f'"{it.state.function}"'),
    Command(
        "[SENSe:]CURRent:AC:BANDwidth",
        (Number("HZ", 0, keywords=_WORDS[1:]),),
        do=_set_filter,
        ask=lambda it: format_nr3(it.state.filter_Hz, 0, decimals=8),
    ),
    Command(
        "[SENSe:]CURRent[:DC]:NPLC",
        (Number("", -3, keywords=_WORDS[1:]),),
        do=_set_nplc,
        ask=lambda it: format_nr3(it.state.nplc_permille, -3, decimals=8),
    ),
    Command(
        "SAMPle:COUNt", (Number("", 0, 1, SAMPLES_MAX),), do=_set_samples, ask=lambda it: format_nr1(it.state.samples)
    ),
    Command("TRIGger:SOURce", (Choice(("IMMediate", "BUS")),), do=_set_trigger, ask=lambda it: it.state.trigger),
    Command("ROUTe:TERMinals", ask=lambda _: "FRON"),
    Command("SYSTem:VERSion", ask=lambda _: "1994.0"),
)


def _before(call: Call) -> Call | None:
    """What READ? and MEASure? begin with; None for every other call."""
    beginning = BEGINNINGS.get(call.command.pattern) if call.query else None
    return None if beginning is None else Call(beginning, False, call.arguments)


def make_truevolt(world: World, name: str, net: AnalogNet, identity: Identity = REFERENCE_IDENTITY) -> Truevolt:
    """A multimeter whose current terminals lie in ``net``."""
    return Truevolt(world, name, identity, instrument_tree(DIALECT), net, _before)
