"""A four-channel digital oscilloscope that probes named nets: arming, edge trigger, acquisition, its own errors.

What it understands is in ``infiniivision``, how codes are made in ``scope_rendering``. Limits follow the Keysight
MSO-X 3014T (100 MHz, 5 GSa/s, 4 Mpts, 8 bit). Each unit's clock, gain and offset errors are drawn from the seed
within the data sheet's limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.emulation.instruments.scope_rendering import (
    CODE_REFERENCE,
    FINE,
    Sampling,
    Signal,
    make_noise_table,
    noise_bytes,
    render_codes,
)
from harness.emulation.instruments.scope_state import (
    TRANSFER_PHASE_BITS,
    AcquisitionRecord,
    ChannelRecord,
    ChannelSettings,
    ScopeState,
)
from harness.emulation.instruments.scpi import Identity, ScpiInstrument
from harness.emulation.instruments.scpi_tree import CommandTree
from harness.emulation.nets import Net
from harness.emulation.seeded import SeededStream
from harness.emulation.world import World

CODES_PER_RANGE = 199
"""Codes over the eight divisions; the converter reaches further. Preambles of the 3000 X-Series report
a Y increment of 40.2010 mV at 1 V/div, which is 8 V / 199 [recalled]."""
TIMEBASE_PPB_MAX = 1_600
GAIN_PPM_MAX = 20_000
"""DC vertical gain accuracy ±2 % of full scale (3000T data sheet)."""
OFFSET_MILLIDIVISIONS_MAX, OFFSET_UV_MAX = 100, 2_000
"""DC vertical offset accuracy ±0.1 division ±2 mV (the same)."""
RISE_PS, RISE_LIMITED_PS = 3_500, 17_500
"""0.35 / bandwidth: 100 MHz, and 20 MHz with the bandwidth limit on."""
ARMING_NS = 100_000
"""From :SINGle until the pre-trigger memory begins to fill; assumed, as the guide gives no figure."""
AUTO_TRIGGER_NS = 40_000_000
"""Sweep AUTO gives up waiting after this time; assumed, as the guide gives no figure."""
REARM_NS = 10_000_000
"""Between two acquisitions while running; assumed (the family redraws a hundred times a second)."""
LOOK_AHEAD_NS = 1_000_000_000
"""How far into the future a serial character's edges are looked for: longer than any character."""

RUN_BIT, WAIT_TRIGGER_BIT = 1 << 3, 1 << 5
"""Operation status register (programmer's guide, :OPERegister:CONDition)."""


@dataclass(frozen=True)
class Probe:
    """What is wired to one input: the net under the tip and the probe's division ratio × 1000."""

    net: str
    attenuation_milli: int = 10_000


@dataclass(frozen=True)
class UnitErrors:
    """How far this unit is from nominal; constant for its life."""

    timebase_ppb: int
    gain_ppm: tuple[int, ...]
    offset_millidivisions: tuple[int, ...]
    offset_uV: tuple[int, ...]


def draw_unit_errors(stream: SeededStream) -> UnitErrors:
    """A unit within its data sheet."""

    def four(limit: int) -> tuple[int, ...]:
        return tuple(stream.take_int(-limit, limit) for _ in range(4))

    return UnitErrors(
        timebase_ppb=stream.take_int(-TIMEBASE_PPB_MAX, TIMEBASE_PPB_MAX),
        gain_ppm=four(GAIN_PPM_MAX),
        offset_millidivisions=four(OFFSET_MILLIDIVISIONS_MAX),
        offset_uV=four(OFFSET_UV_MAX),
    )


class Oscilloscope(ScpiInstrument):
    """The instrument. ``probes``: input → what is wired to it."""

    state: ScopeState
    error_queue_depth = 30
    latency_ns = 300_000
    """Answer to a short query over LAN; assumed."""

    def __init__(
        self, world: World, name: str, identity: Identity, tree: CommandTree, probes: Mapping[int, Probe]
    ) -> None:
        self.probes = dict(probes)
        self.errors = draw_unit_errors(world.stream(f"{name}/unit"))
        self.noise_table = make_noise_table()
        self._nets = {number: self._find_net(world, probe) for number, probe in probes.items()}
        self._rendered: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self.state = ScopeState(channels={})
        super().__init__(world, name, identity, tree)
        for net in dict.fromkeys(self._nets.values()):
            net.watchers.append(name)
        self.reset()
        # A scope comes up running; on a bench nobody looks at its screen, so it comes up stopped, like after :STOP.
        self.stop()

    @staticmethod
    def _find_net(world: World, probe: Probe) -> Net:
        component = world.component(probe.net)
        if not isinstance(component, Net):
            raise TypeError(f"{probe.net!r} is no net: a probe goes on a component of class Net")
        return component

    # Settings.

    def reset(self) -> None:
        """``*RST``: channel 1 on at 5 V/div, 100 µs/div, edge trigger, sweep AUTO, running (programmer's guide)."""
        self._cancel_events()
        channels = {
            number: ChannelSettings(
                display=number == 1,
                range_nV=40_000_000_000,
                offset_nV=0,
                # The family senses a passive probe's ratio by the ring on its connector.
                probe_milli=self.probes[number].attenuation_milli if number in self.probes else 1000,
            )
            for number in (1, 2, 3, 4)
        }
        self.state = ScopeState(
            channels=channels,
            exchange=self.state.exchange,
            operation_event=self.state.operation_event,
            operation_enable=self.state.operation_enable,
        )
        self._rendered.clear()
        self.start(continuous=True)

    def restore(self, state: Any) -> None:
        """Take back a state; rendered codes belong to the old one."""
        super().restore(state)
        self._rendered.clear()

    # Running and arming.

    def start(self, *, continuous: bool, digitize: bool = False) -> None:
        """Arm: the pre-trigger part is filled first, then the trigger is looked for."""
        state = self.state
        self._cancel_events()
        if state.run == "stopped":
            state.operation_event |= RUN_BIT
        state.run, state.continuous, state.digitizing = "filling", continuous, digitize
        fill_ps = max(0, -state.start_ps())
        self.world.schedule(self.world.now_ns + ARMING_NS + -(-fill_ps // 1000), self.name, "ready")

    def stop(self) -> None:
        """Stop acquiring; an unfinished acquisition is lost."""
        self._cancel_events()
        state = self.state
        state.run, state.continuous = "stopped", False
        if state.digitizing:
            state.digitizing = False
            self.operation_ended()

    def force_trigger(self) -> None:
        """Trigger now, if the scope waits for one."""
        if self.state.run == "waiting":
            self._found(self.world.now_ns * 1000, forced=True)

    def trigger(self) -> None:
        """Group execute trigger: the family treats it like :DIGitize (programmer's guide, ``*TRG``)."""
        self.start(continuous=False, digitize=True)

    def device_clear(self) -> None:
        """A device clear also ends a :DIGitize that waits for its trigger."""
        super().device_clear()
        if self.state.digitizing:
            self.stop()

    def operation_pending(self) -> bool:
        """Only :DIGitize is a pending operation; :SINGle is polled (programmer's guide, synchronising acquisitions)."""
        return self.state.digitizing

    def input_blocked(self) -> bool:
        """:DIGitize lets no further command through before its end."""
        return self.state.digitizing

    def condition(self) -> int:
        """The operation status condition register."""
        run = self.state.run
        return (RUN_BIT if run != "stopped" else 0) | (WAIT_TRIGGER_BIT if run in ("waiting", "found") else 0)

    def summary_bits(self) -> int:
        """Status byte: TRG in bit 0, OPER in bit 7."""
        state = self.state
        return int(state.triggered) | (0x80 if state.operation_event & state.operation_enable else 0)

    def clear_status(self) -> None:
        """``*CLS`` clears the event registers too."""
        self.state.triggered, self.state.armed, self.state.operation_event = False, False, 0

    # Events.

    def on_event(self, kind: str, argument: Any) -> None:
        """A net's edge, or the next step of an acquisition."""
        if kind == "edge":
            if self.state.run == "waiting" and self._is_trigger_net(argument):
                self._look_for_trigger()
        elif kind == "ready":
            self._get_ready()
        elif kind == "auto":
            self.force_trigger()
        elif kind == "trigger":
            self._take_trigger(forced=argument)
        elif kind == "complete":
            self._complete()
        else:
            super().on_event(kind, argument)

    def trigger_settings_changed(self) -> None:
        """Look again, with the new settings, at what is still to come."""
        if self.state.run == "waiting":
            self.state.search_from_ns = self.world.now_ns
            self._look_for_trigger()

    def _get_ready(self) -> None:
        state = self.state
        state.armed, state.search_from_ns = True, self.world.now_ns
        state.operation_event |= WAIT_TRIGGER_BIT
        self._wait_for_trigger()
        self.update_service_request()

    def _wait_for_trigger(self) -> None:
        state = self.state
        state.run = "waiting"
        if state.trigger_sweep == "AUTO":
            self.world.schedule(self.world.now_ns + AUTO_TRIGGER_NS, self.name, "auto")
        self._look_for_trigger()

    def _is_trigger_net(self, net_name: str) -> bool:
        net = self._nets.get(self.state.trigger_source)
        return net is not None and net.name == net_name

    def _look_for_trigger(self) -> None:
        crossing_ps = self._first_crossing_ps()
        if crossing_ps is not None:
            self._found(crossing_ps, forced=False)

    def _first_crossing_ps(self) -> int | None:
        """The first crossing since the scope was ready, also one that a serial character will make, or None."""
        state, from_ns = self.state, self.state.search_from_ns
        number = state.trigger_source
        net = self._nets.get(number)
        if net is None:
            return None
        signal_nV = self._level_at_scope_nV(number, net.high_mV * 1_000_000)
        if not 0 < state.trigger_level_nV < signal_nV:
            return None
        ramp_ps = _ramp_ps(state.channels[number], net)
        part_nV = state.trigger_level_nV if state.trigger_slope == "POS" else signal_nV - state.trigger_level_nV
        delay_ps = ramp_ps * part_nV // signal_nV
        level, edges = net.edges_between(from_ns - ramp_ps // 1000 - 1, self.world.now_ns + LOOK_AHEAD_NS)
        for edge_ns in edges:
            level = not level
            crossing_ps = edge_ns * 1000 + delay_ps
            if level == (state.trigger_slope == "POS") and crossing_ps >= from_ns * 1000:
                return crossing_ps
        return None

    def _found(self, crossing_ps: int, *, forced: bool) -> None:
        self.state.run, self.state.trigger_ps = "found", crossing_ps
        self.world.cancel(self.name, "auto")
        self.world.schedule(max(self.world.now_ns, -(-crossing_ps // 1000)), self.name, "trigger", forced)

    def _take_trigger(self, *, forced: bool) -> None:
        state = self.state
        if not forced and self._first_crossing_ps() != state.trigger_ps:
            # A sender that died took back the rest of its character: this crossing never came.
            self._wait_for_trigger()
            return
        state.run, state.triggered = "triggered", True
        self.update_service_request()
        after_ps = max(0, state.start_ps() + state.range_ps)
        end_ps = state.trigger_ps + after_ps + after_ps * self.errors.timebase_ppb // 1_000_000_000
        self.world.schedule(max(self.world.now_ns, -(-end_ps // 1000)), self.name, "complete")

    def _complete(self) -> None:
        state = self.state
        state.record = self._freeze_record()
        self._rendered.clear()
        if state.continuous:
            state.run = "filling"
            self.world.schedule(self.world.now_ns + REARM_NS, self.name, "ready")
            return
        state.run = "stopped"
        if state.digitizing:
            state.digitizing = False
            self.operation_ended()

    def _freeze_record(self) -> AcquisitionRecord:
        """Keep the edges of the window: the nets forget in time, the record memory does not."""
        state = self.state
        start_ps, interval_ps = state.start_ps(), state.interval_ps()
        # A microsecond more than the clock's error and an edge's length ask for.
        margin_ps = state.range_ps * TIMEBASE_PPB_MAX // 1_000_000_000 + 1_000_000
        from_ns = (state.trigger_ps + start_ps - margin_ps) // 1000
        to_ns = (state.trigger_ps + start_ps + state.range_ps + margin_ps) // 1000
        channels: dict[int, ChannelRecord] = {}
        for number, settings in state.channels.items():
            if not settings.display:
                continue
            net = self._nets.get(number)
            level, edges = net.edges_between(from_ns, to_ns) if net else (False, [])
            copied = ChannelSettings(**vars(settings))
            channels[number] = ChannelRecord(
                copied, net.name if net else "", level, np.array(edges, dtype="<i8").tobytes()
            )
        noise_key = self.world.stream(f"{self.name}/noise").take_bytes(16)
        # The sampling clock runs free of the signal: where it stands at the trigger is chance. Trigger jitter is left
        # out: no figure for this family was found.
        phases = self.world.stream(f"{self.name}/phase")
        phase_ps = phases.take_int(0, interval_ps - 1)
        return AcquisitionRecord(
            state.trigger_ps,
            start_ps + phase_ps,
            interval_ps,
            state.range_ps // interval_ps,
            phases.take_int(0, (1 << TRANSFER_PHASE_BITS) - 1),
            noise_key,
            channels,
        )

    def _cancel_events(self) -> None:
        for kind in ("ready", "auto", "trigger", "complete"):
            self.world.cancel(self.name, kind)

    # Voltages.

    def _level_at_scope_nV(self, number: int, level_nV: int) -> int:
        """What the scope takes a voltage at the tip for: right only if its ratio is the probe's."""
        probe = self.probes.get(number)
        actual_milli = probe.attenuation_milli if probe else 1000
        return level_nV * self.state.channels[number].probe_milli // actual_milli

    def codes(self, number: int, step: int) -> NDArray[np.uint8]:
        """Every ``step``-th code of a channel of the last record; rendered once."""
        key = (number, step)
        if key not in self._rendered:
            self._rendered[key] = self._render(number, step)
        return self._rendered[key]

    def _render(self, number: int, step: int) -> NDArray[np.uint8]:
        record = self.state.record
        if record is None:
            raise LookupError(f"{self.name}: no acquisition is there to be rendered")
        channel = record.channels[number]
        net = self._nets.get(number)
        points = record.points // step
        edges_ps = np.frombuffer(channel.edges, dtype="<i8").astype(np.int64) * 1000 - record.trigger_ps
        noise = noise_bytes(record.noise_key, number, record.points)[record.first_index(step) :: step][:points]
        signal = Signal(
            initial_level=channel.initial_level,
            low_fine=self._fine_steps(number, channel.settings, 0),
            high_fine=self._fine_steps(number, channel.settings, net.high_mV * 1_000_000 if net else 0),
            ramp_ps=_ramp_ps(channel.settings, net) if net else 1,
        )
        sampling = Sampling(record.origin_ps(step), record.interval_ps * step, points, self.errors.timebase_ppb)
        return render_codes(edges_ps, signal, sampling, np.ascontiguousarray(noise), self.noise_table)

    def _fine_steps(self, number: int, settings: ChannelSettings, tip_nV: int) -> int:
        """A voltage at the probe's tip in fine steps of the converter, with this unit's gain and offset errors."""
        errors, index = self.errors, number - 1
        probe = self.probes.get(number)
        seen_nV = tip_nV * settings.probe_milli // (probe.attenuation_milli if probe else 1000)
        seen_nV += seen_nV * errors.gain_ppm[index] // 1_000_000
        division_nV = settings.range_nV // 8
        error_nV = errors.offset_millidivisions[index] * division_nV // 1000
        error_nV += errors.offset_uV[index] * settings.probe_milli
        from_centre_nV = seen_nV + error_nV - settings.offset_nV
        return CODE_REFERENCE * FINE + from_centre_nV * CODES_PER_RANGE * FINE // settings.range_nV


def _ramp_ps(settings: ChannelSettings, net: Net) -> int:
    """From 0 to 100 % of an edge: source and scope add in squares (10 to 90 %), a straight line takes 5/4."""
    rise_ps = RISE_LIMITED_PS if settings.bandwidth_limit else RISE_PS
    return isqrt((net.edge_ns * 1000) ** 2 + rise_ps**2) * 5 // 4
