"""Virtual time: one scheduler in integer nanoseconds, the components that live in it, snapshots of all of it.

The world goes on only while someone waits (``run_until``). The processor runs between events; an event takes
place exactly at its time. Same seed, same calls: same bytes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from harness.emulation.errors import WorldError
from harness.emulation.plain import copy_plain, digest_plain
from harness.emulation.seeded import SeededStream, StreamState, stream_key

NONVOLATILE = "nonvolatile"
"""The topic of every change of what outlasts a power cut: a page begun or written, a counter, a battery-backed word."""

Event = tuple[int, int, str, str, Any]
"""at_ns, sequence number (ties keep the order they were scheduled in), component, kind, argument (plain data)."""


class Component(Protocol):
    """Whatever lives in the world. Its state is plain data, handed out and taken back whole."""

    @property
    def name(self) -> str:
        """Unique within its world."""

    def on_event(self, kind: str, argument: Any) -> None:
        """An event that was scheduled for this component takes place now (``world.now_ns``)."""

    def capture(self) -> Any:
        """A copy of the whole state, as plain data (see ``harness.emulation.plain``)."""

    def restore(self, state: Any) -> None:
        """Take back a state that ``capture`` gave; the state may be restored again later."""


class Processor(Component, Protocol):
    """The component that executes between events."""

    def run_until(self, target_ns: int) -> None:
        """Execute to the first instruction boundary at or after ``target_ns``."""

    def set_deadline(self, at_ns: int) -> None:
        """Called while running: stop no later than this."""


class PlainComponent:
    """A component whose whole state is the plain dataclass ``self.state``."""

    state: Any

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        world.add(self)

    def on_event(self, kind: str, argument: Any) -> None:
        """No events unless a subclass handles them."""
        raise WorldError(f"{self.name}: no event of kind {kind!r} is known here (argument {argument!r})")

    def capture(self) -> Any:
        """A copy of ``self.state``."""
        return copy_plain(self.state)

    def restore(self, state: Any) -> None:
        """Replace ``self.state`` by a copy of ``state``."""
        self.state = copy_plain(state)


@dataclass(frozen=True)
class Snapshot:
    """A world at one instant. Plain data; restoring it does not use it up."""

    now_ns: int
    sequence: int
    label: str
    events: list[Event]
    streams: dict[str, StreamState]
    components: dict[str, Any]

    def digest(self) -> str:
        """SHA-256 (hex) of everything in the snapshot."""
        return digest_plain(self)


class World:
    """Virtual time, events, seeded chance and the components of one emulated bench."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now_ns = 0
        self.label = "world"
        self._sequence = 0
        self._events: list[Event] = []
        self._streams: dict[str, SeededStream] = {}
        self._components: dict[str, Component] = {}
        self._processor: Processor | None = None
        self._running_to_ns: int | None = None
        self._waiting_for: str | None = None
        self._signalled = False

    def add(self, component: Component) -> None:
        """Make a component part of this world."""
        if component.name in self._components:
            raise WorldError(f"two components are named {component.name!r}; give each one its own name")
        self._components[component.name] = component

    def add_processor(self, processor: Processor) -> None:
        """Make the component that executes between events part of this world."""
        if self._processor is not None:
            raise WorldError("this world has a processor already")
        self._processor = processor
        self.add(processor)

    def component(self, name: str) -> Component:
        """The component of that name."""
        try:
            return self._components[name]
        except KeyError:
            known = ", ".join(sorted(self._components))
            raise WorldError(f"no component {name!r} in this world; there are: {known}") from None

    def stream(self, name: str) -> SeededStream:
        """The stream of chance of that name (made at its first use)."""
        if name not in self._streams:
            self._streams[name] = SeededStream(stream_key(self.seed, self.label, name))
        return self._streams[name]

    def relabel(self, label: str) -> None:
        """Start new streams for a new part of the run (one test), independent of what was used before."""
        self.label = label
        for name, stream in self._streams.items():
            stream.state = StreamState(stream_key(self.seed, label, name))

    def schedule(self, at_ns: int, component: str, kind: str, argument: Any = None) -> None:
        """Let ``component.on_event(kind, argument)`` take place at ``at_ns``, which must not be in the past."""
        if at_ns < self.now_ns:
            raise WorldError(f"{component}: event {kind!r} for {at_ns} ns lies before now, {self.now_ns} ns")
        self._sequence += 1
        heapq.heappush(self._events, (at_ns, self._sequence, component, kind, argument))
        if self._processor is not None and self._running_to_ns is not None and at_ns < self._running_to_ns:
            self._running_to_ns = at_ns
            self._processor.set_deadline(at_ns)

    def cancel(self, component: str, kind: str) -> None:
        """Drop every event of that kind waiting for ``component``."""
        kept = [event for event in self._events if event[3] != kind or event[2] != component]
        if len(kept) != len(self._events):
            self._events = kept
            heapq.heapify(self._events)

    def signal(self, topic: str) -> None:
        """Something of that name happened: whoever waits for it in ``run_until`` gets control back."""
        if topic == self._waiting_for:
            self._signalled = True
            if self._processor is not None and self._running_to_ns is not None:
                self._running_to_ns = self.now_ns
                self._processor.set_deadline(self.now_ns)

    def run_until(self, until_ns: int, *, wake_on: str | None = None) -> bool:
        """Let the world go on to ``until_ns``, or to the moment ``wake_on`` is signalled.

        Returns True if it was the signal that ended it. Never goes back in time.
        """
        if until_ns < self.now_ns:
            raise WorldError(f"time goes forward only: asked for {until_ns} ns at {self.now_ns} ns")
        self._waiting_for, self._signalled = wake_on, False
        try:
            while True:
                self._take_due_events(until_ns)
                if self._signalled:
                    return True
                if self.now_ns >= until_ns:
                    return False
                target = min(self._events[0][0], until_ns) if self._events else until_ns
                self._execute_to(target)
        finally:
            self._waiting_for = None

    def run_until_quiet(self, gap_ns: int, topic: str, wants_more: Callable[[], bool]) -> None:
        """Let the world go on until ``topic`` was not signalled for ``gap_ns``, or enough has come.

        The same as ``run_until`` again after each signal, without the way out and in: an octet is a signal.
        """
        self._waiting_for, self._signalled = topic, False
        until_ns = self.now_ns + gap_ns
        try:
            while True:
                self._take_due_events(until_ns)
                if self._signalled:
                    if not wants_more():
                        return
                    self._signalled, until_ns = False, self.now_ns + gap_ns
                elif self.now_ns >= until_ns:
                    return
                else:
                    self._execute_to(min(self._events[0][0], until_ns) if self._events else until_ns)
        finally:
            self._waiting_for = None

    def _execute_to(self, target_ns: int) -> None:
        if self._processor is None:
            self.now_ns = target_ns
            return
        self._running_to_ns = target_ns
        try:
            self._processor.run_until(target_ns)
            # An MMIO access may have scheduled something earlier than the target: time stands there now.
            self.now_ns = max(self.now_ns, self._running_to_ns)
        finally:
            self._running_to_ns = None

    def _take_due_events(self, until_ns: int) -> None:
        events = self._events
        while events and events[0][0] <= self.now_ns and not self._signalled:
            if events[0][0] > until_ns:
                return
            _, _, component, kind, argument = heapq.heappop(events)
            self._components[component].on_event(kind, argument)
            events = self._events

    def snapshot(self) -> Snapshot:
        """Everything there is, now. Only between calls of ``run_until``."""
        return Snapshot(
            now_ns=self.now_ns,
            sequence=self._sequence,
            label=self.label,
            events=sorted(self._events, key=lambda event: event[:2]),
            streams={name: copy_plain(stream.state) for name, stream in self._streams.items()},
            components={name: component.capture() for name, component in self._components.items()},
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to ``snapshot``; the world then goes on exactly as it did after the snapshot was taken."""
        if snapshot.components.keys() != self._components.keys():
            raise WorldError("the snapshot is of a world with other components; restore it in its own")
        self.now_ns = snapshot.now_ns
        self._sequence = snapshot.sequence
        self.label = snapshot.label
        self._events = list(snapshot.events)
        self._streams = {}
        for name, state in snapshot.streams.items():
            stream = SeededStream(b"")
            stream.state = copy_plain(state)
            self._streams[name] = stream
        for name, component in self._components.items():
            component.restore(snapshot.components[name])
