"""Looking at everything on a bench without testing anything: what ``tamperbench bench check`` finds.

A run's bring-up ends at the first thing that is not as the bench file says; here all of them are told at once. Each
instrument is opened, identified and reset as a run would do it, so relays open and outputs go off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from harness.bench.bench import Bench
from harness.bench.errors import BenchError
from harness.bench.files import InstrumentEntry
from harness.instruments.errors import InstrumentError
from harness.instruments.open import open_instrument
from harness.meter.errors import MeterError
from harness.meter.sign_on import check_identification, sign_on

NS_PER_S = 1_000_000_000
DUE_SOON_DAYS = 30
OPTICAL = "optical"


@dataclass(frozen=True)
class Finding:
    """What was found of one instrument, link or meter. ``problem`` is empty if a run could use it."""

    name: str
    what: str
    serial: str = ""
    calibrated_until: str = ""
    round_trip_ns: int | None = None
    details: tuple[str, ...] = ()
    problem: str = ""


class Exchanges:
    """Listens to what one driver says and hears."""

    def __init__(self) -> None:
        self.round_trip_ns: int | None = None
        """The shortest time from the last message out to the next one back: no waiting for relays in it."""
        self.asked_for_errors = False
        self.errors: list[str] = []
        self._sent: tuple[str, int] | None = None

    def __call__(self, direction: str, data: object, at_ns: int) -> None:
        """One exchange."""
        if direction == ">":
            self._sent = (str(data), at_ns)
            return
        if self._sent is None:
            return
        question, sent_ns = self._sent
        self._sent = None
        took_ns = at_ns - sent_ns
        self.round_trip_ns = took_ns if self.round_trip_ns is None else min(took_ns, self.round_trip_ns)
        if "ERR" in question.upper():
            self.asked_for_errors = True
            if not str(data).lstrip("+").startswith("0"):
                self.errors.append(str(data))

    @property
    def error_text(self) -> str:
        """The error queue in words."""
        if self.errors:
            return "; ".join(self.errors)
        return "none" if self.asked_for_errors else "has no queue"


def check_bench(bench: Bench) -> Iterator[Finding]:
    """Every instrument, then every link, then the meter; one after the other, as they are found."""
    today = datetime.fromtimestamp(bench.clock.utc_ns() // NS_PER_S, UTC).date()
    for role in bench.file.instruments:
        yield _check_instrument(bench, role, today)
    for name in bench.file.links:
        yield _check_link(bench, name)
    if OPTICAL in bench.file.links:
        yield _check_meter(bench)


def _check_instrument(bench: Bench, role: str, today: date) -> Finding:
    entry = bench.file.instruments[role]
    exchanges = Exchanges()
    what, serial, problem = f"{entry.driver} at {entry.resource}", "", ""
    details: list[str] = []
    try:
        with open_instrument(bench, role, exchanges) as driver:
            driver.reset()
            identity = driver.identity()
        model, remarked, remark = identity.model.partition(" (")
        maker = re.sub(r"(?i)[ ,]+(technologies|inc\.?|corp\.?|gmbh|co\.?|ltd\.?)\b.*", "", identity.maker)
        what, serial = f"{maker} {model}", identity.serial
        details += [f"firmware {identity.firmware}", *([remark.rstrip(")")] if remarked else [])]
    except (BenchError, InstrumentError) as error:
        problem = str(error)
    if exchanges.round_trip_ns is not None:
        details.append(f"errors: {exchanges.error_text}")
    if entry.limits:
        details.append("at most " + ", ".join(f"{name} {value:g}" for name, value in entry.limits.items()))
    state, wrong = calibration_state(entry, today)
    if state:
        details.append(state)
    if wrong:
        problem = "; ".join(filter(None, (problem, f"instrument {role!r}: {wrong}")))
    return Finding(
        name=role,
        what=what,
        serial=serial,
        calibrated_until=f"{entry.calibrated_until}",
        round_trip_ns=exchanges.round_trip_ns,
        details=tuple(details),
        problem=problem,
    )


def calibration_state(entry: InstrumentEntry, today: date) -> tuple[str, str]:
    """What is remarkable about its calibration, and what is wrong with it (each empty if nothing is)."""
    left = (entry.calibrated_until - today).days
    if today < entry.calibrated_on:
        return "CALIBRATION NOT BEGUN", f"its calibration of {entry.calibrated_on} lies after today, {today}"
    if left < 0:
        return "CALIBRATION ENDED", (
            f"its calibration ended on {entry.calibrated_until}, today is {today}; have it calibrated and enter the "
            "new certificate"
        )
    return (f"calibration ends in {left} days" if left <= DUE_SOON_DAYS else ""), ""


def _check_link(bench: Bench, name: str) -> Finding:
    address = bench.file.links[name].address
    try:
        bench.open_link(name).close()
    except BenchError as error:
        return Finding(name, address, problem=f"link {name!r}: {error}")
    return Finding(name, f"{address} opens")


def _check_meter(bench: Bench) -> Finding:
    """By its own identification; the time is that of the whole sign-on at 300 baud."""
    expected = f"expected {bench.meter.meter.identification!r}"
    began_ns = bench.clock.now_ns()
    try:
        link = bench.open_link(OPTICAL)
        try:
            answer = sign_on(link, bench.clock)
        finally:
            link.close()
        found = check_identification(answer.identification, bench.meter)
    except (BenchError, MeterError) as error:
        return Finding("meter", expected, problem=f"meter: {error}")
    took_ns = bench.clock.now_ns() - began_ns
    return Finding("meter", found, round_trip_ns=took_ns, details=("signs on as its meter file says",))
