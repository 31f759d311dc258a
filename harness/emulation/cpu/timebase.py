"""Between cycles and nanoseconds, in integers only, so that every machine gives the same times."""

from __future__ import annotations

from dataclasses import dataclass

FS_PER_NS = 1_000_000
_PPB = 1_000_000_000


@dataclass
class Timebase:
    """Cycle ``base_cycles`` stands at ``base_fs``; from there a cycle lasts 1e15/hz fs times (1 + error_ppb·1e-9).

    A step of the clock moves the base to now, rounding it down by less than 1 fs.
    """

    hz: int
    error_ppb: int
    base_cycles: int = 0
    base_fs: int = 0

    def fs_at(self, cycles: int) -> int:
        """The time of a cycle in femtoseconds, rounded down."""
        return self.base_fs + (cycles - self.base_cycles) * (_PPB + self.error_ppb) * FS_PER_NS // self.hz

    def ns_at(self, cycles: int) -> int:
        """The time of a cycle in nanoseconds, rounded down."""
        # fs_at written out: this is called at every bus access.
        ahead_fs = (cycles - self.base_cycles) * (_PPB + self.error_ppb) * FS_PER_NS // self.hz
        return (self.base_fs + ahead_fs) // FS_PER_NS

    def cycle_at(self, at_ns: int) -> int:
        """The first cycle at or after ``at_ns``."""
        ahead_fs = at_ns * FS_PER_NS - self.base_fs
        return self.base_cycles - (-ahead_fs * self.hz) // ((_PPB + self.error_ppb) * FS_PER_NS)

    @property
    def parts(self) -> tuple[int, int, int, int, int]:
        """The same for the native core, in numbers of 64 bits (``struct tb_time``)."""
        return self.base_cycles, *divmod(self.base_fs, FS_PER_NS), self.hz, _PPB + self.error_ppb

    def rebase(self, cycles: int, at_fs: int, hz: int, error_ppb: int) -> None:
        """From ``cycles`` at ``at_fs`` on, the clock runs at this rate."""
        self.hz, self.error_ppb, self.base_cycles, self.base_fs = hz, error_ppb, cycles, at_fs
