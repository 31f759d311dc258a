"""A switch contact as an oscilloscope saw it: its openings, with the bounce at either end told apart.

A contact bounces for some milliseconds when it opens and when it closes. Two edges closer together than
``bounce_ns`` belong to one movement; what lies between two movements is the settled state.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.measure.waveform import Edges

BOUNCE_NS = 8_000_000
"""Longest bounce of the small snap-action switches used as case switches: 5 ms by their data sheets, with room."""


@dataclass(frozen=True)
class Opening:
    """One opening; times in ns on the waveform's axis, for a contact that is high when open."""

    first_edge_ns: float
    settled_from_ns: float
    settled_to_ns: float
    last_edge_ns: float
    uncertainty_ns: float
    """Expanded (k = 2) uncertainty of a difference of two of these times."""

    @property
    def envelope_ns(self) -> float:
        """From the first edge to the last: the contact was open for no longer than this."""
        return self.last_edge_ns - self.first_edge_ns

    @property
    def settled_ns(self) -> float:
        """Without the bounce at either end: the contact was open for no less than this."""
        return self.settled_to_ns - self.settled_from_ns

    @property
    def envelope_ms(self) -> float:
        """``envelope_ns`` in ms."""
        return self.envelope_ns / 1e6

    @property
    def settled_ms(self) -> float:
        """``settled_ns`` in ms."""
        return self.settled_ns / 1e6


def find_openings(edges: Edges, uncertainty_ns: float, bounce_ns: float = BOUNCE_NS) -> list[Opening]:
    """The openings that begin and end inside the waveform, in order of time.

    A contact that was open from the start, or is open at the end, gives no opening there: nobody saw both of its ends.
    """
    movements = _movements(edges, bounce_ns)
    openings: list[Opening] = []
    opened: tuple[float, float] | None = None
    was_high = bool(edges.initial_level)
    for first, last, ends_high in movements:
        if ends_high and not was_high:
            opened = (first, last)
        elif not ends_high and opened is not None:
            openings.append(Opening(opened[0], opened[1], first, last, uncertainty_ns))
            opened = None
        elif not ends_high and not was_high:  # a chatter: open and closed again within one bounce time, never settled
            openings.append(Opening(first, last, last, last, uncertainty_ns))
        was_high = ends_high
    return openings


def _movements(edges: Edges, bounce_ns: float) -> list[tuple[float, float, bool]]:
    """Groups of edges closer than ``bounce_ns``: first edge, last edge, level after the last."""
    movements: list[tuple[float, float, bool]] = []
    for index, at_ns in enumerate(edges.times_ns.tolist()):
        level = edges.level_after(index)
        if movements and at_ns - movements[-1][1] < bounce_ns:
            movements[-1] = (movements[-1][0], at_ns, level)
        else:
            movements.append((at_ns, at_ns, level))
    return movements
