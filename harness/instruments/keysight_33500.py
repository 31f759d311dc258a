"""Driver of the Keysight 33500B series of waveform generators with two channels (33510B, 33512B, 33520B, 33522B).

Source: 33500B and 33600A series operating and service guide, SCPI programming reference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.errors import BadAnswerError, SettingError
from harness.instruments.limits import Limits
from harness.instruments.visa import Identity, Instrument, Traffic
from harness.instruments.waveform_generator import GeneratorSpecification

CHANNELS = (1, 2)
POINTS = (8, 100)
"""A waveform has at least eight points; more than a hundred are not sent as text."""
WAVEFORM = "PLAN"

SPECIFICATION = GeneratorSpecification(
    source="Keysight 33500B series data sheet, 23 °C ± 5 °C, 1 year [recalled]",
    amplitude_percent=1.0,
    amplitude_mV=1.0,
    timebase_ppm=2.0,
)


class Keysight33500:
    """A 33500B with two channels; implements ``harness.instruments.waveform_generator.WaveformGenerator``."""

    LIMITS = ("peak_V",)

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        limits: Limits,
        name: str = "generator",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        self._limits = limits
        session.clear()
        self._identity = session.identify(
            makers=("KEYSIGHT", "AGILENT"), models=("33510B", "33512B", "33520B", "33522B"), serial=serial
        )
        self.reset()

    def identity(self) -> Identity:
        """As the instrument said when it was opened."""
        return self._identity

    @property
    def specification(self) -> GeneratorSpecification:
        """The series' data sheet."""
        return SPECIFICATION

    def reset(self) -> None:
        """``*RST``: every output off; then voltages mean those at an open end."""
        self._session.command_and_wait("*RST")
        self._session.command(*(f"OUTPut{channel}:LOAD INFinity" for channel in CHANNELS))
        self.all_off()

    def prepare_sine(self, channel: int, frequency_Hz: float, peak_V: float, cycles: int) -> None:
        """SINusoid, BURSt:NCYCles."""
        self._prepare(channel, "SINusoid", peak_V, 0.0, cycles, f"FREQuency {frequency_Hz:.9E}")
        self._check_set(f"SOURce{channel}:FREQuency?", frequency_Hz)

    def prepare_samples(self, channel: int, samples: Sequence[float], rate_Hz: float, peak_V: float) -> None:
        """DATA:ARBitrary, FUNCtion:ARBitrary."""
        if not POINTS[0] <= len(samples) <= POINTS[1] or not all(abs(sample) <= 1 for sample in samples):
            raise SettingError(
                self._session.name,
                f"a waveform of {len(samples)} samples; expected {POINTS[0]} to {POINTS[1]}, each from -1 to 1",
            )
        self.off(channel)
        self._session.command(
            f"SOURce{channel}:DATA:VOLatile:CLEar",
            f"SOURce{channel}:DATA:ARBitrary {WAVEFORM},{','.join(f'{sample:.6f}' for sample in samples)}",
            f"SOURce{channel}:FUNCtion:ARBitrary {WAVEFORM}",
        )
        self._prepare(channel, "ARBitrary", peak_V, 0.0, 1, f"FUNCtion:ARBitrary:SRATe {rate_Hz:.9E}")

    def prepare_pulses(self, channel: int, width_s: float, period_s: float, count: int, high_V: float) -> None:
        """PULSe from 0 V: an offset of half the height."""
        timing = (f"FUNCtion:PULSe:PERiod {period_s:.9E}", f"FUNCtion:PULSe:WIDTh {width_s:.9E}")
        self._limits.at_most("peak_V", high_V)
        self._prepare(channel, "PULSe", high_V / 2, high_V / 2, count, *timing)
        self._check_set(f"SOURce{channel}:FUNCtion:PULSe:WIDTh?", width_s)

    def fire(self) -> None:
        """``*TRG``."""
        self._session.command("*TRG")

    def off(self, channel: int) -> None:
        """OUTPut OFF."""
        self._session.command(f"OUTPut{self._known(channel)} OFF")

    def all_off(self) -> None:
        """Every output off, and read back."""
        self._session.command(*(f"OUTPut{channel} OFF" for channel in CHANNELS))
        if on := self.outputs_on():
            raise SettingError(self._session.name, f"outputs {on} are still on after they were told to switch off")

    def outputs_on(self) -> list[int]:
        """The outputs that are on."""
        return [channel for channel in CHANNELS if self._is_on(channel)]

    def closed(self, channel: int) -> bool:
        """Whether an output is on: what a bench's bring-up asks every unit whose channels have names."""
        return self._is_on(self._known(channel))

    def _prepare(
        self, channel: int, function: str, peak_V: float, offset_V: float, cycles: int, *settings: str
    ) -> None:
        """Off, set up, on: armed for the trigger, at its start's level."""
        self._limits.at_most("peak_V", peak_V + abs(offset_V))
        self.off(channel)
        source = f"SOURce{channel}"
        self._session.command(
            f"{source}:FUNCtion {function}",
            *(f"{source}:{setting}" for setting in settings),
            f"{source}:VOLTage:OFFSet 0",
            f"{source}:VOLTage {2 * peak_V:.6E}",
            f"{source}:VOLTage:OFFSet {offset_V:.6E}",
            f"{source}:BURSt:MODE TRIGgered",
            f"{source}:BURSt:NCYCles {cycles}",
            f"{source}:BURSt:STATe ON",
            f"TRIGger{channel}:SOURce BUS",
            f"OUTPut{channel} ON",
        )
        self._check_set(f"{source}:VOLTage?", 2 * peak_V)
        if not self._is_on(channel):
            raise SettingError(self._session.name, f"output {channel} was told ON and says that it is not")

    def _is_on(self, channel: int) -> bool:
        text = f"OUTPut{channel}?"
        answer = self._session.query(text)
        if answer not in ("0", "1"):
            raise BadAnswerError(self._session.name, text, answer, "0 or 1")
        return answer == "1"

    def _check_set(self, text: str, wanted: float) -> None:
        found = self._session.query_float(text)
        if not math.isclose(found, wanted, rel_tol=1e-4, abs_tol=1e-6):
            raise SettingError(self._session.name, f"{text!r} says {found:g} after {wanted:g} was set")

    def _known(self, channel: int) -> int:
        if channel not in CHANNELS:
            raise SettingError(self._session.name, f"there is no channel {channel}; it has {CHANNELS}")
        return channel
