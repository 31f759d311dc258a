"""A temperature chamber with an ESPEC P-300 controller that conditions the air around the meter.

Source: the maker's public ChamberConnectLibrary (commands, forms of answers, reasons of ``NA:``). Programs, humidity,
timers and time signals are not part of this chamber: their commands are answered as by one that lacks them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.emulation.instruments.line_instrument import LineInstrument, LineState
from harness.emulation.plant.climate import Climate, find_climate
from harness.emulation.world import World

TYPE = "T,S2,160.0"
"""Dry bulb of type T, no wet bulb, controller, highest temperature."""
ROM = "JS20100-06.00"

HIGHEST_DC, LOWEST_DC = 1_600, -450
"""What the chamber itself allows for limits, in tenths of a degree [recalled]."""
AT_DELIVERY = (250, 1_550, -450)
"""Set point, upper and lower limit."""
FLUCTUATION_MC = (-100, 100)
"""Of a reading, in thousandths of a degree."""

COMMAND_ERROR = "NA:CMD ERR"
PARAMETER_ERROR = "NA:PARA ERR"
OUT_OF_RANGE = "NA:DATA OUT OF RANGE"
NO_HUMIDITY = "NA:CONT NOT READY-1"
NO_PROGRAM = "NA:CONT NOT READY-2"
MODES = ("OFF", "STANDBY", "CONSTANT")

_SETTING = re.compile(r"([SHL]) *([+-]?\d{1,4}(?:\.\d+)?)")


@dataclass
class EspecState:
    """The controller; temperatures in tenths of a degree."""

    exchange: LineState = field(default_factory=LineState)
    mode: str = "STANDBY"
    set_dC: int = AT_DELIVERY[0]
    high_dC: int = AT_DELIVERY[1]
    low_dC: int = AT_DELIVERY[2]
    alarms: list[int] = field(default_factory=list)
    """Numbers of the alarms that are on; nothing in this world trips one but who plants it for a test."""


class EspecP300(LineInstrument):
    """The chamber's controller."""

    state: EspecState
    latency_ns = 50_000_000
    """The controller answers within some 50 ms [recalled]."""
    byte_ns = 1_041_667
    """One character at 9600 Bd, 8N1, the controller's default."""

    def __init__(self, world: World, name: str, climate: Climate) -> None:
        self.climate = climate
        self.state = EspecState()
        super().__init__(world, name)

    def execute(self, line: str) -> str:
        """Every line is answered."""
        head, _, rest = line.partition(",")
        head, rest = head.strip().upper(), rest.strip().upper()
        question = self._questions().get(head)
        if question is not None:
            return question() if not rest else PARAMETER_ERROR
        if head in ("HUMI", "HUMI?"):
            return NO_HUMIDITY
        if head in ("PRGM", "PRGM MON?"):
            return NO_PROGRAM
        commands: dict[str, Callable[[str], str | None]] = {"TEMP": self._set, "MODE": self._switch}
        if head not in commands:
            return COMMAND_ERROR
        return commands[head](rest) or f"OK:{line}"

    def _questions(self) -> dict[str, Callable[[], str]]:
        state = self.state
        return {
            "TYPE?": lambda: TYPE,
            "ROM?": lambda: ROM,
            "MODE?": lambda: state.mode,
            "TEMP?": self._temperatures,
            "MON?": lambda: f"{self._measured()},,{state.mode},{len(state.alarms)}",
            "ALARM?": lambda: ",".join(map(str, [len(state.alarms), *state.alarms])),
        }

    def _temperatures(self) -> str:
        state = self.state
        return ",".join([self._measured(), _tenths(state.set_dC), _tenths(state.high_dC), _tenths(state.low_dC)])

    def _measured(self) -> str:
        reading_mC = self.climate.sensor_mC(self.world.now_ns)
        reading_mC += self.world.stream(f"{self.name}/reading").take_int(*FLUCTUATION_MC)
        return _tenths((reading_mC + 50) // 100)

    def _set(self, text: str) -> str | None:
        """``S25.0``, ``H85.0``, ``L-40.0``; a set point beyond the limits is refused, and limits that exclude it."""
        match = _SETTING.fullmatch(text)
        if match is None:
            return PARAMETER_ERROR
        state = self.state
        which, value_dC = match[1], round(float(match[2]) * 10)
        set_dC, high_dC, low_dC = (
            value_dC if which == letter else old
            for letter, old in (("S", state.set_dC), ("H", state.high_dC), ("L", state.low_dC))
        )
        if not LOWEST_DC <= low_dC <= set_dC <= high_dC <= HIGHEST_DC:
            return OUT_OF_RANGE
        state.set_dC, state.high_dC, state.low_dC = set_dC, high_dC, low_dC
        if which == "S" and state.mode == "CONSTANT":
            self.climate.condition(set_dC * 100)
        return None

    def _switch(self, mode: str) -> str | None:
        if mode not in MODES:
            return PARAMETER_ERROR
        self.state.mode = mode
        if mode == "CONSTANT":
            self.climate.condition(self.state.set_dC * 100)
        else:
            self.climate.switch_off()
        return None


def _tenths(value_dC: int) -> str:
    return f"{'-' if value_dC < 0 else ''}{abs(value_dC) // 10}.{abs(value_dC) % 10}"


def make_espec_p300(world: World, name: str) -> EspecP300:
    """A chamber around the world's climate."""
    return EspecP300(world, name, find_climate(world))
