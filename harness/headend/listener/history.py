"""What was received before from one meter: enough to tell new, repeated, replayed and reordered apart."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SeenAlert:
    """One counter value that was used, by which event, and when it was last confirmed."""

    event_octets: bytes
    received_at_ns: int
    confirmed_at_ns: int | None = None


@dataclass
class CarriedHistory:
    """What one test's listener hands to the next one's, where the meter goes on from test to test.

    ``told``: the octets of each event that a test was told of, so that its copies stay copies.
    """

    highest_counter: int | None = None
    told: set[bytes] = field(default_factory=set)


@dataclass
class AlertHistory:
    """The authentic alerts so far, by counter. ``floor`` is the highest counter known from before."""

    floor: int | None = None
    by_counter: dict[int, SeenAlert] = field(default_factory=dict)

    @property
    def highest_counter(self) -> int | None:
        """The highest counter that was used; None before the first alert."""
        known = [*self.by_counter, *(() if self.floor is None else (self.floor,))]
        return max(known, default=None)

    def remember(self, counter: int, event_octets: bytes, received_at_ns: int) -> None:
        """Note an authentic alert; the first event under a counter stay, whatever comes later."""
        self.by_counter.setdefault(counter, SeenAlert(event_octets, received_at_ns))

    def confirmed(self, counter: int, at_ns: int) -> None:
        """Note that the alert under ``counter`` was confirmed at ``at_ns``."""
        seen = self.by_counter[counter]
        self.by_counter[counter] = SeenAlert(seen.event_octets, seen.received_at_ns, at_ns)
