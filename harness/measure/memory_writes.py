"""When a serial memory on the I2C bus is written, and at which moments its supply must go to meet that.

An EEPROM takes a page in with one transfer, which writes nothing until its STOP; then it programs the page by itself
for its write cycle (Microchip DS20001203, 24LC256: 5 ms at most). A supply that goes meanwhile may leave any octet of
the page old, new or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.measure.i2c import I2cTransfer


@dataclass(frozen=True)
class MemoryWrite:
    """One write, in ns relative to the trigger: from the transfer's START to the end of the write cycle after it."""

    begin_ns: float
    end_ns: float

    def holds(self, at_ns: float) -> bool:
        """Whether a moment lies in it."""
        return self.begin_ns <= at_ns <= self.end_ns


def find_memory_writes(
    transfers: Sequence[I2cTransfer], memory: int, word_address_octets: int, cycle_ns: int
) -> list[MemoryWrite]:
    """The writes to the memory at the seven-bit address ``memory``, in order of time.

    A transfer of ``word_address_octets`` or less only sets the address that is read from next, and one that ends
    without a STOP (repeated START) writes nothing.
    """
    return [
        MemoryWrite(one.start_ns, one.end_ns + cycle_ns)
        for one in transfers
        if one.address == memory
        and not one.reading
        and one.acknowledged
        and one.stopped
        and len(one.data) > word_address_octets
    ]


def moments_within(writes: Sequence[MemoryWrite], step_ns: int) -> list[float]:
    """Moments every ``step_ns`` through each write, from half a step after its beginning.

    Every write gets one at least, however short it is.
    """
    moments: list[float] = []
    for write in writes:
        at_ns = write.begin_ns + min(step_ns, write.end_ns - write.begin_ns) / 2
        while at_ns <= write.end_ns:
            if not moments or at_ns > moments[-1]:
                moments.append(at_ns)
            at_ns += step_ns
    return moments
