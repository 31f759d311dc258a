"""What an emulated oscilloscope is set to and what it has acquired: plain integers, in nV and ps."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.emulation.analog_net import Segment
from harness.emulation.instruments.scpi import ExchangeState

DIVISIONS_VERTICAL, DIVISIONS_HORIZONTAL = 8, 10
MEMORY_POINTS = 4_000_000
"""Record memory with one channel of each pair (1-2, 3-4) on; half of it otherwise (3000T X-Series data sheet)."""
SAMPLE_PS_MIN = 200
"""5 GSa/s with one channel of each pair on; half the rate otherwise (the same data sheet)."""
MEASUREMENT_RECORD_POINTS = 62_500
"""The most that points mode NORMal gives (programmer's guide, :WAVeform:POINts:MODE) [recalled]."""
TRANSFER_PHASE_BITS = 32
"""Fineness of the draw; a transfer leaves out far fewer than 2**32 points."""

DIGITAL_SAMPLE_PS_MIN = 800
"""Digital channels: 1.25 GSa/s (3000T X-Series data sheet) [recalled]. That they leave the analogue channels their
record memory is assumed; no figure was found."""
CHANNELS_PER_POD = 8
TTL_NV = 1_400_000_000

_INTERVAL_STEPS = (1, 2, 4, 5, 8)


@dataclass
class ChannelSettings:
    """One input."""

    display: bool
    range_nV: int
    offset_nV: int
    probe_milli: int
    """What the scope reckons one volt at the input to be, in ``unit`` × 1000."""
    unit: str = "VOLT"
    """``VOLT`` or ``AMP``: what the numbers of this input are said to be; changes no number."""
    bandwidth_limit: bool = False
    label: str = ""


@dataclass
class DigitalSettings:
    """The sixteen digital channels, D0 to D15, in two pods. The threshold after ``*RST`` is TTL [recalled]."""

    display: list[bool] = field(default_factory=lambda: [False] * 2 * CHANNELS_PER_POD)
    threshold_nV: list[int] = field(default_factory=lambda: [TTL_NV] * 2)
    """By pod."""
    labels: list[str] = field(default_factory=lambda: [f"D{number}" for number in range(2 * CHANNELS_PER_POD)])


@dataclass
class LevelHistory:
    """A digital net over the time of an acquisition: its level before, and its edges (int64 ns, packed)."""

    initial_level: bool
    edges: bytes


@dataclass
class ChannelRecord:
    """What one input acquired: its settings then, and its net's edges, or its laws if the net is an analogue one."""

    settings: ChannelSettings
    levels: LevelHistory | None = None
    segments: list[Segment] = field(default_factory=list)


@dataclass
class AcquisitionRecord:
    """The last finished acquisition. The codes are computed from it when they are asked for."""

    trigger_ps: int
    start_ps: int
    """Scope time of the first sample relative to the trigger: the first one on the screen, up to an interval late."""
    interval_ps: int
    points: int
    transfer_phase: int
    """Drawn once an acquisition: which of the points a thinned-out transfer begins with, see ``first_index``."""
    noise_key: bytes
    channels: dict[int, ChannelRecord]
    digital: DigitalSettings
    lanes: dict[int, LevelHistory]
    """By digital channel, those that were displayed and are wired."""

    def has_pod(self, pod: int) -> bool:
        """Whether anything of pod 1 or 2 was acquired."""
        return any(self.digital.display[(pod - 1) * CHANNELS_PER_POD : pod * CHANNELS_PER_POD])

    def first_index(self, step: int) -> int:
        """Which point is the first when every ``step``-th is transferred: any of the first ``step``, by chance.

        The guide does not say; a reader who trusted that it is always the same would see every edge at one place
        between two points. XORigin tells which it was.
        """
        return self.transfer_phase * step >> TRANSFER_PHASE_BITS

    def origin_ps(self, step: int) -> int:
        """Scope time of the first point transferred (user's guide, waveform data header: X origin)."""
        return self.start_ps + self.first_index(step) * self.interval_ps


@dataclass
class ScopeState:
    """The whole oscilloscope; defaults are the family's state after ``*RST``."""

    channels: dict[int, ChannelSettings]
    digital: DigitalSettings = field(default_factory=DigitalSettings)
    exchange: ExchangeState = field(default_factory=ExchangeState)
    range_ps: int = 1_000_000_000
    position_ps: int = 0
    reference: str = "CENT"
    trigger_source: str = "CHAN1"
    """``CHANn`` or ``DIGn``."""
    trigger_level_nV: int = 0
    """Of an analogue source, in its unit × 1e-9; a digital one goes by its pod's threshold."""
    trigger_slope: str = "POS"
    trigger_sweep: str = "AUTO"
    waveform_source: str = "CHAN1"
    """``CHANn`` or ``PODn``."""
    waveform_format: str = "BYTE"
    waveform_points: int = 1000
    """As asked for; 0 stands for MAXimum."""
    waveform_mode: str = "NORM"
    waveform_msb_first: bool = True
    run: str = "stopped"
    """``stopped``, ``filling`` (pre-trigger), ``waiting`` (armed), ``found`` (trigger on its way), ``triggered``."""
    continuous: bool = False
    digitizing: bool = False
    search_from_ns: int = 0
    """Crossings before this time are no trigger: the scope was not armed, or set differently."""
    trigger_ps: int = 0
    triggered: bool = False
    """The trigger event register."""
    armed: bool = False
    """The arm event register."""
    operation_event: int = 0
    operation_enable: int = 0
    record: AcquisitionRecord | None = None

    def start_ps(self) -> int:
        """Scope time of the left edge of the screen relative to the trigger."""
        left_tenths = {"LEFT": 1, "CENT": 5, "RIGH": 9}[self.reference]
        return self.position_ps - self.range_ps * left_tenths // 10

    def interleaved(self) -> bool:
        """Whether no pair of inputs shares its converter."""
        on = [self.channels[number].display for number in (1, 2, 3, 4)]
        return not (on[0] and on[1]) and not (on[2] and on[3])

    def interval_ps(self) -> int:
        """Sampling interval: the fastest of the 1-2-4-5-8 steps with which the screen fits the memory."""
        halving = 1 if self.interleaved() else 2
        fastest_ps = SAMPLE_PS_MIN * halving
        if any(self.digital.display):
            fastest_ps = max(fastest_ps, DIGITAL_SAMPLE_PS_MIN)
        least = max(fastest_ps, -(-self.range_ps * halving // MEMORY_POINTS))
        decade = 1
        while True:
            for step in _INTERVAL_STEPS:
                if step * decade >= least:
                    return step * decade
            decade *= 10

    def transfer_step(self, record: AcquisitionRecord) -> int:
        """Every how many-th acquired point is transferred."""
        wanted = self.waveform_points or record.points
        if self.waveform_mode == "NORM" or (self.run != "stopped" and self.waveform_mode != "NORM"):
            # RAW and MAXimum reach into the whole memory only while the scope is stopped.
            wanted = min(wanted, MEASUREMENT_RECORD_POINTS)
        return -(-record.points // wanted)
