"""Driver of the Keysight AC6800 and AC6800B series of basic AC sources (AC6801B to AC6804B).

Source: AC6800B series operating and service guide, SCPI programming reference. Names and figures marked [recalled]
were not found in it: check them against the guide of the unit on the bench.
"""

from __future__ import annotations

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.ac_source import AcSourceSpecification, TrippedError
from harness.instruments.errors import BadAnswerError, SettingError
from harness.instruments.limits import Limits
from harness.instruments.visa import Identity, Instrument, Traffic

OVERVOLTAGE, OVERCURRENT, LIMIT_PEAK, LIMIT_POWER, LIMIT_RMS = 1 << 0, 1 << 1, 1 << 10, 1 << 11, 1 << 12
CONDITIONS = {
    OVERVOLTAGE: "overvoltage protection",
    OVERCURRENT: "overcurrent protection",
    LIMIT_PEAK: "peak current limit",
    LIMIT_POWER: "power limit",
    LIMIT_RMS: "current limit",
}
"""Questionable condition register (guide, status overview): what keeps the output from what was set."""

FREQUENCY_LIMITS = ("frequency_min_Hz", "frequency_max_Hz")
RANGES_V = ((155, 310), (135, 270))
"""Low and high range of the AC6800B series, and of the AC6800 series before it (guides, VOLTage subsystem)."""
LARGEST_V, LARGEST_A, LARGEST_HZ = 400.0, 100.0, 600.0
"""More than any unit of the family gives (310 V, 40 A, 500 Hz [recalled]): no reading, whatever it looks like."""

SPECIFICATION = AcSourceSpecification(
    source="Keysight AC6801B data sheet [recalled: to be confirmed for the unit on the bench]",
    voltage_reading_percent=0.3,
    voltage_reading_V=0.6,
    current_reading_percent=0.5,
    current_reading_A=0.01,
    current_resolution_A=0.01,
    frequency_ppm=100.0,
    settling_ns=300_000_000,
)


class KeysightAc6800:
    """An AC6800; implements ``harness.instruments.ac_source.AcSource``."""

    LIMITS = ("voltage_V", "current_A", *FREQUENCY_LIMITS)

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        limits: Limits,
        name: str = "mains",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._limits = limits
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        self._identity = session.identify(makers=("KEYSIGHT", "AGILENT"), models=("AC680",), serial=serial)
        self._checked = False
        """Whether what is set was read back since it was set: then the output comes on without delay."""
        self._protect()

    def identity(self) -> Identity:
        """As the instrument said when it was opened."""
        return self._identity

    @property
    def specification(self) -> AcSourceSpecification:
        """The family's data sheet."""
        return SPECIFICATION

    def reset(self) -> None:
        """``*RST``: output off and 0 V; then the range that the limit needs, and the limits."""
        self._checked = False
        self._session.command_and_wait("*RST")
        self._protect()

    def set_output(self, voltage_V: float, frequency_Hz: float) -> None:
        """Voltage and frequency; the instrument's soft limits would refuse what the bench file forbids, too."""
        self._limits.at_most("voltage_V", voltage_V)
        self._limits.at_most("frequency_max_Hz", frequency_Hz)
        self._limits.at_least("frequency_min_Hz", frequency_Hz)
        if voltage_V < 0:
            raise SettingError(
                self._session.name, f"an AC voltage of {voltage_V:g} V was asked for; expected 0 or more"
            )
        self._checked = False
        self._session.command(f"FREQuency {frequency_Hz:.2f}", f"VOLTage {voltage_V:.2f}")

    def output_on(self) -> None:
        """On, and it stays on: a protection that acted before keeps it off.

        Raises SettingError, and leaves it off, for a setting beyond the limits that another program left.
        """
        if not self._checked:
            self._check_settings()
        self._session.command("OUTPut ON")
        if not self.is_on():
            self.check()
            raise TrippedError(self._session.name, "the output is off although it was told to be on")

    def output_off(self) -> None:
        """Off, and the instrument says so."""
        self._session.command("OUTPut OFF")
        if self.is_on():
            raise SettingError(
                self._session.name, "the output is still on although it was told to be off; switch it off by hand"
            )

    def is_on(self) -> bool:
        """``OUTPut?``."""
        answer = self._session.query("OUTPut?")
        if answer not in ("0", "1"):
            raise BadAnswerError(self._session.name, "OUTPut?", answer, "0 or 1")
        return answer == "1"

    def check(self) -> None:
        """Nothing in the questionable condition register keeps the output from what was set."""
        condition = self._session.query_int("STATus:QUEStionable:CONDition?")
        causes = [text for bit, text in CONDITIONS.items() if condition & bit]
        if causes:
            raise TrippedError(
                self._session.name,
                f"{', '.join(causes)} (questionable condition {condition}); take the load down or look for a short "
                "circuit, then reset the source",
            )

    def voltage_V(self) -> float:
        """``MEASure:VOLTage:AC?``."""
        return self._measure("MEASure:VOLTage:AC?", LARGEST_V)

    def current_A(self) -> float:
        """``MEASure:CURRent:AC?``."""
        return self._measure("MEASure:CURRent:AC?", LARGEST_A)

    def frequency_Hz(self) -> float:
        """``MEASure:FREQuency?``."""
        return self._measure("MEASure:FREQuency?", LARGEST_HZ)

    def _check_settings(self) -> None:
        """What would come out must be within the bench file's limits, whoever set it.

        The soft limits hold for what is set after they came on, not for what was set before (guide, VOLTage
        subsystem), and none of them holds for the direct voltage of another coupling.
        """
        voltage_V, frequency_Hz = self._session.query_float("VOLTage?"), self._session.query_float("FREQuency?")
        coupling = self._session.query("OUTPut:COUPling?")
        allowed_V, low_Hz, high_Hz = (self._limits[name] for name in ("voltage_V", *FREQUENCY_LIMITS))
        if not (0 <= voltage_V <= allowed_V and low_Hz <= frequency_Hz <= high_Hz and coupling == "AC"):
            raise SettingError(
                self._session.name,
                f"is set to {voltage_V:g} V, {frequency_Hz:g} Hz, coupling {coupling}; the bench file allows AC up to "
                f"{allowed_V:g} V, {low_Hz:g} to {high_Hz:g} Hz. Nothing was put out: reset the source, then set it",
            )
        self._checked = True

    def _measure(self, query: str, largest: float) -> float:
        value = self._session.query_float(query)
        if not 0 <= value <= largest:
            raise BadAnswerError(self._session.name, query, f"{value:g}", f"an amount up to {largest:g}")
        return value

    def _protect(self) -> None:
        """The bench file's limits as the instrument's own. A range is changed with the output off only."""
        voltage_V, current_A = self._limits["voltage_V"], self._limits["current_A"]
        found_V = self._session.query_int("VOLTage:RANGe?")
        low_V, high_V = next((pair for pair in RANGES_V if found_V in pair), (0, 0))
        if not high_V:
            raise BadAnswerError(self._session.name, "VOLTage:RANGe?", str(found_V), f"one of the ranges {RANGES_V}")
        needed_V = low_V if voltage_V <= low_V else high_V
        if found_V != needed_V:
            self.output_off()
            self._session.command(f"VOLTage:RANGe {needed_V}")
        self._session.command(
            f"VOLTage:LIMit:UPPer {voltage_V:.2f}",
            "VOLTage:LIMit:STATe ON",
            f"FREQuency:LIMit:UPPer {self._limits['frequency_max_Hz']:.2f}",
            f"FREQuency:LIMit:LOWer {self._limits['frequency_min_Hz']:.2f}",
            "FREQuency:LIMit:STATe ON",
            f"CURRent {current_A:.2f}",
            "CURRent:PROTection:STATe ON",
        )
