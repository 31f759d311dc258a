"""A Newport ESP301 motion controller with two rotation stages that tilt the meter.

``nnXXpp``: axis, two letters, parameter; several commands in a line are separated by semicolons. Commands are silent;
errors go into a buffer. Source: ESP301 user's manual (command set [recalled]); error numbers as public drivers of the
ESP300 family have them. Homing, trajectories, groups, programs and a third axis are not part of this controller.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.emulation.instruments.line_instrument import LineInstrument, LineState
from harness.emulation.plant.attitude import AXES, Attitude, find_attitude
from harness.emulation.world import World

VERSION = "ESP301 Version 3.0.1 6/1/99"
DEGREES = 7
ERRORS_MAX = 10
SERVO_CYCLE_NS = 400_000
"""Unit of an error's time stamp [recalled]."""

NO_ERROR, UNKNOWN_COMMAND, OUT_OF_RANGE, WRONG_AXIS = 0, 6, 7, 9
AXIS_MISSING, PARAMETER_MISSING = 37, 38
BEYOND_RIGHT, BEYOND_LEFT, TOO_FAST, TOO_ABRUPT, MOTOR_OFF = 6, 7, 10, 11, 13
"""Of an axis: reported as axis · 100 + number."""
GENERAL_TEXTS = {
    NO_ERROR: "NO ERROR DETECTED",
    UNKNOWN_COMMAND: "COMMAND DOES NOT EXIST",
    OUT_OF_RANGE: "PARAMETER OUT OF RANGE",
    WRONG_AXIS: "AXIS NUMBER OUT OF RANGE",
    AXIS_MISSING: "AXIS NUMBER MISSING",
    PARAMETER_MISSING: "COMMAND PARAMETER MISSING",
}
AXIS_TEXTS = {
    BEYOND_RIGHT: "POSITIVE SOFTWARE LIMIT DETECTED",
    BEYOND_LEFT: "NEGATIVE SOFTWARE LIMIT DETECTED",
    TOO_FAST: "MAXIMUM VELOCITY EXCEEDED",
    TOO_ABRUPT: "MAXIMUM ACCELERATION EXCEEDED",
    MOTOR_OFF: "MOTOR NOT ENABLED",
}

UDEG = 1_000_000
VELOCITY_MAX, ACCELERATION_MAX = 40 * UDEG, 160 * UDEG
"""Of a motorised rotation stage of the family [recalled], in microdegrees."""
TRAVEL = 170 * UDEG
WAIT_MAX_MS = 60_000

_COMMAND = re.compile(r"(\d{0,2}) *([A-Z]{2}) *(\?|[+-]?\d{1,6}(?:\.\d{1,9})?)?")


@dataclass
class AxisState:
    """One axis's settings, in microdegrees."""

    motor_on: bool = False
    velocity: int = 20 * UDEG
    acceleration: int = 80 * UDEG
    left: int = -TRAVEL
    right: int = TRAVEL
    target: int = 0


@dataclass
class Esp301State:
    """The controller."""

    exchange: LineState = field(default_factory=LineState)
    axes: list[AxisState] = field(default_factory=lambda: [AxisState(), AxisState()])
    errors: list[tuple[int, int]] = field(default_factory=list)
    """Number and time stamp; a full buffer loses the newest."""
    wait_until_ns: int = 0


class Esp301(LineInstrument):
    """The controller."""

    state: Esp301State
    latency_ns = 2_000_000
    """The controller works a command off in some 2 ms [recalled]."""
    byte_ns = 520_833
    """One character at 19,200 Bd, 8N1, the controller's default."""

    def __init__(self, world: World, name: str, attitude: Attitude) -> None:
        self.attitude = attitude
        self.state = Esp301State()
        super().__init__(world, name)

    def blocked(self) -> bool:
        """While ``WS`` waits for an axis."""
        return self.world.now_ns < self.state.wait_until_ns

    def on_event(self, kind: str, argument: Any) -> None:
        """What ``WS`` waited for has come."""
        if kind != "waited":
            super().on_event(kind, argument)
        self.unblock()

    def receive(self, message: bytes) -> None:
        """Semicolons separate commands as line ends do."""
        super().receive(message.replace(b";", b"\n"))

    def execute(self, line: str) -> str | None:
        """Work one command off."""
        match = _COMMAND.fullmatch(line.strip().upper())
        if match is None:
            return self._error(UNKNOWN_COMMAND)
        number, name, parameter = match[1], match[2], match[3]
        if not number and name in self._controller_commands():
            return self._controller_commands()[name](parameter)
        if name not in self._axis_commands():
            return self._error(UNKNOWN_COMMAND)
        if not number:
            return self._error(AXIS_MISSING)
        if int(number) not in AXES:
            return self._error(WRONG_AXIS)
        return self._axis_commands()[name](int(number), parameter)

    def _controller_commands(self) -> dict[str, Callable[[str | None], str | None]]:
        return {
            "VE": lambda parameter: VERSION if parameter == "?" else self._error(PARAMETER_MISSING),
            "TB": lambda _: self._take_error(with_text=True),
            "TE": lambda _: self._take_error(with_text=False),
            "ST": lambda _: self._stop(*AXES),
        }

    def _axis_commands(self) -> dict[str, Callable[[int, str | None], str | None]]:
        return {
            "PA": self._move,
            "TP": lambda axis, _: _degrees(self.attitude.stage_udeg(axis, self.world.now_ns)),
            "DP": lambda axis, _: _degrees(self._axis(axis).target),
            "MD": lambda axis, _: "0" if self.attitude.moving(axis, self.world.now_ns) else "1",
            "MO": self._motor_on,
            "MF": self._motor_off,
            "ST": lambda axis, _: self._stop(axis),
            "SN": self._unit,
            "SL": lambda axis, parameter: self._setting(axis, parameter, "left", -TRAVEL, 0, OUT_OF_RANGE),
            "SR": lambda axis, parameter: self._setting(axis, parameter, "right", 0, TRAVEL, OUT_OF_RANGE),
            "VA": lambda axis, parameter: self._setting(
                axis, parameter, "velocity", 1, VELOCITY_MAX, axis * 100 + TOO_FAST
            ),
            "AC": lambda axis, parameter: self._setting(
                axis, parameter, "acceleration", 1, ACCELERATION_MAX, axis * 100 + TOO_ABRUPT
            ),
            "WS": self._wait_stop,
        }

    def _axis(self, axis: int) -> AxisState:
        return self.state.axes[axis - 1]

    def _move(self, axis: int, parameter: str | None) -> str | None:
        one = self._axis(axis)
        if parameter == "?":
            return _degrees(one.target)
        if parameter is None:
            return self._error(PARAMETER_MISSING)
        target = _udeg(parameter)
        if not one.motor_on:
            return self._error(axis * 100 + MOTOR_OFF)
        if not one.left <= target <= one.right:
            return self._error(axis * 100 + (BEYOND_RIGHT if target > one.right else BEYOND_LEFT))
        one.target = target
        self.attitude.move(axis, target, one.velocity, one.acceleration)
        return None

    def _motor_on(self, axis: int, parameter: str | None) -> str | None:
        if parameter == "?":
            return "1" if self._axis(axis).motor_on else "0"
        self._axis(axis).motor_on = True
        return None

    def _motor_off(self, axis: int, parameter: str | None) -> str | None:
        """An axis whose motor goes off comes to rest; its gear holds it."""
        if parameter == "?":
            return "0" if self._axis(axis).motor_on else "1"
        self._stop(axis)
        self._axis(axis).motor_on = False
        return None

    def _stop(self, *axes: int) -> str | None:
        for axis in axes:
            self.attitude.stop(axis, self._axis(axis).acceleration)
        return None

    def _unit(self, axis: int, parameter: str | None) -> str | None:
        """The stages are rotation stages: degrees, and nothing else here."""
        del axis
        if parameter == "?":
            return str(DEGREES)
        return None if parameter == str(DEGREES) else self._error(OUT_OF_RANGE)

    def _setting(self, axis: int, parameter: str | None, name: str, low: int, high: int, error: int) -> str | None:
        one = self._axis(axis)
        if parameter == "?":
            return _degrees(getattr(one, name))
        if parameter is None:
            return self._error(PARAMETER_MISSING)
        value = _udeg(parameter)
        if not low <= value <= high:
            return self._error(error)
        setattr(one, name, value)
        return None

    def _wait_stop(self, axis: int, parameter: str | None) -> str | None:
        """Further commands wait until the axis rests, and so many ms longer."""
        extra_ms = int(float(parameter or 0))
        if not 0 <= extra_ms <= WAIT_MAX_MS:
            return self._error(OUT_OF_RANGE)
        now_ns = self.world.now_ns
        until_ns = max(self.attitude.rests_at_ns(axis), now_ns) + extra_ms * 1_000_000
        if until_ns > now_ns:
            self.state.wait_until_ns = until_ns
            self.world.schedule(until_ns, self.name, "waited")
        return None

    def _error(self, number: int) -> str | None:
        """Commands and wrong questions alike are silent."""
        if len(self.state.errors) < ERRORS_MAX:
            self.state.errors.append((number, self.world.now_ns // SERVO_CYCLE_NS))
        return None

    def _take_error(self, *, with_text: bool) -> str:
        errors = self.state.errors
        number, stamp = errors.pop(0) if errors else (NO_ERROR, self.world.now_ns // SERVO_CYCLE_NS)
        if not with_text:
            return str(number)
        text = AXIS_TEXTS[number % 100] if number >= 100 else GENERAL_TEXTS[number]
        return f"{number}, {stamp}, {text}"


def _udeg(text: str) -> int:
    """Whole microdegrees, without a detour over floating point."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("+-").partition(".")
    return sign * (int(whole) * UDEG + int((part + "000000")[:6]))


def _degrees(udeg: int) -> str:
    """As the encoder resolves it: thousandths of a degree."""
    mdeg = (abs(udeg) + 500) // 1000
    return f"{'-' if udeg < 0 and mdeg else ''}{mdeg // 1000}.{mdeg % 1000:03d}"


def make_esp301(world: World, name: str) -> Esp301:
    """A controller on the world's attitude."""
    return Esp301(world, name, find_attitude(world))
