"""Bringing a bench up: everything on it must be what its file says, before any test may judge anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.bench.bench import Bench
from harness.bench.errors import BenchError, BringUpError
from harness.bench.files import BenchFile
from harness.instruments.errors import InstrumentError
from harness.instruments.open import open_instrument
from harness.instruments.visa import Identity, Traffic
from harness.meter.errors import MeterError
from harness.meter.sign_on import check_identification, sign_on

NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class BringUp:
    """What was found. ``cause`` is why the bench did not come up, empty if it did."""

    utc_ns: int
    identities: dict[str, Identity] = field(default_factory=dict)
    cause: str = ""


def bring_up(bench: Bench, traffic: Callable[[str], Traffic]) -> BringUp:
    """Bring the bench up; ``traffic(channel)`` gives the recorder of one channel's exchanges.

    Never raises for what a bench can do wrong: that is the cause, and the run goes on to say it.
    """
    utc_ns = bench.clock.utc_ns()
    identities: dict[str, Identity] = {}
    try:
        for role in bench.file.instruments:
            identities[role] = _bring_up_instrument(bench, role, traffic(role))
        check_calibration(bench.file, utc_ns)
        check_meter(bench)
    except (BenchError, InstrumentError, MeterError) as error:
        return BringUp(utc_ns, identities, f"{type(error).__name__}: {error}")
    return BringUp(utc_ns, identities)


def _bring_up_instrument(bench: Bench, role: str, traffic: Traffic) -> Identity:
    with open_instrument(bench, role, traffic) as instrument:
        instrument.reset()
        identity: Identity = instrument.identity()
        for name, channel in bench.file.instrument(role).channels.items():
            if instrument.closed(channel):  # raises for a channel that the unit hasn't
                raise BringUpError(f"instrument {role!r}: channel {channel} ({name}) is closed after a reset")
    return identity


def check_calibration(file: BenchFile, utc_ns: int) -> None:
    """Refuse instruments out of calibration on the bench's date; raises BringUpError."""
    today = datetime.fromtimestamp(utc_ns // NS_PER_S, UTC).date()
    for role, entry in file.instruments.items():
        if not entry.calibrated_on <= today <= entry.calibrated_until:
            raise BringUpError(
                f"instrument {role!r}: calibrated from {entry.calibrated_on} until {entry.calibrated_until}, "
                f"but the bench's date is {today}; have it calibrated and enter the new certificate"
            )


def check_meter(bench: Bench) -> None:
    """The meter at the optical port must be the one of the meter file; raises BringUpError."""
    link = bench.open_link("optical")
    try:
        answer = sign_on(link, bench.clock)
    finally:
        link.close()
    check_identification(answer.identification, bench.meter)
