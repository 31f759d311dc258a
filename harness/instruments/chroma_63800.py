"""Driver of the Chroma 63800 series of AC/DC electronic loads (63802, 63803, 63804), on AC at constant current.

Source: 63800 series operation and programming manual, remote operation. Figures marked [recalled] were not found in
it: check them against the data sheet of the unit on the bench.
"""

from __future__ import annotations

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.ac_load import AcLoadSpecification
from harness.instruments.errors import BadAnswerError, SettingError
from harness.instruments.limits import Limits
from harness.instruments.visa import Identity, Instrument, Traffic

CREST_FACTORS = (1.414, 5.0)
"""Of the family (data sheet)."""
PEAK_MARGIN = 1.1
"""The peak limit over the highest peak at the rms limit: the current's control overshoots a little."""
LARGEST_A = 60.0
"""More than any unit of the family takes (45 A [recalled]): no reading, whatever the answer looks like."""

SPECIFICATION = AcLoadSpecification(
    source="Chroma 63803 data sheet [recalled: to be confirmed for the unit on the bench]",
    current_setting_percent=0.1,
    current_setting_A=0.024,
    current_reading_percent=0.1,
    current_reading_A=0.024,
    settling_ns=400_000_000,
)


class Chroma63800:
    """A 63800; implements ``harness.instruments.ac_load.AcLoad``."""

    LIMITS = ("current_A",)

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        limits: Limits,
        name: str = "load",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._limits = limits
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        self._identity = session.identify(makers=("CHROMA",), models=("6380",), serial=serial)
        self._protect()

    def identity(self) -> Identity:
        """As the instrument said when it was opened; some units answer 0 for their serial number."""
        return self._identity

    @property
    def specification(self) -> AcLoadSpecification:
        """The family's data sheet."""
        return SPECIFICATION

    def reset(self) -> None:
        """``*RST``, off, AC, constant current."""
        self._session.command_and_wait("*RST")
        self.load_off()
        self._session.command("SYSTem:SETup:MODE AC", "MODE CURR", "SYSTem:SETup:CFPF:MODE PF")
        self._protect()

    def set_current(self, current_A: float, power_factor: float = 1.0) -> None:
        """Current and power factor."""
        self._limits.at_most("current_A", current_A)
        if current_A < 0 or not 0 < abs(power_factor) <= 1:
            raise SettingError(
                self._session.name,
                f"{current_A:g} A at a power factor of {power_factor:g} was asked for; expected 0 A or more and a "
                "power factor up to 1, negative for a leading one",
            )
        self._session.command(
            "SYSTem:SETup:CFPF:MODE PF", "MODE CURR", f"PFACtor {power_factor:.3f}", f"CURRent {current_A:.3f}"
        )

    def set_crest(self, current_A: float, crest_factor: float) -> None:
        """Current and crest factor (CFACtor: name [recalled])."""
        self._limits.at_most("current_A", current_A)
        if current_A < 0 or not CREST_FACTORS[0] <= crest_factor <= CREST_FACTORS[1]:
            raise SettingError(
                self._session.name,
                f"{current_A:g} A at a crest factor of {crest_factor:g} was asked for; expected 0 A or more and a "
                f"crest factor from {CREST_FACTORS[0]:g} to {CREST_FACTORS[1]:g}",
            )
        self._session.command(
            "MODE CURR", f"CFACtor {crest_factor:.3f}", "SYSTem:SETup:CFPF:MODE CF", f"CURRent {current_A:.3f}"
        )

    def load_on(self) -> None:
        """``LOAD ON``."""
        self._switch("ON")

    def load_off(self) -> None:
        """``LOAD OFF``."""
        self._switch("OFF")

    def is_on(self) -> bool:
        """``LOAD?``; the family answers ON or OFF, some units 1 or 0."""
        answer = self._session.query("LOAD?")
        if answer not in ("ON", "OFF", "1", "0"):
            raise BadAnswerError(self._session.name, "LOAD?", answer, "ON or OFF")
        return answer in ("ON", "1")

    def current_A(self) -> float:
        """``MEASure:CURRent?``."""
        value = self._session.query_float("MEASure:CURRent?")
        if not 0 <= value <= LARGEST_A:
            raise BadAnswerError(self._session.name, "MEASure:CURRent?", f"{value:g}", f"0 to {LARGEST_A:g} A")
        return value

    def _switch(self, word: str) -> None:
        self._session.command(f"LOAD {word}")
        if self.is_on() != (word == "ON"):
            raise SettingError(
                self._session.name, f"LOAD? does not say {word} although the load was told to; look at its front panel"
            )

    def _protect(self) -> None:
        """The bench file's limit as the instrument's own."""
        highest_A = self._limits["current_A"]
        peak_A = highest_A * CREST_FACTORS[1] * PEAK_MARGIN
        self._session.command(f"CURRent:HIGH {highest_A:.3f}", f"CURRent:PEAK:MAXimum {peak_A:.3f}")
