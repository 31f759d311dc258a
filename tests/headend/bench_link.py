"""A link on which a schedule of octets arrives, with the clock that reading it moves."""

from dataclasses import dataclass, field

from harness.bench.link import Received
from tests.meter.hand_written import EVENT_UTC_NS

MS = 1_000_000
S = 1_000_000_000
# The bench clock's zero lies 90 ms after the event of the hand-written alert.
ZERO_UTC_NS = EVENT_UTC_NS + 90 * MS


@dataclass
class BenchLink:
    """Clock and link in one: octets become readable at their time, waiting moves the time on."""

    arriving: list[tuple[int, bytes]] = field(default_factory=list)
    ns: int = 0
    written: list[tuple[int, bytes]] = field(default_factory=list)
    closed: bool = False

    def now_ns(self) -> int:
        return self.ns

    def utc_ns(self) -> int:
        return ZERO_UTC_NS + self.ns

    def sleep_ns(self, duration_ns: int) -> None:
        self.ns += max(0, duration_ns)

    def arrive(self, at_ns: int, data: bytes) -> None:
        self.arriving.append((at_ns, data))
        self.arriving.sort(key=lambda item: item[0])

    def write(self, data: bytes) -> None:
        self.written.append((self.ns, data))

    def read(self, timeout_ns: int) -> list[Received]:
        deadline_ns = self.ns + timeout_ns
        if self.arriving and self.arriving[0][0] <= deadline_ns:
            self.ns = max(self.ns, self.arriving[0][0])
        else:
            self.ns = deadline_ns
        due = [Received(at_ns, data) for at_ns, data in self.arriving if at_ns <= self.ns]
        self.arriving = [item for item in self.arriving if item[0] > self.ns]
        return due

    def close(self) -> None:
        self.closed = True
