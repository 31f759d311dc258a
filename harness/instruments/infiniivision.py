"""Driver of the Keysight InfiniiVision 3000T X-Series oscilloscopes.

Source: the family's programmer's guide. Acquisitions are made with :SINGle and polled over the operation status
register, since a :DIGitize whose trigger doesn't come blocks the instrument.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose

import numpy as np
from numpy.typing import NDArray
from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.errors import BadAnswerError, InstrumentTimeoutError, SettingError
from harness.instruments.oscilloscope import CHANNELS_PER_POD, OscilloscopeSpecification, Slope
from harness.instruments.visa import Identity, Instrument, Traffic
from harness.measure.waveform import Waveform

RUN_BIT, WAIT_TRIGGER_BIT = 1 << 3, 1 << 5
"""Operation status condition register (programmer's guide, :OPERegister:CONDition)."""
CONDITION_BITS = RUN_BIT | WAIT_TRIGGER_BIT | 1 << 9 | 1 << 11 | 1 << 12
"""With mask test, overload and hardware event, the register's other bits; any more is another answer."""

POLL_NS = 2_000_000
PREAMBLE_FIELDS = 10
FORMAT_BYTE = 0

MODELS = tuple(
    f"{kind}OX3{bandwidth}{channels}T"
    for kind in ("MS", "DS")
    for bandwidth in ("01", "02", "03", "05", "10")
    for channels in ("2", "4")
)
"""The 3000T X-Series: the 3000A's time base is worse than the figures below."""

SPECIFICATION = OscilloscopeSpecification(
    source="Keysight InfiniiVision 3000T X-Series data sheet, 5992-0140EN",
    timebase_ppm=1.6,
    vertical_gain_percent_of_full_scale=2.0,
    vertical_offset_divisions=0.1,
    vertical_offset_mV=2.0,
    vertical_offset_percent_of_setting=1.0,
    bandwidth_MHz=100.0,
    memory_points=4_000_000,
    sample_interval_min_ns=0.2,
    digital_threshold_mV=100.0,
    digital_threshold_percent_of_setting=3.0,
    digital_skew_ns=3.0,
)
DIGITAL_CHANNELS = 2 * CHANNELS_PER_POD
_SIGNS = {"rising": "POSitive", "falling": "NEGative"}


class InfiniiVision:
    """An InfiniiVision oscilloscope; implements ``harness.instruments.oscilloscope.Oscilloscope``."""

    def __init__(
        self,
        resource: MessageBasedResource,
        clock: Clock,
        *,
        name: str = "oscilloscope",
        serial: str | None = None,
        traffic: Traffic | None = None,
        timeout_ms: int = 5000,
    ) -> None:
        self._session = session = Instrument(resource, clock, name=name, traffic=traffic, timeout_ms=timeout_ms)
        session.clear()
        self._identity = session.identify(makers=("KEYSIGHT", "AGILENT"), models=MODELS, serial=serial)
        self._labels: dict[int, str] = {}
        self._clamps: set[int] = set()
        self._digital: dict[int, str] = {}
        self._triggered = False
        self._window_ns = 0

    def identity(self) -> Identity:
        """As the instrument said when it was opened."""
        return self._identity

    def reset(self) -> None:
        """``*RST``, then stopped with every channel off; after ``*RST`` the family runs with channel 1 on.

        ``*RST`` also takes every input back to volts, and a passive probe's ratio back to what is sensed.
        """
        self._session.command("*RST", ":STOP", ":CHANnel1:DISPlay OFF", ":TRIGger:MODE EDGE", ":TRIGger:SWEep NORMal")
        self._labels.clear()
        self._clamps.clear()
        self._digital.clear()
        self._triggered = False

    @property
    def specification(self) -> OscilloscopeSpecification:
        """The family's data sheet."""
        return SPECIFICATION

    def configure_channel(self, channel: int, full_scale_V: float, offset_V: float, *, label: str = "") -> None:
        """Switch a channel on, DC coupled, without bandwidth limit."""
        if channel in self._clamps:
            raise SettingError(
                self._session.name,
                f"channel {channel} has a current clamp, so its probe ratio is not sensed any more; "
                "reset the oscilloscope before a voltage is measured there",
            )
        prefix = f":CHANnel{channel}"
        self._session.command(
            f"{prefix}:DISPlay ON",
            f"{prefix}:COUPling DC",
            f"{prefix}:RANGe {full_scale_V:.6E}",
            f"{prefix}:OFFSet {offset_V:.6E}",
        )
        self._labels[channel] = label or f"channel {channel}"

    def configure_clamp(
        self, channel: int, full_scale_A: float, centre_A: float, *, amperes_per_volt: float, label: str = ""
    ) -> None:
        """Unit and ratio first, since range and offset are told in them; both are read back, for a wrong one is a
        wrong current that looks like a right one."""
        session, prefix = self._session, f":CHANnel{channel}"
        if not amperes_per_volt > 0:
            raise SettingError(session.name, f"clamp of {amperes_per_volt} A per volt; expected more than 0")
        session.command(
            f"{prefix}:DISPlay ON",
            f"{prefix}:COUPling DC",
            f"{prefix}:UNITs AMPere",
            f"{prefix}:PROBe {amperes_per_volt:.6E}",
            f"{prefix}:RANGe {full_scale_A:.6E}",
            f"{prefix}:OFFSet {centre_A:.6E}",
        )
        unit, ratio = session.query(f"{prefix}:UNITs?"), session.query_float(f"{prefix}:PROBe?")
        if not unit.upper().startswith("AMP") or not isclose(ratio, amperes_per_volt, rel_tol=1e-4):
            raise SettingError(
                session.name,
                f"channel {channel} has unit {unit} and ratio {ratio:g}; expected AMP and {amperes_per_volt:g}",
            )
        self._clamps.add(channel)
        self._labels[channel] = label or f"channel {channel}"

    def switch_off(self, channel: int) -> None:
        """Off, so that the other channel of its pair has all of their record memory."""
        self._session.command(f":CHANnel{channel}:DISPlay OFF")

    def configure_digital(self, channels: Mapping[int, str], threshold_V: float) -> None:
        """Both pods off, then each channel wanted on; a pod's channels share one threshold (:DIGital<d>:THReshold)."""
        wrong = [number for number in channels if not 0 <= number < DIGITAL_CHANNELS]
        if wrong:
            raise SettingError(self._session.name, f"digital channel {wrong[0]}; expected 0 to {DIGITAL_CHANNELS - 1}")
        pods = sorted({_pod_of(number) for number in channels})
        self._session.command(
            ":POD1:DISPlay OFF",
            ":POD2:DISPlay OFF",
            *(f":DIGital{number}:DISPlay ON" for number in sorted(channels)),
            *(f":POD{pod}:THReshold {threshold_V:.6E}" for pod in pods),
        )
        self._digital = {number: label or f"D{number}" for number, label in channels.items()}

    def arm_single(
        self,
        trigger_channel: int,
        level_V: float,
        slope: Slope,
        *,
        window_before_ns: int,
        window_after_ns: int,
        points: int,
    ) -> None:
        """Set the time base so that the window is the screen, arm, and wait until the pre-trigger part is filled."""
        trigger = (
            f":TRIGger:EDGE:SOURce CHANnel{trigger_channel}",
            f":TRIGger:EDGE:LEVel {level_V:.6E}",
            f":TRIGger:EDGE:SLOPe {_SIGNS[slope]}",
        )
        self._arm(trigger, window_before_ns, window_after_ns, points)

    def arm_digital(
        self, trigger_channel: int, slope: Slope, *, window_before_ns: int, window_after_ns: int, points: int
    ) -> None:
        """The same with a digital channel as the source, which is compared with its pod's threshold."""
        if trigger_channel not in self._digital:
            raise SettingError(
                self._session.name, f"digital channel {trigger_channel} is off; switch it on with configure_digital"
            )
        trigger = (f":TRIGger:EDGE:SOURce DIGital{trigger_channel}", f":TRIGger:EDGE:SLOPe {_SIGNS[slope]}")
        self._arm(trigger, window_before_ns, window_after_ns, points)

    def _arm(self, trigger: tuple[str, ...], window_before_ns: int, window_after_ns: int, points: int) -> None:
        if window_before_ns < 0 or window_after_ns <= 0:
            raise SettingError(
                self._session.name,
                f"window of {window_before_ns} ns before and {window_after_ns} ns after the trigger; "
                "expected at least 0 before and more than 0 after",
            )
        range_ns = window_before_ns + window_after_ns
        # With the reference at the left edge + 1/2 screen, the position is how far the middle lies behind the trigger.
        position_ns = range_ns / 2 - window_before_ns
        self._session.command(
            ":STOP",
            ":TIMebase:REFerence CENTer",
            f":TIMebase:RANGe {range_ns * 1e-9:.9E}",
            f":TIMebase:POSition {position_ns * 1e-9:.12E}",
            *trigger,
            ":WAVeform:FORMat BYTE",
            ":WAVeform:POINts:MODE RAW",
            f":WAVeform:POINts {points}",
        )
        self._trigger_event()  # reading clears what an earlier acquisition left
        self._triggered = False
        self._session.command(":SINGle")
        self._window_ns = range_ns
        # Until the pre-trigger part is filled there is nothing to ask.
        self._session.clock.sleep_ns(window_before_ns)
        self._wait_armed()

    def triggered(self) -> bool:
        """Whether the trigger has come; the register clears when it is read, so the answer is kept."""
        if not self._triggered:
            self._triggered = self._trigger_event()
        return self._triggered

    def _trigger_event(self) -> bool:
        event = self._session.query_int(":TER?")
        if event not in (0, 1):
            raise BadAnswerError(self._session.name, ":TER?", str(event), "0 or 1")
        return event == 1

    def wait_acquired(self, timeout_ns: int) -> bool:
        """Poll until the scope has stopped by itself."""
        clock = self._session.clock
        deadline_ns = clock.now_ns() + timeout_ns
        while self._condition() & RUN_BIT:
            if clock.now_ns() >= deadline_ns:
                return False
            # A hundredth of the window more or less costs nothing, and a long window gives no long record of polls.
            clock.sleep_ns(min(max(POLL_NS, self._window_ns // 100), deadline_ns - clock.now_ns()))
        return True

    def read_waveform(self, channel: int) -> Waveform:
        """Read a channel's codes with their scaling."""
        numbers, codes = self._read(f"CHANnel{channel}")
        _, _, _, _, x_increment_s, x_origin_s, x_reference, y_increment, y_origin, y_reference = numbers
        return Waveform(
            samples=codes,
            y_increment=y_increment,
            y_origin=y_origin,
            y_reference=int(y_reference),
            x_increment_ns=x_increment_s * 1e9,
            x_origin_ns=(x_origin_s - x_reference * x_increment_s) * 1e9,
            channel_label=self._labels.get(channel, f"channel {channel}"),
            unit="A" if channel in self._clamps else "V",
        )

    def read_digital(self, pod: int) -> dict[int, Waveform]:
        """Read a pod's bytes and take them apart: bit n of pod 1 is Dn, of pod 2 D(8 + n).

        Bits of channels that are off are not defined (programmer's guide, digital channel data) and are left out.
        """
        wanted = {number: label for number, label in sorted(self._digital.items()) if _pod_of(number) == pod}
        if not wanted:
            raise SettingError(self._session.name, f"no digital channel of pod {pod} is on; use configure_digital")
        numbers, codes = self._read(f"POD{pod}")
        x_increment_s, x_origin_s, x_reference = numbers[4:7]
        return {
            number: Waveform(
                samples=(codes >> np.uint8(number % CHANNELS_PER_POD)) & np.uint8(1),
                y_increment=1.0,
                y_origin=0.0,
                y_reference=0,
                x_increment_ns=x_increment_s * 1e9,
                x_origin_ns=(x_origin_s - x_reference * x_increment_s) * 1e9,
                channel_label=label,
                unit="1",
            )
            for number, label in wanted.items()
        }

    def _read(self, source: str) -> tuple[list[float], NDArray[np.uint8]]:
        """Preamble and codes of a source of the finished acquisition."""
        session = self._session
        session.command(f":WAVeform:SOURce {source}")
        preamble = session.query(":WAVeform:PREamble?")
        try:
            numbers = [float(field) for field in preamble.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != PREAMBLE_FIELDS or numbers[0] != FORMAT_BYTE:
            session.check_errors(":WAVeform:PREamble?")
            raise BadAnswerError(session.name, ":WAVeform:PREamble?", preamble, "ten numbers, the first 0 for BYTE")
        points = numbers[2]
        codes = session.query_block(":WAVeform:DATA?")
        session.check_errors(":WAVeform:DATA?")
        if len(codes) != points:
            raise BadAnswerError(session.name, ":WAVeform:DATA?", f"{len(codes)} points", f"{points:.0f} as announced")
        return numbers, codes

    def stop(self) -> None:
        """Stop acquiring."""
        self._session.command(":STOP")

    def _condition(self) -> int:
        text = ":OPERegister:CONDition?"
        condition = self._session.query_int(text)
        if condition & ~CONDITION_BITS:
            raise BadAnswerError(self._session.name, text, str(condition), f"bits of {CONDITION_BITS:#x} only")
        return condition

    def _wait_armed(self) -> None:
        clock, timeout_ms = self._session.clock, self._session.resource.timeout
        deadline_ns = clock.now_ns() + int(timeout_ms * 1_000_000)
        while True:
            condition = self._condition()
            # An edge that comes at once stops the scope between two polls: it was armed, too.
            if condition & WAIT_TRIGGER_BIT or not condition & RUN_BIT or self.triggered():
                return
            if clock.now_ns() >= deadline_ns:
                raise InstrumentTimeoutError(self._session.name, ":SINGle", timeout_ms)
            clock.sleep_ns(POLL_NS)


def _pod_of(number: int) -> int:
    return number // CHANNELS_PER_POD + 1
