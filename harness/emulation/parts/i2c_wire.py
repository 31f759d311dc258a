"""The two wires of an I2C bus, SCL and SDA, as a probe finds them: kept as whole bytes, made into edges when asked.

A meter that reads its sensor ten times a second for hours would make two million edges an hour that nobody looks at.
So the master tells a step of its work (address byte, data byte, STOP) once, when it is over, as three numbers.

Shape of a bit, as the LM3S6965's master makes it: SCL low for six tenths of the bit and high for four (data sheet,
chapter "I2C Interface": SCL_LP = 6, SCL_HP = 4); a bit ends with SCL falling. SDA changes a tenth of a bit after that
[assumed], long enough for UM10204's hold time of 0. A START takes one bit time of its own, a repeated START two
[assumed: the data sheet gives no figure; set-up and hold times are then those that UM10204 table 10 asks for]. Between
bytes the master holds SCL low, and SDA stays where the acknowledge left it [assumed; it means nothing while SCL is
low]. No part on the board stretches the clock. Of a read byte that is cut off by a reset, the device's bits are not
known: SDA is shown high.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

from harness.emulation.errors import NotModelledError
from harness.emulation.nets import HISTORY_NS, Net
from harness.emulation.plain import copy_plain
from harness.emulation.world import PlainComponent, World

BITS_PER_BYTE = 9
"""Eight and the acknowledge."""
EDGE_NS = 100
"""An edge's time on a wire with a pull-up of some kilohms and 50 pF; UM10204 allows 300 ns at 400 kHz."""


class Told(IntEnum):
    """What a step was."""

    START = 0
    """START and a byte with its acknowledge."""
    REPEATED_START = 1
    BYTE = 2
    STOP = 3
    FREE = 4
    """The pull-ups take both wires high at this instant: supply comes, or a master lets go."""
    DEAD = 5
    """No supply: both wires low from this instant."""


STEP_BITS = (1 + BITS_PER_BYTE, 2 + BITS_PER_BYTE, BITS_PER_BYTE, 1, 0, 0)
"""How long each kind of step takes, in bit times."""

_KIND_MASK, _NACK_SHIFT, _BYTE_SHIFT, _BIT_NS_SHIFT = 7, 3, 4, 12
"""A step is kept as one number: kind, acknowledge bit, byte, bit time in ns."""


def step_number(kind: Told, byte: int, nack: bool, bit_ns: int) -> int:
    """A step as one number."""
    return bit_ns << _BIT_NS_SHIFT | byte << _BYTE_SHIFT | nack << _NACK_SHIFT | kind


class Master(Protocol):
    """Who keeps a log of the steps it made, and begins steps without telling."""

    def show_step(self) -> None:
        """It matters whether a step is under way: tell of it."""

    def collect(self) -> None:
        """Hand over the log (:meth:`I2cWire.tell_all`)."""

    def discard(self) -> None:
        """Forget the log."""

    def watch(self, on: bool) -> None:
        """From now on hand over each step at once, or no longer."""


Edge = tuple[int, bool, bool]
"""When (ns), on which wire (True: SDA), to which level."""


@dataclass
class WireState:
    """The steps still remembered, by the time they began; what was before them; the one under way."""

    starts_ns: array[int] = field(default_factory=lambda: array("q"))
    steps: array[int] = field(default_factory=lambda: array("q"))
    before: int = int(Told.DEAD)
    """The last step that was forgotten."""
    busy_from_ns: int = 0
    busy_to_ns: int = 0
    busy_step: int = -1
    """What is known of the step under way; -1: none is."""
    listeners: list[tuple[str, str]] = field(default_factory=list)
    """Who wants to hear of the next step, once: component, and the net it named."""


class I2cWire(PlainComponent):
    """Both wires of a bus; the nets a probe goes on are its ``I2cLine``s."""

    def __init__(self, world: World, name: str) -> None:
        self._state = WireState()
        self.master: Master | None = None
        super().__init__(world, name)

    @property
    def state(self) -> WireState:
        """What was done to the wires by now."""
        if self.master is not None:
            self.master.collect()
        return self._state

    def restore(self, state: Any) -> None:
        """Take back what ``capture`` gave."""
        self._state = copy_plain(state)
        if self.master is not None:
            self.master.discard()
            self.master.watch(bool(self._state.listeners))

    def _show_step(self) -> None:
        if self.master is not None:
            self.master.show_step()

    def call_once(self, component: str, net: str) -> None:
        """Have the event ``"edge"`` for ``net`` sent to ``component`` at the end of the next step."""
        listeners = self.state.listeners
        if (component, net) not in listeners:
            listeners.append((component, net))
        if self.master is not None:
            self.master.watch(on=True)

    def begin(self, kind: Told, byte: int, bit_ns: int, end_ns: int, *, from_ns: int | None = None) -> None:
        """The master begins a step that ends at ``end_ns``; ``byte`` is what it sends (FF where it reads).

        It begins now, or began at ``from_ns``.
        """
        state = self.state
        state.busy_from_ns, state.busy_to_ns = self.world.now_ns if from_ns is None else from_ns, end_ns
        state.busy_step = step_number(kind, byte, True, bit_ns)

    def end(self, byte: int, acknowledged: bool) -> None:
        """The step begun last ended now: the byte that was on the wire and whether it was acknowledged."""
        state = self.state
        kept = state.busy_step & ~(0x1FF << _NACK_SHIFT)
        self.tell(state.busy_from_ns, kept | byte << _BYTE_SHIFT | (not acknowledged) << _NACK_SHIFT)

    def tell(self, from_ns: int, step: int) -> None:
        """A step that began at ``from_ns`` ended now; ``step``: see :func:`step_number`."""
        self._tell(from_ns, step, self.world.now_ns)

    def tell_all(self, from_ns: Sequence[int], to_ns: Sequence[int], steps: Sequence[int]) -> None:
        """Steps that began and ended then."""
        state = self._state
        first_ns = state.starts_ns[0] if state.starts_ns else from_ns[0]
        if state.listeners or first_ns < to_ns[-1] - 2 * HISTORY_NS:
            for began_ns, step, ended_ns in zip(from_ns, steps, to_ns, strict=True):
                self._tell(began_ns, step, ended_ns)
            return
        state.starts_ns.extend(from_ns)
        state.steps.extend(steps)
        state.busy_step, state.busy_from_ns, state.busy_to_ns = -1, 0, 0

    def _tell(self, from_ns: int, step: int, now_ns: int) -> None:
        state = self._state
        state.starts_ns.append(from_ns)
        state.steps.append(step)
        # All three: a snapshot must not tell whether somebody had looked at the step while it was under way.
        state.busy_step, state.busy_from_ns, state.busy_to_ns = -1, 0, 0
        if state.listeners:
            self._call()
        if state.starts_ns[0] < now_ns - 2 * HISTORY_NS:
            self._forget(now_ns)

    def let_go(self) -> None:
        """The master was reset, possibly in the middle of a byte: what it held low goes high."""
        self._show_step()
        state = self.state
        last = state.steps[-1] & _KIND_MASK if state.steps else state.before & _KIND_MASK
        if state.busy_step >= 0 or last <= Told.BYTE:
            self.power(True)

    def power(self, on: bool) -> None:
        """The pull-ups' supply comes or goes, or (also ``on``) both wires are let go of."""
        self._show_step()
        state = self.state
        if state.busy_step >= 0:
            # Expanding it stops where the next step begins.
            state.starts_ns.append(state.busy_from_ns)
            state.steps.append(state.busy_step)
            state.busy_step = -1
        state.starts_ns.append(self.world.now_ns)
        state.steps.append(int(Told.FREE if on else Told.DEAD))
        self._call()

    def told_by_ns(self, to_ns: int) -> int:
        """When all that happens on the wires before ``to_ns`` will have been told, as far as it is known now."""
        self._show_step()
        state = self.state
        under_way = state.busy_step >= 0 and state.busy_from_ns < to_ns
        return max(to_ns, state.busy_to_ns) if under_way else to_ns

    def edges_between(self, from_ns: int, to_ns: int, *, sda: bool) -> tuple[bool, list[int]]:
        """One wire's level just before ``from_ns``, and the times of its edges with ``from_ns <= t < to_ns``."""
        state = self.state
        index = max(bisect_left(state.starts_ns, from_ns) - 1, 0)
        level = _levels_after(state.steps[index - 1] if index else state.before)[sda]
        edges: list[int] = []
        initial = level
        while index < len(state.steps) and state.starts_ns[index] < to_ns:
            for at_ns, on_sda, to_level in self._expand(index):
                if on_sda == sda and to_level != level and at_ns < to_ns:
                    level = to_level
                    if at_ns < from_ns:
                        initial = level
                    else:
                        edges.append(at_ns)
            index += 1
        return initial, edges

    def _expand(self, index: int) -> list[Edge]:
        state = self.state
        edges = _expand_step(state.starts_ns[index], state.steps[index])
        if index + 1 < len(state.steps) and state.steps[index + 1] & _KIND_MASK >= Told.FREE:
            return [edge for edge in edges if edge[0] < state.starts_ns[index + 1]]
        return edges

    def _forget(self, now_ns: int) -> None:
        state = self._state
        cut = bisect_left(state.starts_ns, now_ns - HISTORY_NS)
        while cut and state.steps[cut] & _KIND_MASK >= Told.FREE:
            cut -= 1
        if cut:
            state.before = state.steps[cut - 1]
            del state.starts_ns[:cut], state.steps[:cut]

    def _call(self) -> None:
        state = self._state
        listeners, state.listeners = state.listeners, []
        if self.master is not None:
            self.master.watch(on=False)
        for component, net in listeners:
            self.world.schedule(self.world.now_ns, component, "edge", net)


class I2cLine(Net):
    """One of the two wires as a net."""

    def __init__(self, world: World, name: str, wire: I2cWire, *, sda: bool) -> None:
        super().__init__(world, name, level=False, edge_ns=EDGE_NS)
        self._wire = wire
        self._sda = sda

    def drive(self, level: bool) -> None:
        """Not to be driven from outside: the wire follows the bus."""
        raise NotModelledError(f"net {self.name}: only the bus drives it; there is no second master on the board")

    def level_at(self, at_ns: int) -> bool:
        """The level just after ``at_ns``, as far as it was told."""
        before, edges = self._wire.edges_between(at_ns, at_ns + 1, sda=self._sda)
        return before != bool(len(edges) % 2)

    def edges_between(self, from_ns: int, to_ns: int) -> tuple[bool, list[int]]:
        """As ``Net.edges_between``; a step under way is not in it, see ``told_by_ns``."""
        return self._wire.edges_between(from_ns, to_ns, sda=self._sda)

    def told_by_ns(self, to_ns: int) -> int:
        """When all edges before ``to_ns`` will be known: a step is told at its end."""
        return self._wire.told_by_ns(to_ns)

    def call_once(self, watcher: str) -> None:
        """Have the event ``"edge"`` sent to ``watcher`` when the bus next does anything."""
        self._wire.call_once(watcher, self.name)


def _levels_after(step: int) -> tuple[bool, bool]:
    """SCL and SDA when the step is over and nothing has followed."""
    kind = step & _KIND_MASK
    if kind <= Told.BYTE:
        return False, bool(step >> _NACK_SHIFT & 1)
    return (False, False) if kind == Told.DEAD else (True, True)


def _expand_step(start_ns: int, step: int) -> list[Edge]:
    """What is done to the wires in a step, in order of time; also what changes nothing."""
    kind, bit_ns = step & _KIND_MASK, step >> _BIT_NS_SHIFT

    def at(tenths: int) -> int:
        return start_ns + tenths * bit_ns // 10

    if kind >= Told.FREE:
        return [(start_ns, wire, kind == Told.FREE) for wire in (False, True)]
    if kind == Told.STOP:
        return [(at(1), True, False), (at(6), False, True), (at(10), True, True)]
    edges: list[Edge] = []
    if kind == Told.START:
        edges = [(at(5), True, False), (at(10), False, False)]
    elif kind == Told.REPEATED_START:
        edges = [(at(1), True, True), (at(6), False, True), (at(13), True, False), (at(20), False, False)]
    first_bit = STEP_BITS[kind] - BITS_PER_BYTE
    for place in range(BITS_PER_BYTE):
        bit = bool(step >> _NACK_SHIFT + BITS_PER_BYTE - 1 - place & 1)
        begin = 10 * (first_bit + place)
        edges += [(at(begin + 1), True, bit), (at(begin + 6), False, True), (at(begin + 10), False, False)]
    return edges
