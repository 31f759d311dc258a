"""Signing on at an optical port over a byte link, and whether it is the meter that was expected."""

from __future__ import annotations

from harness.bench.clock import Clock
from harness.bench.errors import BringUpError, LinkTimeoutError
from harness.bench.files import MeterFile
from harness.bench.link import ByteLink
from harness.meter.optical import Answer, Identification, SignOn

# Request (5 characters) and the longest identification (23) at 300 baud 7E1 take 0.94 s, the meter may
# think for 1.5 s: 4 s leave room for an echo.
DEFAULT_TIMEOUT_NS = 4_000_000_000


def sign_on(link: ByteLink, clock: Clock, address: str = "", timeout_ns: int = DEFAULT_TIMEOUT_NS) -> Answer:
    """Send the request and wait for the identification until ``timeout_ns`` have passed on the bench clock."""
    exchange = SignOn(address)
    deadline_ns = clock.now_ns() + timeout_ns
    link.write(exchange.request)
    while (left_ns := deadline_ns - clock.now_ns()) > 0:
        for received in link.read(left_ns):
            answer = exchange.feed(received.data, received.at_ns)
            if answer is not None:
                return answer
    raise LinkTimeoutError(
        f"optical port: expected an identification within {timeout_ns / 1e9:g} s of {exchange.request!r}, "
        "none came; check that the head is seated, that the meter is powered and the address is its own"
    )


def check_identification(answer: Identification, meter: MeterFile) -> str:
    """The identification line, if it is the meter file's; raises BringUpError."""
    found = answer.encode().decode("ascii").rstrip("\r\n")
    expected = meter.meter.identification
    if found != expected:
        raise BringUpError(
            f"the meter signs on as {found!r}, the meter file says {expected!r}; "
            "another meter is on the bench, or the file is of another meter"
        )
    return found
