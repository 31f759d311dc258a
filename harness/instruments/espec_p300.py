"""Driver of ESPEC temperature chambers with a P-300 controller: lines over RS-232, RS-485 or GPIB.

Every command is answered: ``OK:`` and the command, or ``NA:`` and a reason. A chamber on a network hangs behind an
adaptor, usually at TCP port 10001 (TCPIP0::HOST::10001::SOCKET).
Source: the maker's public ChamberConnectLibrary (answers' forms, reasons of ``NA:``); ESPEC communication manual
[recalled].
"""

from __future__ import annotations

import re

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.chamber import ChamberAlarmError, ChamberSpecification
from harness.instruments.devices import declared_identity
from harness.instruments.errors import BadAnswerError, CommandError, SettingError
from harness.instruments.limits import LimitError, Limits
from harness.instruments.line import LineSession
from harness.instruments.visa import Identity, Traffic

SPECIFICATION = ChamberSpecification(
    # A small bench chamber of the family [recalled].
    source="ESPEC SH series catalogue, performance at +23 °C ambient [recalled]",
    accuracy_K=0.5,
    uniformity_K=1.5,
    resolution_K=0.1,
)

MODES = ("OFF", "STANDBY", "CONSTANT", "RUN")
CONDITIONING = ("CONSTANT", "RUN")
ALARM_MARGIN_K = 5.0
"""The controller's own limits lie that far outside the bench file's: overshoot must not stop a test, a runaway must."""
SETTING_TOLERANCE_K = 0.051
"""The controller rounds to its resolution of 0.1 degrees."""

_NUMBER = re.compile(r"[+-]?\d{1,3}(\.\d{1,2})?")
_TYPE = re.compile(r"[A-Z]{1,4}(,[A-Z]{1,4})?,[A-Z0-9-]{1,12},\d{2,3}\.\d")
_ROM = re.compile(r"(?=.*\d)[A-Z][!-~]{2,30}")
_COUNT = re.compile(r"\d{1,2}")


class EspecP300:
    """A chamber; implements ``harness.instruments.chamber.Chamber``."""

    LIMITS = ("temperature_min_C", "temperature_max_C")

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        limits: Limits,
        name: str = "chamber",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = LineSession(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        self._limits = limits
        session.clear()
        kind = self._ask("TYPE?", _TYPE, "sensors, controller and highest temperature, as T,S2,160.0")
        rom = self._ask("ROM?", _ROM, "the controller's ROM version")
        self._identity = declared_identity(name, "ESPEC", f"P-300 {kind}", serial, rom)

    def identity(self) -> Identity:
        """Model and ROM as the controller said; its serial number as the bench file declares it."""
        return self._identity

    @property
    def specification(self) -> ChamberSpecification:
        """The catalogue."""
        return SPECIFICATION

    def reset(self) -> None:
        """Standby; the controller's own limits a margin outside the bench file's."""
        self.standby()
        high_C = self._limits["temperature_max_C"] + ALARM_MARGIN_K
        low_C = self._limits["temperature_min_C"] - ALARM_MARGIN_K
        self._command(f"TEMP, H{high_C:.1f}")
        self._command(f"TEMP, L{low_C:.1f}")
        _, _, high_now_C, low_now_C = self._read_temp()
        for wanted_C, found_C in ((high_C, high_now_C), (low_C, low_now_C)):
            self._check_set("limit", wanted_C, found_C)

    def condition(self, temperature_C: float) -> None:
        """Begin to bring the air to ``temperature_C``."""
        self._check_limits(temperature_C)
        self._command(f"TEMP, S{temperature_C:.1f}")
        self._check_set("set point", temperature_C, self._read_temp()[1])
        self._set_mode("CONSTANT")

    def standby(self) -> None:
        """Neither heat nor cool."""
        self._set_mode("STANDBY")

    def conditioning(self) -> bool:
        """Whether it heats or cools."""
        return self._mode() in CONDITIONING

    def air_C(self) -> float:
        """The air's temperature by the controller's own sensor."""
        text = "MON?"
        answer = self._query(text)
        fields = [field.strip() for field in answer.split(",")]
        good = len(fields) == 4 and _NUMBER.fullmatch(fields[0]) and fields[2] in MODES and _COUNT.fullmatch(fields[3])
        if not good or (fields[1] and not _NUMBER.fullmatch(fields[1])):
            raise BadAnswerError(self._session.name, text, answer, "temperature, humidity or nothing, mode, alarms")
        if int(fields[3]):
            raise ChamberAlarmError(
                self._session.name,
                f"{int(fields[3])} alarms are on ({self._query('ALARM?')}); look at the chamber and acknowledge them",
            )
        return float(fields[0])

    def _check_limits(self, temperature_C: float) -> None:
        self._limits.at_least("temperature_min_C", temperature_C)
        # Not ``at_most``, which is for amounts: the upper limit may lie below the amount of the lower one.
        if not temperature_C <= self._limits["temperature_max_C"]:
            raise LimitError(self._session.name, "temperature_max_C", temperature_C, self._limits["temperature_max_C"])

    def _set_mode(self, mode: str) -> None:
        self._command(f"MODE, {mode}")
        found = self._mode()
        if found != mode:
            raise SettingError(self._session.name, f"is in mode {found} after it was told {mode}")

    def _mode(self) -> str:
        answer = self._query("MODE?").strip()
        if answer not in MODES:
            raise BadAnswerError(self._session.name, "MODE?", answer, f"one of {', '.join(MODES)}")
        return answer

    def _read_temp(self) -> tuple[float, float, float, float]:
        """Measured, set point, upper and lower limit."""
        answer = self._query("TEMP?")
        fields = [field.strip() for field in answer.split(",")]
        if len(fields) != 4 or not all(_NUMBER.fullmatch(field) for field in fields):
            raise BadAnswerError(self._session.name, "TEMP?", answer, "measured, set point, upper and lower limit")
        measured, set_point, high, low = map(float, fields)
        return measured, set_point, high, low

    def _check_set(self, what: str, wanted_C: float, found_C: float) -> None:
        if not abs(wanted_C - found_C) <= SETTING_TOLERANCE_K:
            raise SettingError(self._session.name, f"{what} is {found_C:g} °C after {wanted_C:g} °C was set")

    def _command(self, text: str) -> None:
        answer = self._query(text)
        if _plain(answer) != _plain(f"OK:{text}"):
            raise BadAnswerError(self._session.name, text, answer, f"OK:{text}")

    def _ask(self, text: str, form: re.Pattern[str], expected: str) -> str:
        answer = self._query(text).strip()
        if not form.fullmatch(answer):
            raise BadAnswerError(self._session.name, text, answer, expected)
        return answer

    def _query(self, text: str) -> str:
        answer = self._session.query(text)
        if answer.startswith("NA:"):
            raise CommandError(self._session.name, text, [answer])
        return answer


def _plain(text: str) -> str:
    return text.replace(" ", "").upper()
