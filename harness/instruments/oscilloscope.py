"""What a test needs of an oscilloscope, in physical terms; a family's dialect is a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from harness.instruments.visa import Identity
from harness.measure.waveform import Waveform

CHANNELS_PER_POD = 8
"""Digital channels D0 to D7 are pod 1, D8 to D15 pod 2."""

Slope = Literal["rising", "falling"]


@dataclass(frozen=True)
class OscilloscopeSpecification:
    """Data-sheet limits for the uncertainty budget, each a half width (±)."""

    source: str
    timebase_ppm: float
    vertical_gain_percent_of_full_scale: float
    vertical_offset_divisions: float
    vertical_offset_mV: float
    vertical_offset_percent_of_setting: float
    bandwidth_MHz: float
    memory_points: int
    sample_interval_min_ns: float
    digital_threshold_mV: float = 0.0
    digital_threshold_percent_of_setting: float = 0.0
    digital_skew_ns: float = 0.0
    """Between two digital channels."""


class Oscilloscope(Protocol):
    """A digital oscilloscope with an edge trigger and single acquisitions."""

    def identity(self) -> Identity:
        """Maker, model, serial number, firmware, as the instrument said when it was opened."""

    @property
    def specification(self) -> OscilloscopeSpecification:
        """Its data-sheet accuracy."""

    def reset(self) -> None:
        """Back to a known state: stopped, all channels off."""

    def configure_channel(self, channel: int, full_scale_V: float, offset_V: float, *, label: str = "") -> None:
        """Switch a channel on; ``full_scale_V`` is the whole height of the screen, ``offset_V`` its middle."""

    def configure_clamp(
        self, channel: int, full_scale_A: float, centre_A: float, *, amperes_per_volt: float, label: str = ""
    ) -> None:
        """Switch a channel with a current clamp on; its waveform is in amperes.

        ``full_scale_A`` is the whole height of the screen, ``centre_A`` its middle, ``amperes_per_volt`` the clamp's
        ratio (10 for one of 0.1 V/A).
        """

    def switch_off(self, channel: int) -> None:
        """Switch a channel off: it takes no record memory from the others then."""

    def configure_digital(self, channels: Mapping[int, str], threshold_V: float) -> None:
        """Switch on the digital channels given (number → label) and no others; none at all switches them off."""

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
        """Arm for one acquisition and return when the trigger is armed: the pre-trigger part is filled then.

        ``level_V`` is in amperes on a channel with a clamp. ``points`` is how many points per channel are to be read;
        the instrument may give fewer, and the waveform's ``x_increment_ns`` says what it gave.
        """

    def arm_digital(
        self, trigger_channel: int, slope: Slope, *, window_before_ns: int, window_after_ns: int, points: int
    ) -> None:
        """As ``arm_single``, on an edge of a digital channel; its level is the threshold."""

    def triggered(self) -> bool:
        """Whether the trigger has come since ``arm_single``."""

    def wait_acquired(self, timeout_ns: int) -> bool:
        """Wait until the acquisition is complete; False if it was not within ``timeout_ns``."""

    def read_waveform(self, channel: int) -> Waveform:
        """A channel of the finished acquisition."""

    def read_digital(self, pod: int) -> dict[int, Waveform]:
        """The digital channels of pod 1 or 2 that were switched on: channel → its levels, codes 0 and 1."""

    def stop(self) -> None:
        """Stop acquiring."""
