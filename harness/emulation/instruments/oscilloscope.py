"""A digital oscilloscope of four analogue and sixteen digital channels on named nets: arming, trigger, acquisition.

What it understands is in ``infiniivision``, when a net triggers it in ``scope_trigger``, what it keeps of an
acquisition in ``scope_memory``. Limits follow the Keysight MSO-X 3014T (100 MHz, 5 GSa/s, 4 Mpts, 8 bit). Each unit's
clock, gain, offset and threshold errors are drawn from the seed within the data sheet's limits (``scope_unit``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.emulation.analog_net import AnalogNet
from harness.emulation.instruments.scope_memory import (
    Wiring,
    actual_threshold_nV,
    keep_channel,
    keep_levels,
    render_channel,
    render_digital,
    window_ns,
)
from harness.emulation.instruments.scope_rendering import make_noise_table
from harness.emulation.instruments.scope_state import (
    TRANSFER_PHASE_BITS,
    AcquisitionRecord,
    ChannelSettings,
    DigitalSettings,
    ScopeState,
)
from harness.emulation.instruments.scope_trigger import LOOK_AHEAD_NS, edge_crossing_ps, law_crossing_ps
from harness.emulation.instruments.scope_unit import Probe, draw_unit_errors, ramp_ps
from harness.emulation.instruments.scpi import Identity, ScpiInstrument
from harness.emulation.instruments.scpi_tree import CommandTree
from harness.emulation.nets import Net
from harness.emulation.world import World

ARMING_NS = 100_000
"""From :SINGle until the pre-trigger memory begins to fill; assumed, as the guide gives no figure."""
AUTO_TRIGGER_NS = 40_000_000
"""Sweep AUTO gives up waiting after this time; assumed, as the guide gives no figure."""
REARM_NS = 10_000_000
"""Between two acquisitions while running; assumed (the family redraws a hundred times a second)."""
RUN_BIT, WAIT_TRIGGER_BIT = 1 << 3, 1 << 5
"""Operation status register (programmer's guide, :OPERegister:CONDition)."""


class Oscilloscope(ScpiInstrument):
    """The instrument. ``probes``: analogue input → what is wired to it; ``digital``: digital channel → its net."""

    state: ScopeState
    error_queue_depth = 30
    latency_ns = 300_000
    """Answer to a short query over LAN; assumed."""

    def __init__(
        self,
        world: World,
        name: str,
        identity: Identity,
        tree: CommandTree,
        probes: Mapping[int, Probe],
        digital: Mapping[int, str],
    ) -> None:
        self.errors = draw_unit_errors(world.stream(f"{name}/unit"))
        self.noise_table = make_noise_table()
        self.wiring = Wiring(
            dict(probes),
            {number: _find_net(world, probe.net) for number, probe in probes.items()},
            {number: _find_line(world, net) for number, net in digital.items()},
        )
        self._rendered: dict[tuple[str, int], NDArray[np.uint8]] = {}
        self.state = ScopeState(channels={})
        super().__init__(world, name, identity, tree)
        for net in dict.fromkeys([*self.wiring.nets.values(), *self.wiring.lines.values()]):
            if isinstance(net, AnalogNet):
                net.watchers.append(name)
        self.reset()
        # A scope comes up running; on a bench nobody looks at its screen, so it comes up stopped, like after :STOP.
        self.stop()

    # Settings.

    def reset(self) -> None:
        """``*RST``: channel 1 on at 5 V/div, 100 µs/div, edge trigger, sweep AUTO, running (programmer's guide)."""
        self._cancel_events()
        channels = {
            number: ChannelSettings(
                display=number == 1,
                range_nV=40_000_000_000,
                offset_nV=0,
                probe_milli=self._sensed_milli(number),
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

    def _sensed_milli(self, number: int) -> int:
        """The family senses a passive probe's ratio by the ring on its connector; anything else counts as 1:1."""
        probe = self.wiring.probes.get(number)
        return probe.attenuation_milli if probe and probe.sensed else 1000

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
        """A net's edge or new law, or the next step of an acquisition."""
        if kind == "edge":
            if self.state.run == "waiting" and self._is_trigger_net(argument):
                self._look_for_trigger()
        elif kind == "segment":
            self._law_changed(argument)
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

    def _trigger_net(self) -> Net | AnalogNet | None:
        source = self.state.trigger_source
        if source.startswith("DIG"):
            return self.wiring.lines.get(int(source[3:]))
        return self.wiring.nets.get(int(source[4:]))

    def _is_trigger_net(self, net_name: str) -> bool:
        net = self._trigger_net()
        return net is not None and net.name == net_name

    def _law_changed(self, net_name: str) -> None:
        """A crossing that the law before would have made is off, and the new law may make one."""
        state = self.state
        if not self._is_trigger_net(net_name):
            return
        if state.run == "waiting":
            self._look_for_trigger()
        elif state.run == "found" and state.trigger_ps > self.world.now_ns * 1000:
            self.world.cancel(self.name, "trigger")
            self._wait_for_trigger()

    def _look_for_trigger(self) -> None:
        crossing_ps = self._first_crossing_ps()
        if crossing_ps is not None:
            self._found(crossing_ps, forced=False)
        elif isinstance(net := self._trigger_net(), Net):
            net.call_once(self.name)

    def _first_crossing_ps(self) -> int | None:
        """The first crossing since the scope was ready, also one that is only going to come, or None."""
        state, from_ns, net = self.state, self.state.search_from_ns, self._trigger_net()
        rising = state.trigger_slope == "POS"
        if net is None:
            return None
        if isinstance(net, AnalogNet):
            level_u = self._level_at_tip(int(state.trigger_source[4:]), state.trigger_level_nV) // 1000
            segments = net.segments_between(from_ns - 1, self.world.now_ns + 1)
            return law_crossing_ps(segments, from_ns, level_u=level_u, rising=rising)
        signal_nV = net.high_mV * 1_000_000
        if state.trigger_source.startswith("DIG"):
            number = int(state.trigger_source[3:])
            level_nV = actual_threshold_nV(state.digital.threshold_nV, number, self.errors)
            way_ps = ramp_ps(net.edge_ns)
        else:
            number = int(state.trigger_source[4:])
            level_nV = self._level_at_tip(number, state.trigger_level_nV)
            way_ps = ramp_ps(net.edge_ns, bandwidth_limit=state.channels[number].bandwidth_limit)
        return edge_crossing_ps(
            net,
            from_ns,
            self.world.now_ns + LOOK_AHEAD_NS,
            level_nV=level_nV,
            signal_nV=signal_nV,
            ramp_ps=way_ps,
            rising=rising,
        )

    def _level_at_tip(self, number: int, level_n: int) -> int:
        """What the scope takes for ``level_n``, where the probe's tip is: the same only if its ratio is the probe's."""
        probe = self.wiring.probes.get(number)
        actual_milli = probe.attenuation_milli if probe else 1000
        return level_n * actual_milli // self.state.channels[number].probe_milli

    def _found(self, crossing_ps: int, *, forced: bool) -> None:
        self.state.run, self.state.trigger_ps = "found", crossing_ps
        self.world.cancel(self.name, "auto")
        self.world.schedule(max(self.world.now_ns, -(-crossing_ps // 1000)), self.name, "trigger", forced)

    def _take_trigger(self, *, forced: bool) -> None:
        state = self.state
        if not forced and self._first_crossing_ps() != state.trigger_ps:
            # A sender that died took back the rest of its character, or a law changed: this crossing never came.
            self._wait_for_trigger()
            return
        state.run, state.triggered = "triggered", True
        self.update_service_request()
        after_ps = max(0, state.start_ps() + state.range_ps)
        end_ps = state.trigger_ps + after_ps + after_ps * self.errors.timebase_ppb // 1_000_000_000
        self.world.schedule(max(self.world.now_ns, -(-end_ps // 1000)), self.name, "complete")

    def _complete(self) -> None:
        state = self.state
        told_ns = self._all_told_ns()
        if told_ns > self.world.now_ns:
            # Some nets tell their edges in larger pieces: an acquisition that ends within one waits for the rest of it.
            self.world.schedule(told_ns, self.name, "complete")
            return
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

    def _displayed_nets(self) -> list[Net]:
        state, wiring = self.state, self.wiring
        inputs = [net for number, net in wiring.nets.items() if state.channels[number].display]
        lines = [net for number, net in wiring.lines.items() if state.digital.display[number]]
        return [net for net in [*inputs, *lines] if isinstance(net, Net)]

    def _all_told_ns(self) -> int:
        """When every edge before now will be known."""
        now_ns = self.world.now_ns
        return max([now_ns, *(net.told_by_ns(now_ns) for net in self._displayed_nets())])

    def _freeze_record(self) -> AcquisitionRecord:
        """Keep what the nets did in the window, and draw what chance has in an acquisition."""
        state, wiring = self.state, self.wiring
        start_ps, interval_ps = state.start_ps(), state.interval_ps()
        from_ns, to_ns = window_ns(state.trigger_ps, start_ps, state.range_ps)
        channels = {
            number: keep_channel(settings, wiring.nets.get(number), from_ns, to_ns)
            for number, settings in state.channels.items()
            if settings.display
        }
        lanes = {
            number: keep_levels(net, from_ns, to_ns)
            for number, net in wiring.lines.items()
            if state.digital.display[number]
        }
        noise_key = self.world.stream(f"{self.name}/noise").take_bytes(16)
        # The sampling clock runs free of the signal: where it stands at the trigger is chance. Trigger jitter is left
        # out: no figure for this family was found.
        phases = self.world.stream(f"{self.name}/phase")
        phase_ps = phases.take_int(0, interval_ps - 1)
        digital = state.digital
        return AcquisitionRecord(
            state.trigger_ps,
            start_ps + phase_ps,
            interval_ps,
            state.range_ps // interval_ps,
            phases.take_int(0, (1 << TRANSFER_PHASE_BITS) - 1),
            noise_key,
            channels,
            DigitalSettings(list(digital.display), list(digital.threshold_nV), list(digital.labels)),
            lanes,
        )

    def _cancel_events(self) -> None:
        for kind in ("ready", "auto", "trigger", "complete"):
            self.world.cancel(self.name, kind)

    def codes(self, source: str, step: int) -> NDArray[np.uint8]:
        """Every ``step``-th code of ``CHANn`` or byte of ``PODn`` of the last record; rendered once."""
        record = self.state.record
        if record is None:
            raise LookupError(f"{self.name}: no acquisition is there to be rendered")
        key = (source, step)
        if key not in self._rendered:
            if source.startswith("POD"):
                codes = render_digital(record, int(source[3:]), step, self.wiring, self.errors)
            else:
                codes = render_channel(record, int(source[4:]), step, self.wiring, self.errors, self.noise_table)
            self._rendered[key] = codes
        return self._rendered[key]


def _find_net(world: World, name: str) -> Net | AnalogNet:
    component = world.component(name)
    if not isinstance(component, Net | AnalogNet):
        raise TypeError(f"{name!r} is no net: a probe goes on a component of class Net or AnalogNet")
    return component


def _find_line(world: World, name: str) -> Net:
    net = _find_net(world, name)
    if not isinstance(net, Net):
        raise TypeError(f"{name!r} is no digital net: a digital channel goes on a component of class Net")
    return net
