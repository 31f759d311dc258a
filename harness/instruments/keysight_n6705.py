"""Driver of the Keysight N6705 DC power analyser with N6784A four-quadrant modules, in current priority.

Source: N6705C operating and service guide, SCPI programming reference. The instrument's own voltage limit, its
over-voltage protection and, should anybody switch to voltage priority, its current limit hold the bench file's limits.
"""

from __future__ import annotations

import math

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.dc_supply import DcSupplySpecification, ProtectionError
from harness.instruments.errors import BadAnswerError, SettingError
from harness.instruments.limits import Limits
from harness.instruments.visa import Identity, Instrument, Traffic

MODULE = "N6784A"
OUTPUTS_MAX = 4

# Bits of the questionable status register (programming reference, status registers).
HELD_BACK = 1 << 3 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 10
"""Positive and negative power limit, positive and negative voltage limit (in current priority), unregulated."""
PROTECTIONS = {0: "over-voltage", 1: "over-current", 2: "power fail", 4: "over-temperature", 6: "negative over-voltage",
               9: "external inhibit", 11: "coupled protection", 12: "oscillation"}  # fmt: skip

PROTECTION_MARGIN_V = 1.5
"""Above the voltage limit: the module's protection trips at the terminals when the sense wires are lower by that."""
PROTECTION_MAX_V = 22.0
INFINITY = "9.9E37"
"""SCPI-99 volume 1, 7.2.1.4."""

SPECIFICATION = DcSupplySpecification(
    # 3 A range, 23 °C ± 5 °C, after 30 minutes [recalled].
    source="Keysight N6700 modular power system specifications guide, N6784A [recalled]",
    current_setting_percent=0.04,
    current_setting_mA=0.3,
    current_reading_percent=0.03,
    current_reading_mA=0.25,
    output_current_max_A=3.0,
    waveform_current_max_A=1.0,
    waveform_voltage_max_V=20.0,
    output_voltage_max_V=6.0,
)


class KeysightN6705:
    """An N6705 whose outputs are all N6784A; implements ``harness.instruments.dc_supply.DcSupply``."""

    LIMITS = ("current_A", "voltage_V")
    OPTIONAL_LIMITS = ("waveform_voltage_V",)
    """What the coil on a waveform's output bears; a bench without such a coil leaves it out."""

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        limits: Limits,
        name: str = "coil supply",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        self._limits = limits
        self._waveforms: set[int] = set()
        session.clear()
        self._identity = session.identify(makers=("KEYSIGHT", "AGILENT"), models=("N6705",), serial=serial)
        self._outputs = self._find_outputs()
        self.reset()

    def identity(self) -> Identity:
        """As the instrument said when it was opened."""
        return self._identity

    @property
    def specification(self) -> DcSupplySpecification:
        """The module's data sheet."""
        return SPECIFICATION

    def reset(self) -> None:
        """Every output off, at 0 A, in current priority; the bench file's limits set in the instrument itself."""
        current_A, voltage_V = self._limits["current_A"], self._limits["voltage_V"]
        protection_V = min(voltage_V + PROTECTION_MARGIN_V, PROTECTION_MAX_V)
        everywhere = self._channels(*self._outputs)
        self._waveforms.clear()
        self._session.command(
            f"OUTPut OFF,{everywhere}",
            f"ABORt:TRANsient {everywhere}",
            f"CURRent:MODE FIXed,{everywhere}",
            f"OUTPut:PROTection:CLEar {everywhere}",
            f"FUNCtion CURRent,{everywhere}",
            f"CURRent 0,{everywhere}",
            f"CURRent:RANGe {current_A:.6E},{everywhere}",
            f"CURRent:LIMit:COUPle ON,{everywhere}",
            f"CURRent:LIMit {current_A:.6E},{everywhere}",
            f"VOLTage:LIMit:COUPle ON,{everywhere}",
            f"VOLTage:LIMit {voltage_V:.6E},{everywhere}",
            f"VOLTage:PROTection:REMote {protection_V:.6E},{everywhere}",
            f"VOLTage:PROTection:REMote:NEGative {-protection_V:.6E},{everywhere}",
        )
        self._check_set(f"VOLTage:LIMit? {everywhere}", voltage_V)
        self.all_off()

    def set_current_A(self, output: int, current_A: float) -> None:
        """Set the current that an output regulates to, within the bench file's limit."""
        self._limits.at_most("current_A", current_A)
        channel = self._channel(output)
        self._session.command(f"CURRent {current_A:.6E},{channel}")
        self._check_set(f"CURRent? {channel}", current_A)

    def prepare_sine(self, output: int, peak_A: float, frequency_Hz: float) -> None:
        """An endless sine of the current about zero, of phase zero at its start."""
        channel = self._prepare(output, peak_A)
        self._session.command(
            f"ARB:FUNCtion:SHAPe SINusoid,{channel}",
            f"ARB:CURRent:SINusoid:AMPLitude {peak_A:.6E},{channel}",
            f"ARB:CURRent:SINusoid:OFFSet 0,{channel}",
            f"ARB:CURRent:SINusoid:FREQuency {frequency_Hz:.6E},{channel}",
            f"ARB:COUNt {INFINITY},{channel}",
        )
        self._check_set(f"ARB:CURRent:SINusoid:AMPLitude? {channel}", peak_A)
        self._check_set(f"ARB:CURRent:SINusoid:FREQuency? {channel}", frequency_Hz)
        self._arm(output)

    def prepare_pulse(self, output: int, top_A: float, duration_s: float) -> None:
        """One pulse of the current."""
        channel = self._prepare(output, top_A)
        self._session.command(
            f"ARB:FUNCtion:SHAPe PULSe,{channel}",
            f"ARB:CURRent:PULSe:STARt 0,{channel}",
            f"ARB:CURRent:PULSe:TOP {top_A:.6E},{channel}",
            f"ARB:CURRent:PULSe:STARt:TIMe 0,{channel}",
            f"ARB:CURRent:PULSe:TOP:TIMe {duration_s:.6E},{channel}",
            f"ARB:CURRent:PULSe:END:TIMe 0,{channel}",
            f"ARB:COUNt 1,{channel}",
        )
        self._check_set(f"ARB:CURRent:PULSe:TOP? {channel}", top_A)
        self._check_set(f"ARB:CURRent:PULSe:TOP:TIMe? {channel}", duration_s)
        self._arm(output)

    def start_waveform(self, output: int) -> None:
        """Trigger it."""
        self._session.command(f"TRIGger:TRANsient {self._channel(output)}")

    def end_waveform(self, output: int) -> None:
        """Off, and back to steady currents within the limits for these."""
        self.output_off(output)
        channel = self._channel(output)
        self._session.command(
            f"ABORt:TRANsient {channel}",
            f"CURRent:MODE FIXed,{channel}",
            f"CURRent 0,{channel}",
            f"VOLTage:LIMit {self._limits['voltage_V']:.6E},{channel}",
            f"CURRent:RANGe {self._limits['current_A']:.6E},{channel}",
            f"CURRent:LIMit {self._limits['current_A']:.6E},{channel}",
        )
        self._protect(output, self._limits["voltage_V"])
        self._waveforms.discard(output)

    def _prepare(self, output: int, largest_A: float) -> str:
        """The output off, in the range for waveforms, with the voltage that these may use; its channel list."""
        voltage_V = self._limits.get("waveform_voltage_V")
        if voltage_V is None:
            raise SettingError(
                self._session.name,
                "the bench file allows no waveforms; give limits.waveform_voltage_V, what the coil bears",
            )
        if not 0 < abs(largest_A) <= SPECIFICATION.waveform_current_max_A:
            raise SettingError(
                self._session.name,
                f"a waveform of {largest_A:g} A; its range for waveforms ends at "
                f"{SPECIFICATION.waveform_current_max_A:g} A",
            )
        self._limits.at_most("current_A", largest_A)
        self.output_off(output)
        channel = self._channel(output)
        self._waveforms.add(output)
        self._session.command(
            f"CURRent 0,{channel}",
            f"CURRent:RANGe {SPECIFICATION.waveform_current_max_A:.6E},{channel}",
            f"VOLTage:LIMit {voltage_V:.6E},{channel}",
            f"CURRent:MODE ARB,{channel}",
            f"ARB:FUNCtion:TYPE CURRent,{channel}",
        )
        self._check_set(f"VOLTage:LIMit? {channel}", voltage_V)
        self._protect(output, voltage_V)
        return channel

    def _protect(self, output: int, voltage_V: float) -> None:
        protection_V, channel = min(voltage_V + PROTECTION_MARGIN_V, PROTECTION_MAX_V), self._channel(output)
        self._session.command(
            f"VOLTage:PROTection:REMote {protection_V:.6E},{channel}",
            f"VOLTage:PROTection:REMote:NEGative {-protection_V:.6E},{channel}",
        )

    def _arm(self, output: int) -> None:
        self.output_on(output)
        self._session.command(f"INITiate:TRANsient {self._channel(output)}")

    def output_on(self, output: int) -> None:
        """Switch an output on."""
        self._switch(output, on=True)

    def output_off(self, output: int) -> None:
        """Switch an output off."""
        self._switch(output, on=False)

    def all_off(self) -> None:
        """Every output off and set to 0 A, and read back."""
        everywhere = self._channels(*self._outputs)
        self._session.command(f"OUTPut OFF,{everywhere}", f"CURRent 0,{everywhere}")
        if on := self.outputs_on():
            raise SettingError(self._session.name, f"outputs {on} are still on after they were told to switch off")
        for output in sorted(self._waveforms):
            self.end_waveform(output)
        self._check_set(f"CURRent? {everywhere}", 0.0)

    def outputs_on(self) -> list[int]:
        """The outputs that are on."""
        text = f"OUTPut? {self._channels(*self._outputs)}"
        answer = self._session.query(text)
        states = answer.split(",")
        if len(states) != len(self._outputs) or any(state not in ("0", "1") for state in states):
            raise BadAnswerError(self._session.name, text, answer, f"{len(self._outputs)} times 0 or 1")
        return [output for output, state in zip(self._outputs, states, strict=True) if state == "1"]

    def measured_current_A(self, output: int) -> float:
        """The current that flows, by the output's own meter."""
        text = f"MEASure:CURRent? {self._channel(output)}"
        value = self._session.query_float(text)
        if not abs(value) <= 1.2 * SPECIFICATION.output_current_max_A:
            raise BadAnswerError(
                self._session.name, text, repr(value), f"a current within {SPECIFICATION.output_current_max_A:g} A"
            )
        return value

    def limited(self, output: int) -> bool:
        """Whether the voltage or power limit keeps the output from its current; raises ProtectionError."""
        text = f"STATus:QUEStionable:CONDition? {self._channel(output)}"
        status = self._session.query_int(text)
        if not 0 <= status < 1 << 13:
            raise BadAnswerError(self._session.name, text, str(status), "a status register of 13 bits")
        tripped = [what for bit, what in PROTECTIONS.items() if status >> bit & 1]
        if tripped:
            raise ProtectionError(
                self._session.name,
                f"output {output} was switched off by its protection ({', '.join(tripped)}); look at coil and wiring, "
                "then at limits.voltage_V of this instrument",
            )
        return bool(status & HELD_BACK)

    def _switch(self, output: int, *, on: bool) -> None:
        word = "ON" if on else "OFF"
        self._session.command(f"OUTPut {word},{self._channel(output)}")
        if (output in self.outputs_on()) != on:
            raise SettingError(self._session.name, f"output {output} was told {word} and says that it is not")

    def _find_outputs(self) -> tuple[int, ...]:
        """The outputs there are, which must be of the module this driver knows; raises SettingError."""
        count = self._session.query_int("SYSTem:CHANnel:COUNt?")
        if not 1 <= count <= OUTPUTS_MAX:
            expected = f"1 to {OUTPUTS_MAX} outputs"
            raise BadAnswerError(self._session.name, "SYSTem:CHANnel:COUNt?", str(count), expected)
        outputs = tuple(range(1, count + 1))
        models = self._session.query(f"SYSTem:CHANnel:MODel? {self._channels(*outputs)}")
        if [model.strip().strip('"') for model in models.split(",")] != [MODULE] * count:
            raise SettingError(
                self._session.name, f"its modules are {models}; this driver is for {MODULE} in each of {count} outputs"
            )
        return outputs

    def _channel(self, output: int) -> str:
        if output not in self._outputs:
            there = ", ".join(map(str, self._outputs))
            raise SettingError(self._session.name, f"there is no output {output}; it has {there}")
        return self._channels(output)

    def _channels(self, *outputs: int) -> str:
        return f"(@{','.join(map(str, outputs))})"

    def _check_set(self, text: str, wanted: float) -> None:
        """Read a setting back; raises SettingError if the instrument took it differently."""
        answer = self._session.query(text)
        try:
            values = [float(value) for value in answer.split(",")]
        except ValueError:
            raise BadAnswerError(self._session.name, text, answer, "numbers, one per output") from None
        if len(values) != text.count(",") + 1:
            raise BadAnswerError(self._session.name, text, answer, "a number for each output that was asked for")
        for value in values:
            if not math.isclose(value, wanted, rel_tol=1e-4, abs_tol=1e-4):
                raise SettingError(self._session.name, f"{text!r} says {value:g} after {wanted:g} was set")
