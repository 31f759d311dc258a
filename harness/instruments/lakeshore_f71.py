"""Driver of the Lake Shore F71 teslameter with a three-axis probe.

Source: F71/F41 manual and the maker's public Python driver (commands, status bits). The instrument listens on TCP port
7777, so its resource is TCPIP0::HOST::7777::SOCKET.
"""

from __future__ import annotations

import math

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.errors import BadAnswerError, SettingError
from harness.instruments.teslameter import OverloadError, TeslameterSpecification, Vector
from harness.instruments.visa import Identity, Instrument, Traffic

RANGES_MT = (35.0, 350.0, 3500.0)
OVER_FACTOR = 1.1
"""Nothing beyond this part of full scale is a reading, whatever the instrument says."""
MT_PER_T = 1000.0
SCPI_INFINITY = 9.9e37
"""SCPI-99 volume 1, 7.2.1.4."""

AVERAGED = 10
SAMPLE_NS = 10_000_000
"""A reading is the mean of the last ``AVERAGED`` measurements of 10 ms each (manual, averaging window)."""

# Operation status register: no probe, overload, changing the range.
NO_PROBE, OVERLOAD, RANGING = 1 << 0, 1 << 1, 1 << 2

SPECIFICATION = TeslameterSpecification(
    source="Lake Shore F71/F41 data sheet, three-axis probe [recalled]",
    # [recalled]; the cross-axis figure is assumed for a probe with 0.1 degrees of orthogonality.
    reading_percent=0.35,
    range_percent=0.02,
    cross_axis_percent=0.2,
    alternating_percent=1.0,
    alternating_range_percent=0.05,
    noise_mT=0.001,
    resolution_mT=0.0001,
)


class LakeShoreF71:
    """An F71; implements ``harness.instruments.teslameter.Teslameter``."""

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        name: str = "teslameter",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        self._identity = session.identify(makers=("LAKESHORE", "LSCI"), models=("F71",), serial=serial)
        axes = session.query_int("PROBe:AXES?")
        if axes != 3:
            raise SettingError(name, f"its probe has {axes} axes; a vector needs one with 3")
        self._range_mT = 0.0

    def identity(self) -> Identity:
        """As the instrument said when it was opened."""
        return self._identity

    @property
    def specification(self) -> TeslameterSpecification:
        """The data sheet."""
        return SPECIFICATION

    @property
    def range_mT(self) -> float:
        """The range in use."""
        return self._range_mT

    @property
    def averaging_ns(self) -> int:
        """How long a reading averages over, with the measurement that began before."""
        return (AVERAGED + 1) * SAMPLE_NS

    def reset(self) -> None:
        """``*RST``; steady fields in tesla, the lowest range, a short average."""
        self._session.command(
            "*RST", "SENSe:MODE DC", "UNIT:FIELd TESLA", f"SENSe:AVERage:COUNt {AVERAGED}", "SENSe:RANGe:AUTO 0"
        )
        unit = self._session.query("UNIT:FIELd?")
        if unit.upper() != "TESLA":
            raise SettingError(self._session.name, f"shows fields in {unit} after it was told TESLA")
        self.set_range_mT(RANGES_MT[0])

    def set_range_mT(self, largest_mT: float) -> None:
        """Choose the lowest range for ``largest_mT``; raises SettingError where there is none."""
        wanted_mT = next((one for one in RANGES_MT if largest_mT <= one), None)
        if wanted_mT is None:
            raise SettingError(self._session.name, f"no range for {largest_mT:g} mT; it ends at {RANGES_MT[-1]:g} mT")
        self._session.command(f"SENSe:RANGe {wanted_mT / MT_PER_T:.6E}")
        given_mT = self._session.query_float("SENSe:RANGe?") * MT_PER_T
        if not math.isclose(given_mT, wanted_mT, rel_tol=1e-6):
            raise SettingError(self._session.name, f"is in the range {given_mT:g} mT after {wanted_mT:g} mT was set")
        self._range_mT = wanted_mT

    def set_alternating(self, alternating: bool) -> None:
        """Mode AC or DC."""
        word = "AC" if alternating else "DC"
        self._session.command(f"SENSe:MODE {word}")
        if (said := self._session.query("SENSe:MODE?")) != word:
            raise SettingError(self._session.name, f"is in mode {said} after it was told {word}")

    def rms_mT(self) -> Vector:
        """RMS value of what alternates along x, y, z in mT; raises OverloadError."""
        return self._read("FETCh:RMS? ALL")

    def field_mT(self) -> Vector:
        """Flux density along x, y, z in mT; raises OverloadError."""
        return self._read("FETCh:DC? ALL")

    def _read(self, text: str) -> Vector:
        answer = self._session.query(text)
        try:
            values = [float(part) for part in answer.split(",")]
        except ValueError:
            raise BadAnswerError(self._session.name, text, answer, "three numbers") from None
        if len(values) != 3 or any(math.isnan(value) for value in values):
            raise BadAnswerError(self._session.name, text, answer, "three numbers")
        self._check_status(answer)
        limit_T = (self._range_mT or RANGES_MT[-1]) / MT_PER_T * OVER_FACTOR
        if any(abs(value) >= SCPI_INFINITY or abs(value) > limit_T for value in values):
            raise self._overload(answer)
        x, y, z = (value * MT_PER_T for value in values)
        return x, y, z

    def _check_status(self, answer: str) -> None:
        text = "STATus:OPERation:CONDition?"
        status = self._session.query_int(text)
        if status & NO_PROBE:
            raise SettingError(self._session.name, "has no probe; connect it")
        if status & OVERLOAD:
            raise self._overload(answer)
        if status & RANGING:
            raise BadAnswerError(self._session.name, text, str(status), "a fixed range, as was set")

    def _overload(self, answer: str) -> OverloadError:
        return OverloadError(
            self._session.name,
            f"the field is beyond its range of {self._range_mT:g} mT (it says {answer[:60]}); "
            "choose a higher range or a lower field",
        )
