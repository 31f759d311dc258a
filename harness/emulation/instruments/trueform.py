"""A two-channel waveform generator: the Keysight 33522B (Trueform); settings, trigger, what it plays into the plant.

Source: 33500B and 33600A series operating and service guide (SCPI programming reference). Modelled: sine, pulse and
arbitrary waveforms as bursts of N cycles that start at a trigger (BUS or IMMediate), outputs and their limits.
Modulation, sweeps, lists, gated bursts and continuous output are refused or not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.emulation.instruments.scpi import ExchangeState, Identity, ScpiInstrument
from harness.emulation.instruments.scpi_tree import CommandTree
from harness.emulation.plant.played import Driven, Played
from harness.emulation.world import World

REFERENCE_IDENTITY = Identity("Agilent Technologies", "33522B", "EMU52801234", "4.00-1.19-2.00-52-00")
CHANNELS = (1, 2)
AMPLITUDE_PPM, OFFSET_UV = 10_000, 1_000
"""Amplitude 1 % of the setting and 1 mV at 1 kHz (data sheet [recalled]); units are drawn within them."""
CLOCK_PPB = 2_000
"""Time base, 1 ppm a year and 1 ppm of initial error [recalled]."""
NS_PER_S = 1_000_000_000


@dataclass
class ChannelSettings:
    """One channel as ``*RST`` leaves it; voltages are those at an open end (``OUTPut:LOAD INF``)."""

    on: bool = False
    function: str = "SIN"
    frequency_uHz: int = 1_000_000_000
    amplitude_uV: int = 100_000
    """Peak to peak."""
    offset_uV: int = 0
    width_ns: int = 100_000
    period_ns: int = 1_000_000
    waveform: str = ""
    rate_mHz: int = 40_000_000
    burst: bool = False
    cycles: int = 1
    trigger: str = "IMM"


@dataclass
class TrueformState:
    """The whole generator."""

    exchange: ExchangeState = field(default_factory=ExchangeState)
    channels: dict[int, ChannelSettings] = field(default_factory=lambda: {one: ChannelSettings() for one in CHANNELS})
    waveforms: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Volatile memory: by name, in parts of the peak (ppm)."""


class Trueform(ScpiInstrument):
    """The instrument. ``driven``: channel → what hangs at its output."""

    state: TrueformState
    latency_ns = 1_000_000
    """Assumed for this family's processor."""

    def __init__(
        self, world: World, name: str, identity: Identity, tree: CommandTree, driven: Mapping[int, Driven]
    ) -> None:
        stream = world.stream(f"{name}/unit")
        self.driven = dict(driven)
        self.amplitude_ppm = {one: stream.take_int(-AMPLITUDE_PPM, AMPLITUDE_PPM) for one in CHANNELS}
        self.offset_uV = {one: stream.take_int(-OFFSET_UV, OFFSET_UV) for one in CHANNELS}
        self.clock_ppb = stream.take_int(-CLOCK_PPB, CLOCK_PPB)
        self.state = TrueformState()
        super().__init__(world, name, identity, tree)

    def reset(self) -> None:
        """``*RST``: outputs off, volatile waveforms gone."""
        self.state.channels = {one: ChannelSettings() for one in CHANNELS}
        self.state.waveforms = {}
        for channel in CHANNELS:
            self.stop(channel)

    def trigger(self) -> None:
        """``*TRG``: every channel that waits for the bus starts."""
        waiting = [one for one, set_up in self.state.channels.items() if set_up.trigger == "BUS" and set_up.burst]
        if not waiting:
            super().trigger()
        for channel in waiting:
            if self.state.channels[channel].on:
                self.play(channel)

    def stop(self, channel: int) -> None:
        """What is played ends; a burst's idle level is its start's, which is 0 V for all that is played here."""
        if channel in self.driven:
            self.driven[channel].drive(None)

    def play(self, channel: int) -> None:
        """The burst begins now."""
        set_up, now_ns = self.state.channels[channel], self.world.now_ns
        samples = self.state.waveforms.get(set_up.waveform, (0,))
        period_ns = self._period_ns(set_up, len(samples))
        middle_uV = set_up.offset_uV + self.offset_uV[channel]
        peak_uV = set_up.amplitude_uV // 2 * (1_000_000 + self.amplitude_ppm[channel]) // 1_000_000
        played = Played(
            shape=set_up.function,
            start_ns=now_ns,
            end_ns=now_ns + set_up.cycles * period_ns,
            period_ns=period_ns,
            middle_uV=middle_uV,
            peak_uV=peak_uV,
            rest_uV=middle_uV - peak_uV if set_up.function == "PULS" else middle_uV,
            width_ns=self._by_clock(set_up.width_ns),
            samples_ppm=samples if set_up.function == "ARB" else (),
        )
        if channel in self.driven:
            self.driven[channel].drive(played)

    def _period_ns(self, set_up: ChannelSettings, samples: int) -> int:
        if set_up.function == "PULS":
            return self._by_clock(set_up.period_ns)
        if set_up.function == "ARB":
            return self._by_clock(samples * NS_PER_S * 1000 // set_up.rate_mHz)
        return self._by_clock(NS_PER_S * 1_000_000 // set_up.frequency_uHz)

    def _by_clock(self, duration_ns: int) -> int:
        return duration_ns + duration_ns * self.clock_ppb // 1_000_000_000
