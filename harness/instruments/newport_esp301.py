"""Driver of the Newport ESP301 motion controller with two rotation stages: axis 1 pitch, axis 2 roll.

Lines over USB, RS-232 or GPIB. Commands are silent; whether they were taken stands in the error buffer, which ``TB?``
reads one entry at a time (0: empty). Source: ESP301 user's manual (command set [recalled]); error numbers as public
drivers of the ESP300 family have them.
"""

from __future__ import annotations

import re

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.devices import declared_identity
from harness.instruments.errors import BadAnswerError, CommandError, IdentityError, InstrumentTimeoutError, SettingError
from harness.instruments.limits import Limits
from harness.instruments.line import LineSession
from harness.instruments.tilt_stage import StageSpecification
from harness.instruments.visa import Identity, Traffic

SPECIFICATION = StageSpecification(
    # A motorised rotation stage of the family, as URS100 [recalled].
    source="Newport URS series data sheet [recalled]",
    accuracy_deg=0.03,
    repeatability_deg=0.003,
    velocity_max_deg_per_s=40.0,
)

AXES = (1, 2)
DEGREES = 7
"""Of ``SN``: the axis counts in degrees."""
IN_POSITION_DEG = 0.01
"""Encoder steps of 0.001 degrees and the servo's dead band."""
SETTING_TOLERANCE_DEG = 0.001
POLL_NS = 100_000_000
MOVE_TIMEOUT_NS = 60_000_000_000
"""Twice what a quarter turn takes at the slowest velocity that is of use (3 degrees/s)."""

_VERSION = re.compile(r"ESP30[01] Version [!-~ ]{1,40}", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,4}(\.\d{1,6})?")
_ERROR = re.compile(r"\s*(\d{1,4}),\s*\d+,\s*[!-~ ]+")
ERRORS_READ_MAX = 20


class EspSession(LineSession):
    """A session whose error queue is the controller's error buffer."""

    ERROR_QUERY = "TB?"

    def check_errors(self, after: str) -> None:
        """Read the error buffer until it is empty; raises CommandError if it was not."""
        errors: list[str] = []
        for _ in range(ERRORS_READ_MAX):
            answer = self.query(self.ERROR_QUERY)
            match = _ERROR.fullmatch(answer)
            if match is None:
                raise BadAnswerError(self.name, self.ERROR_QUERY, answer, "number, time stamp, text")
            if int(match[1]) == 0:
                break
            errors.append(answer.strip())
        else:
            expected = f"an empty buffer after {ERRORS_READ_MAX} reads"
            raise BadAnswerError(self.name, self.ERROR_QUERY, errors[-1], expected)
        if errors:
            raise CommandError(self.name, after, errors)


class NewportEsp301:
    """A two-axis stage; implements ``harness.instruments.tilt_stage.TiltStage``."""

    LIMITS = ("angle_deg",)

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        limits: Limits,
        name: str = "stage",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = EspSession(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        self._limits = limits
        session.clear()
        version = session.query("VE?").strip()
        if not _VERSION.fullmatch(version):
            raise IdentityError(
                name,
                f"answers {version[:60]!r} to VE?, but this driver is for the ESP300 and ESP301; "
                "check 'resource' and 'driver' in the bench file",
            )
        self._identity = declared_identity(name, "Newport", version.split()[0], serial, version)
        for axis in AXES:
            unit = self._query_int(f"{axis}SN?", 0, 11)
            if unit != DEGREES:
                raise SettingError(name, f"axis {axis} counts in unit {unit}; set it to degrees ({axis}SN{DEGREES})")

    def identity(self) -> Identity:
        """Model and firmware as the controller said; its serial number as the bench file declares it."""
        return self._identity

    @property
    def specification(self) -> StageSpecification:
        """The stages' data sheet."""
        return SPECIFICATION

    def reset(self) -> None:
        """Stopped; software limits those of the bench file; parked."""
        self._session.command("ST")
        self._wait_at_rest()
        limit_deg = self._limits["angle_deg"]
        for axis in AXES:
            for command, wanted_deg in (("SL", -limit_deg), ("SR", limit_deg)):
                self._session.command(f"{axis}{command}{wanted_deg:.3f}")
                found_deg = self._query_number(f"{axis}{command}?")
                if not abs(found_deg - wanted_deg) <= SETTING_TOLERANCE_DEG:
                    raise SettingError(
                        self._session.name, f"{axis}{command} is {found_deg:g} after {wanted_deg:g} degrees was set"
                    )
        self.park()

    def go_to(self, pitch_deg: float, roll_deg: float) -> None:
        """Move both axes and wait until they rest."""
        for angle_deg in (pitch_deg, roll_deg):
            self._limits.at_most("angle_deg", angle_deg)
        for axis in AXES:
            self._switch_motor(axis, on=True)
        self._session.command(
            *(f"{axis}PA{angle:.3f}" for axis, angle in zip(AXES, (pitch_deg, roll_deg), strict=True))
        )
        self._wait_at_rest()

    def start_to(self, pitch_deg: float, roll_deg: float, speed_deg_per_s: float) -> None:
        """As :meth:`go_to` with another speed, without waiting."""
        for angle_deg in (pitch_deg, roll_deg):
            self._limits.at_most("angle_deg", angle_deg)
        for axis in AXES:
            self._switch_motor(axis, on=True)
        self._session.command(
            *(f"{axis}VA{speed_deg_per_s:.3f}" for axis in AXES),
            *(f"{axis}PA{angle:.3f}" for axis, angle in zip(AXES, (pitch_deg, roll_deg), strict=True)),
        )

    def at_rest(self) -> bool:
        """Whether both axes have come to rest."""
        return all(self._query_int(f"{axis}MD?", 0, 1) for axis in AXES)

    def angles_deg(self) -> tuple[float, float]:
        """Pitch and roll by the encoders."""
        pitch_deg, roll_deg = (self._query_number(f"{axis}TP?") for axis in AXES)
        return pitch_deg, roll_deg

    def stop(self) -> None:
        """Stop both axes."""
        self._session.command("ST")
        self._wait_at_rest()

    def park(self) -> None:
        """Back to 0, motors off."""
        if not self.parked():
            self.go_to(0.0, 0.0)
            for axis in AXES:
                self._switch_motor(axis, on=False)
        if not self.parked():
            raise SettingError(
                self._session.name, f"stands at {self.angles_deg()} degrees after it was told 0, or a motor is on"
            )

    def parked(self) -> bool:
        """Whether both axes are at 0 with their motors off."""
        angles_deg = self.angles_deg()
        motors = [self._motor_on(axis) for axis in AXES]
        return all(abs(angle) <= IN_POSITION_DEG for angle in angles_deg) and not any(motors)

    def _wait_at_rest(self) -> None:
        clock = self._session.clock
        deadline_ns = clock.now_ns() + MOVE_TIMEOUT_NS
        while not all(self._query_int(f"{axis}MD?", 0, 1) for axis in AXES):
            if clock.now_ns() >= deadline_ns:
                raise InstrumentTimeoutError(self._session.name, "MD?", MOVE_TIMEOUT_NS / 1e6)
            clock.sleep_ns(POLL_NS)
        self._session.check_errors("the movement")

    def _switch_motor(self, axis: int, *, on: bool) -> None:
        word = "MO" if on else "MF"
        self._session.command(f"{axis}{word}")
        if self._motor_on(axis) != on:
            raise SettingError(
                self._session.name, f"the motor of axis {axis} does not say it is {'on' if on else 'off'}"
            )

    def _motor_on(self, axis: int) -> bool:
        return self._query_int(f"{axis}MO?", 0, 1) == 1

    def _query_int(self, text: str, low: int, high: int) -> int:
        value = self._session.query_int(text)
        if not low <= value <= high:
            raise BadAnswerError(self._session.name, text, str(value), f"{low} to {high}")
        return value

    def _query_number(self, text: str) -> float:
        """A query whose answer is an angle; anything else, also a number of another form, raises BadAnswerError."""
        answer = self._session.query(text)
        if not _NUMBER.fullmatch(answer.strip()):
            raise BadAnswerError(self._session.name, text, answer, "an angle in degrees, as 30.000")
        return float(answer)
