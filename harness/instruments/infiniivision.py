"""Driver of the Keysight InfiniiVision 3000 X-Series oscilloscopes.

Source: the family's programmer's guide. Acquisitions are made with :SINGle and polled over the operation status
register, since a :DIGitize whose trigger doesn't come blocks the instrument.
"""

from __future__ import annotations

from pyvisa.resources import MessageBasedResource

from harness.bench.clock import Clock
from harness.instruments.errors import BadAnswerError, InstrumentTimeoutError, SettingError
from harness.instruments.oscilloscope import OscilloscopeSpecification, Slope
from harness.instruments.visa import Identity, Instrument, Traffic
from harness.measure.waveform import Waveform

RUN_BIT, WAIT_TRIGGER_BIT = 1 << 3, 1 << 5
"""Operation status condition register (programmer's guide, :OPERegister:CONDition)."""

POLL_NS = 2_000_000
PREAMBLE_FIELDS = 10
FORMAT_BYTE = 0

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
)


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
        self._identity = session.identify(makers=("KEYSIGHT", "AGILENT"), models=("MSOX3", "DSOX3"), serial=serial)
        self._labels: dict[int, str] = {}
        self._triggered = False
        self._window_ns = 0

    def identity(self) -> Identity:
        """As the instrument said when it was opened."""
        return self._identity

    def reset(self) -> None:
        """``*RST``, then stopped with every channel off; after ``*RST`` the family runs with channel 1 on."""
        self._session.command("*RST", ":STOP", ":CHANnel1:DISPlay OFF", ":TRIGger:MODE EDGE", ":TRIGger:SWEep NORMal")
        self._labels.clear()
        self._triggered = False

    @property
    def specification(self) -> OscilloscopeSpecification:
        """The family's data sheet."""
        return SPECIFICATION

    def configure_channel(self, channel: int, full_scale_V: float, offset_V: float, *, label: str = "") -> None:
        """Switch a channel on, DC coupled, without bandwidth limit."""
        prefix = f":CHANnel{channel}"
        self._session.command(
            f"{prefix}:DISPlay ON",
            f"{prefix}:COUPling DC",
            f"{prefix}:RANGe {full_scale_V:.6E}",
            f"{prefix}:OFFSet {offset_V:.6E}",
        )
        self._labels[channel] = label or f"channel {channel}"

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
        if window_before_ns < 0 or window_after_ns <= 0:
            raise SettingError(
                self._session.name,
                f"window of {window_before_ns} ns before and {window_after_ns} ns after the trigger; "
                "expected at least 0 before and more than 0 after",
            )
        range_ns = window_before_ns + window_after_ns
        # With the reference at the left edge + 1/2 screen, the position is how far the middle lies behind the trigger.
        position_ns = range_ns / 2 - window_before_ns
        sign = {"rising": "POSitive", "falling": "NEGative"}[slope]
        self._session.command(
            ":STOP",
            ":TIMebase:REFerence CENTer",
            f":TIMebase:RANGe {range_ns * 1e-9:.9E}",
            f":TIMebase:POSition {position_ns * 1e-9:.12E}",
            f":TRIGger:EDGE:SOURce CHANnel{trigger_channel}",
            f":TRIGger:EDGE:LEVel {level_V:.6E}",
            f":TRIGger:EDGE:SLOPe {sign}",
            ":WAVeform:FORMat BYTE",
            ":WAVeform:POINts:MODE RAW",
            f":WAVeform:POINts {points}",
        )
        self._session.query(":TER?")  # reading clears what an earlier acquisition left
        self._triggered = False
        self._session.command(":SINGle")
        self._window_ns = range_ns
        # Until the pre-trigger part is filled there is nothing to ask.
        self._session.clock.sleep_ns(window_before_ns)
        self._wait_armed()

    def triggered(self) -> bool:
        """Whether the trigger has come; the register clears when it is read, so the answer is kept."""
        if not self._triggered:
            self._triggered = self._session.query_int(":TER?") != 0
        return self._triggered

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
        session = self._session
        session.command(f":WAVeform:SOURce CHANnel{channel}")
        preamble = session.query(":WAVeform:PREamble?")
        fields = preamble.split(",")
        try:
            numbers = [float(field) for field in fields]
        except ValueError:
            numbers = []
        if len(numbers) != PREAMBLE_FIELDS or numbers[0] != FORMAT_BYTE:
            session.check_errors(":WAVeform:PREamble?")
            raise BadAnswerError(session.name, ":WAVeform:PREamble?", preamble, "ten numbers, the first 0 for BYTE")
        _, _, points, _, x_increment_s, x_origin_s, x_reference, y_increment, y_origin, y_reference = numbers
        codes = session.query_block(":WAVeform:DATA?")
        session.check_errors(":WAVeform:DATA?")
        if len(codes) != points:
            raise BadAnswerError(session.name, ":WAVeform:DATA?", f"{len(codes)} points", f"{points:.0f} as announced")
        return Waveform(
            samples=codes,
            y_increment=y_increment,
            y_origin=y_origin,
            y_reference=int(y_reference),
            x_increment_ns=x_increment_s * 1e9,
            x_origin_ns=(x_origin_s - x_reference * x_increment_s) * 1e9,
            channel_label=self._labels.get(channel, f"channel {channel}"),
        )

    def stop(self) -> None:
        """Stop acquiring."""
        self._session.command(":STOP")

    def _condition(self) -> int:
        return self._session.query_int(":OPERegister:CONDition?")

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
