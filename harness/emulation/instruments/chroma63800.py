"""An electronic AC load on the emulated mains: the Chroma 63803's dialect.

Source: 63800 series operation and programming manual (remote operation). Figures marked [recalled] were not found in
it. Constant current on AC with a power factor or with a crest factor is modelled; both at once, the other modes, DC and
parallel operation are refused. A power factor here shifts the sinusoid; the real load distorts it as well (it has no
negative power). A crest factor makes pulses about the voltage's peaks, with the largest power factor that goes with it
(manual, table 3-1). The current follows a command at once, with an overshoot when the load is switched on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.emulation.instruments.ac_reading import Accuracy, draw_error, format_nr2
from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument, instrument_tree
from harness.emulation.instruments.scpi_parameters import Choice, Number, format_nr1
from harness.emulation.instruments.scpi_syntax import ScpiError
from harness.emulation.instruments.scpi_tree import Command, CommandTree
from harness.emulation.plant.mains import LOAD_LOWEST_UV, Mains
from harness.emulation.plant.mains_averages import rms_u
from harness.emulation.plant.mains_shape import SINUSOID_PERMILLE, fundamental_u
from harness.emulation.world import World

REFERENCE_IDENTITY = Identity("Chroma", " 63803", " EMU63803041", " 1.00")
"""The manual's example has a space behind each comma, and 0 for the serial number."""

RATED_UA = 36_000_000
RATED_PEAK_UA = 108_000_000
HIGHEST_UV = 350_000_000
SETTING_A = Accuracy(1_000, 24_000)
READING_A = Accuracy(1_000, 24_000)
"""+- (0.1 % + 0.2 % of the 12 A range) [recalled]."""
READING_V = Accuracy(1_000, 350_000)
"""+- (0.1 % + 0.1 % of 350 V) [recalled]."""
READING_W = Accuracy(2_000, 8_000_000)
"""[recalled]"""
APERTURE_NS = 200_000_000
"""What a reading averages over [recalled]."""

UNDERVOLTAGE, OVERVOLTAGE = 1 << 1, 1 << 3
"""Bits UV and OVP of ``PROTect?`` (manual)."""


@dataclass
class Chroma63800State:
    """The whole instrument."""

    exchange: ExchangeState = field(default_factory=ExchangeState)
    on: bool = False
    current_uA: int = 0
    highest_uA: int = RATED_UA
    peak_uA: int = RATED_PEAK_UA
    power_factor_permille: int = 1000
    """Negative: leading (manual: PFACtor from -1 to 1)."""
    crest_permille: int = 1414
    """1414 to 5000 (data sheet)."""
    shape_mode: str = "PF"
    """Which of the two holds."""


class Chroma63800(ScpiInstrument):
    """The instrument. ``mains`` is where it hangs, behind the meter."""

    state: Chroma63800State
    latency_ns = 10_000_000
    """Assumed: the family answers slowly."""

    def __init__(self, world: World, name: str, identity: Identity, tree: CommandTree, mains: Mains) -> None:
        stream = world.stream(f"{name}/unit")
        self.mains = mains
        self.setting_error = draw_error(stream, SETTING_A)
        self.errors = {key: draw_error(stream, accuracy) for key, accuracy in READINGS.items()}
        self.state = Chroma63800State()
        super().__init__(world, name, identity, tree)

    def reset(self) -> None:
        """``*RST``: off, nothing set, the unit's own limits."""
        self.state = Chroma63800State(exchange=self.state.exchange)
        self.draw()

    def draw(self) -> None:
        """Draw what is set, as truly as this unit does; peaks are held at Ip(max)."""
        state = self.state
        error = self.setting_error
        wanted_uA = max(state.current_uA + state.current_uA * error.gain_ppm // 10**6 + error.offset_u, 0)
        by_crest = state.shape_mode == "CF"
        crest_permille = state.crest_permille if by_crest else SINUSOID_PERMILLE
        drawn_uA = (
            min(wanted_uA, state.peak_uA * 10**6 // (crest_permille * 1000 if by_crest else 1_414_213))
            if state.current_uA
            else 0
        )
        self.mains.set_load(
            on=state.on,
            current_uA=drawn_uA,
            power_factor_permille=1000 if by_crest else state.power_factor_permille,
            crest_permille=crest_permille,
        )

    def protection(self) -> int:
        """``PROTect?``: what keeps the load from drawing."""
        voltage_uV = self.mains.voltage().rms_u
        if voltage_uV > HIGHEST_UV:
            return OVERVOLTAGE
        return UNDERVOLTAGE if self.state.on and voltage_uV < LOAD_LOWEST_UV else 0

    def read_u(self, quantity: str) -> int:
        """A measurement of "V", "A" or "W" over the aperture, in millionths."""
        now_ns = max(self.world.now_ns, 1)
        from_ns = max(now_ns - APERTURE_NS, 0)
        volts_u = rms_u(self.mains.nets["LINE_V"], from_ns, now_ns)
        amperes_u = rms_u(self.mains.nets["LOAD_I"], from_ns, now_ns)
        watts_u = volts_u * amperes_u // 10**6 * self.power_factor_permille() // 1000
        value_u = {"V": volts_u, "A": amperes_u, "W": watts_u}[quantity]
        return self.errors[quantity].true_to_reading_u(value_u, self.world.stream(f"{self.name} noise"))

    def power_factor_permille(self) -> int:
        """What part of voltage times current is power."""
        current = self.mains.load_current()
        if self.state.shape_mode == "CF":
            return fundamental_u(current.rms_u, current.shape) * 1000 // max(current.rms_u, 1)
        return abs(self.state.power_factor_permille)


READINGS = {"V": READING_V, "A": READING_A, "W": READING_W}


def _set_load(load: Chroma63800, word: str) -> None:
    load.state.on = word == "ON"
    load.draw()


def _set_current(load: Chroma63800, value_uA: int) -> None:
    if value_uA > load.state.highest_uA:
        raise ScpiError(-222)
    load.state.current_uA = value_uA
    load.draw()


def _set_highest(load: Chroma63800, value_uA: int) -> None:
    load.state.highest_uA = value_uA
    load.state.current_uA = min(load.state.current_uA, value_uA)
    load.draw()


def _set_peak(load: Chroma63800, value_uA: int) -> None:
    load.state.peak_uA = value_uA
    load.draw()


def _set_power_factor(load: Chroma63800, value_permille: int) -> None:
    load.state.power_factor_permille = value_permille
    load.draw()


def _set_crest_factor(load: Chroma63800, value_permille: int) -> None:
    load.state.crest_permille = value_permille
    load.draw()


def _set_shape_mode(load: Chroma63800, word: str) -> None:
    load.state.shape_mode = word
    load.draw()


def _do_nothing(_load: Chroma63800, *_arguments: object) -> None:
    """Only one choice is modelled here, and it is the one that holds."""


def _ask_load(load: Chroma63800) -> str:
    return "ON" if load.state.on else "OFF"


def _ask_power_factor(load: Chroma63800) -> str:
    drawing = load.mains.load_current().rms_u > 0
    factor_permille = (
        load.power_factor_permille() if load.state.shape_mode == "CF" else load.state.power_factor_permille
    )
    return format_nr2(factor_permille * 1000 if drawing else 0, 3, sign=False)


def _ask_frequency(load: Chroma63800) -> str:
    return format_nr2(load.mains.voltage().frequency_mHz * 1000, 2, sign=False)


_SWITCH = Choice(("ON", "OFF"))
"""The family takes ON and OFF, not numbers (manual 8.3.3)."""

DIALECT: tuple[Command, ...] = (
    Command("LOAD[:STATe]", (_SWITCH,), do=_set_load, ask=_ask_load),
    Command("[LOAD:]MODE", (Choice(("CURR",)),), do=_do_nothing, ask=lambda _: "CURR"),
    Command(
        "[LOAD:]CURRent",
        (Number("A", -6, 0, RATED_UA),),
        do=_set_current,
        ask=lambda it: format_nr2(it.state.current_uA, 3, sign=False),
    ),
    Command(
        "[LOAD:]CURRent:HIGH",
        (Number("A", -6, 0, RATED_UA),),
        do=_set_highest,
        ask=lambda it: format_nr2(it.state.highest_uA, 3, sign=False),
    ),
    Command(
        "[LOAD:]CURRent:PEAK:MAXimum",
        (Number("A", -6, 0, RATED_PEAK_UA),),
        do=_set_peak,
        ask=lambda it: format_nr2(it.state.peak_uA, 3, sign=False),
    ),
    Command(
        "[LOAD:]PFACtor",
        (Number("", -3, -1000, 1000),),
        do=_set_power_factor,
        ask=lambda it: format_nr2(it.state.power_factor_permille * 1000, 3, sign=False),
    ),
    Command(
        "[LOAD:]CFACtor",
        (Number("", -3, 1414, 5000),),
        do=_set_crest_factor,
        ask=lambda it: format_nr2(it.state.crest_permille * 1000, 3, sign=False),
    ),
    Command("[LOAD:]PROTect", ask=lambda it: format_nr1(it.protection()).lstrip("+")),
    Command("[LOAD:]PROTect:CLE", do=_do_nothing),
    Command("SYSTem:SETup:MODE", (Choice(("AC",)),), do=_do_nothing, ask=lambda _: "AC"),
    Command(
        "SYSTem:SETup:CFPF:MODE",
        (Choice(("CF", "PF")),),
        do=_set_shape_mode,
        ask=lambda it: it.state.shape_mode,
    ),
    Command("MEASure:CURRent", ask=lambda it: format_nr2(it.read_u("A"), 4, sign=False)),
    Command("MEASure:VOLTage", ask=lambda it: format_nr2(it.read_u("V"), 3, sign=False)),
    Command("MEASure:POWer", ask=lambda it: format_nr2(it.read_u("W"), 3, sign=False)),
    Command("MEASure:POWer:PFACtor", ask=_ask_power_factor),
    Command("MEASure:FREQuency", ask=_ask_frequency),
)
"""A mode, a system mode or a shape that is not here is refused (-224), as by a unit that lacks the option."""


def make_chroma63800(world: World, name: str, mains: Mains, identity: Identity = REFERENCE_IDENTITY) -> Chroma63800:
    """A load that hangs on ``mains``; off, as after power-on."""
    return Chroma63800(world, name, identity, instrument_tree(DIALECT), mains)
