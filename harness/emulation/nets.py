"""Named electrical nets: the wires an instrument's probe can be put on, with their recent past.

A net is digital at its source (a logic level with a supply voltage and an edge time); a serial line is told as
whole frames, since ten edges per character would only be rebuilt from them. What a probe sees as voltage is made
by the instrument, from ``edges_between``.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

from harness.emulation.errors import NotModelledError
from harness.emulation.world import PlainComponent, World

HISTORY_NS = 100_000_000_000
"""How far back a net remembers: longer than any acquisition of the emulated instruments (the oscilloscope's
``SECONDS_RANGE`` and ``POSITION`` are held to it)."""


@dataclass
class NetState:
    """The level before the first remembered edge, then the edges, times beside levels after; who asked to be called.

    As memory, not as lists: a line that has sent for long remembers many, and every snapshot copies them.
    """

    level: bool
    initial_level: bool
    times_ns: array[int] = field(default_factory=lambda: array("q"))
    levels: bytearray = field(default_factory=bytearray)
    listeners: list[str] = field(default_factory=list)


class Net(PlainComponent):
    """One digital net."""

    state: NetState

    def __init__(self, world: World, name: str, *, level: bool, high_mV: int = 3300, edge_ns: int = 20) -> None:
        self.high_mV = high_mV
        self.edge_ns = edge_ns
        self.state = NetState(level=level, initial_level=level)
        super().__init__(world, name)

    def drive(self, level: bool) -> None:
        """Put the net on ``level`` now; who asked for it hears of a change."""
        if level == self.state.level:
            return
        self._remember(self.world.now_ns, level)
        self.state.level = level
        if self.state.listeners:
            self._call(self.world.now_ns)

    def send_frame(self, bits: tuple[bool, ...], bit_fs: int, start_ns: int | None = None) -> int:
        """Put a serial character (start bit first) on the line from now on; returns when its last bit ends, in ns.

        The edges lie in the future for some bit times, so a reader asks only for what is already past. A sender of
        characters back to back gives ``start_ns``, the exact end of the one before: its event may come an
        instruction later, and characters must not drift apart by that.
        """
        state = self.state
        if start_ns is None:
            start_ns = self.world.now_ns
        if state.times_ns and state.times_ns[-1] > start_ns:
            raise NotModelledError(f"net {self.name}: a character at {start_ns} ns overlaps the one before")
        places, levels = _edges_of(bits, state.level)
        if places:
            self._forget(start_ns)
            state.times_ns.extend([start_ns + index * bit_fs // 1_000_000 for index in places])
            state.levels += bytes(levels)
            state.level = levels[-1]
        if state.listeners and bits and not bits[0]:
            self._call(max(start_ns, self.world.now_ns))
        return start_ns + len(bits) * bit_fs // 1_000_000

    def cut_frame(self) -> None:
        """The sender died (reset, power): what it would still have sent does not happen, the line goes idle (high)."""
        state = self.state
        keep = bisect_right(state.times_ns, self.world.now_ns)
        if keep < len(state.times_ns):
            del state.times_ns[keep:], state.levels[keep:]
            state.level = bool(state.levels[-1]) if state.levels else state.initial_level
        self.drive(True)

    def level_at(self, at_ns: int) -> bool:
        """The level just after ``at_ns``."""
        index = bisect_right(self.state.times_ns, at_ns)
        return bool(self.state.levels[index - 1]) if index else self.state.initial_level

    def edges_between(self, from_ns: int, to_ns: int) -> tuple[bool, list[int]]:
        """The level just before ``from_ns``; the times of the edges with ``from_ns <= t < to_ns``, which alternate."""
        times = self.state.times_ns
        first, last = bisect_left(times, from_ns), bisect_left(times, to_ns)
        before = bool(self.state.levels[first - 1]) if first else self.state.initial_level
        return before, times[first:last].tolist()

    def told_by_ns(self, to_ns: int) -> int:
        """When all edges before ``to_ns`` will be known: at once here; some nets are told in larger pieces."""
        return to_ns

    def call_once(self, watcher: str) -> None:
        """Have the event ``"edge"`` (argument: the net's name) sent to the component ``watcher`` at the next edge."""
        if watcher not in self.state.listeners:
            self.state.listeners.append(watcher)

    def _call(self, at_ns: int) -> None:
        listeners, self.state.listeners = self.state.listeners, []
        for watcher in listeners:
            self.world.schedule(at_ns, watcher, "edge", self.name)

    def _remember(self, at_ns: int, level: bool) -> None:
        self._forget(at_ns)
        self.state.times_ns.append(at_ns)
        self.state.levels.append(level)

    def _forget(self, at_ns: int) -> None:
        """What lies too far before ``at_ns`` is dropped, now and then."""
        state = self.state
        horizon = at_ns - HISTORY_NS
        if state.times_ns and state.times_ns[0] < horizon - HISTORY_NS:
            cut = bisect_left(state.times_ns, horizon)
            state.initial_level = bool(state.levels[cut - 1])
            del state.times_ns[:cut], state.levels[:cut]


@lru_cache(maxsize=2048)
def _edges_of(bits: tuple[bool, ...], level: bool) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Before which bits of a character the line changes, coming from ``level``, and to what."""
    before = (level, *bits)
    places = tuple(index for index, bit in enumerate(bits) if bit != before[index])
    return places, tuple(bits[index] for index in places)
