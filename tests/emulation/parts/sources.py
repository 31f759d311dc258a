"""Surroundings set by hand, for the sensing parts' tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.emulation.analog_net import Segment
from harness.emulation.parts.surroundings import Place, Quantity

QUIET_NT = (0, 0, 0)


@dataclass
class HandMade:
    """Fields by place and moment of change, a temperature, the laws of the mains."""

    changes: list[tuple[int, tuple[int, int, int]]] = field(default_factory=lambda: [(0, QUIET_NT)])
    transformer_nT: tuple[int, int, int] = QUIET_NT
    board_mC: int = 25_000
    accelerations: list[tuple[int, tuple[int, int, int]]] = field(default_factory=lambda: [(0, (0, 0, 1_000_000))])
    """From when on: what an ideal accelerometer feels."""
    moving_until_ns: int = 0
    mains: dict[Quantity, list[Segment]] = field(default_factory=dict)

    def field_nT(self, place: Place, at_ns: int) -> tuple[int, int, int]:
        if place == "transformer":
            return self.transformer_nT
        return [value for since_ns, value in self.changes if since_ns <= at_ns][-1]

    def is_steady(self, from_ns: int, to_ns: int) -> bool:
        return all(not from_ns < since_ns <= to_ns for since_ns, _ in self.changes)

    def meter_mC(self, at_ns: int) -> int:
        return self.board_mC

    def terminal_mC(self, at_ns: int) -> int:
        return self.board_mC

    def acceleration_ug(self, at_ns: int) -> tuple[int, int, int]:
        return [value for since_ns, value in self.accelerations if since_ns <= at_ns][-1]

    def still_from_ns(self) -> int:
        return max(self.moving_until_ns, self.accelerations[-1][0])

    def mains_segments(self, quantity: Quantity, from_ns: int, to_ns: int) -> list[Segment]:
        laws = self.mains.get(quantity, [Segment(0)])
        first = max(index for index, law in enumerate(laws) if index == 0 or law.start_ns <= from_ns)
        return [law for law in laws[first:] if law.start_ns < to_ns] or laws[first : first + 1]


def sine(rms_u: int, *, start_ns: int = 0, frequency_mHz: int = 50_000, phase_mdeg: int = 0) -> Segment:
    """A sinusoid of that root mean square; the peak is rounded."""
    peak_u = round(rms_u * 2**0.5)
    return Segment(start_ns, peak_u=peak_u, frequency_mHz=frequency_mHz, phase_mdeg=phase_mdeg)
