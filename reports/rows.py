"""Entries of a test's record as rows of text: judgements with their budgets, series of readings, alerts, traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence.model import Alert, BudgetLine, Entry, Judgement, Reading, Scalar, Traffic
from harness.measure.verdict import Verdict
from reports.quantities import NARROW_SPACE, Scale, duration, number, places_for, quantity, scale_for, utc
from reports.words import Shown, show

FEWEST_FOR_HISTOGRAM = 3
_BINARY_LOOK = 16


@dataclass(frozen=True)
class Row:
    """A judgement as the table prints it."""

    at: str
    name: str
    value: str
    unit: str
    limit: tuple[str, ...]
    accept: tuple[str, ...]
    uncertainty: str
    shown: Shown
    requirements: tuple[str, ...]
    remarks: tuple[str, ...]
    budget: tuple[tuple[str, ...], ...]
    budget_sum: str
    budget_unit: str


@dataclass(frozen=True)
class Series:
    """Readings of one name and unit, with the judgement of the same name if there is one."""

    name: str
    unit: str
    readings: tuple[tuple[Entry, Reading], ...]
    judgement: Judgement | None

    @property
    def values(self) -> list[float]:
        """The numbers among them."""
        return [float(reading.value) for _, reading in self.readings if reading.value is not None]

    @property
    def drawn(self) -> bool:
        """Whether a histogram says more than the rows: how repeats of what was judged lie against its limits.

        Readings that nothing judged are taken under different stimuli, and their spread means nothing.
        """
        return self.judgement is not None and len(self.values) >= FEWEST_FOR_HISTOGRAM


@dataclass(frozen=True)
class Exchange:
    """One line of traffic, shortened."""

    at: str
    direction: str
    data: str
    left_out: str


@dataclass(frozen=True)
class Channel:
    """The traffic of one channel: the beginning and the end, and how many exchanges lie between."""

    name: str
    total: int
    head: tuple[Exchange, ...]
    skipped: int
    tail: tuple[Exchange, ...]


@dataclass(frozen=True)
class AlertRow:
    """One alert as received."""

    at: str
    channel: str
    outcome: str
    accepted: bool
    facts: tuple[tuple[str, str], ...]
    octets: int
    data: str


def judgement_row(at_ns: int, judgement: Judgement) -> Row:
    """One judgement; the value is never rounded onto or over one of its limits."""
    limits = (judgement.at_least, judgement.at_most, judgement.accept_at_least, judgement.accept_at_most)
    scale = scale_for(judgement.unit, [judgement.value, *limits])
    places = places_for(judgement.uncertainty, scale)
    value = number(judgement.value, scale, places=places, limits=limits)
    remarks = [judgement.reason, judgement.explanation]
    return Row(
        at=duration(at_ns),
        name=judgement.name,
        value=f"more than {value}" if judgement.lower_bound and judgement.value is not None else value,
        unit=scale.sign,
        limit=_range(judgement.at_least, judgement.at_most, scale, None),
        accept=_range(judgement.accept_at_least, judgement.accept_at_most, scale, places),
        uncertainty=_uncertainty(judgement, scale, places),
        shown=show(judgement.verdict),
        requirements=judgement.requirements,
        remarks=tuple(remark for remark in remarks if remark),
        budget=tuple(_budget_row(line) for line in judgement.budget),
        budget_sum=f"U = {judgement.uncertainty:.3g} {Scale(judgement.unit).sign}, k = {judgement.coverage_factor:.4g}",
        budget_unit=Scale(judgement.unit).sign,
    )


def shorten_judgements(
    judgements: Sequence[tuple[int, Judgement]], most: int
) -> tuple[list[tuple[int, Judgement]], int]:
    """At most ``most`` of them, those that did not pass before those that did, in their order; and how many more."""
    if len(judgements) <= most:
        return list(judgements), 0
    by_need = sorted(range(len(judgements)), key=lambda place: (judgements[place][1].verdict is Verdict.PASS, place))
    kept = sorted(by_need[:most])
    return [judgements[place] for place in kept], len(judgements) - most


def group_readings(entries: Sequence[Entry]) -> list[Series]:
    """The readings of a test by name and unit, in order of first appearance."""
    found: dict[tuple[str, str], list[tuple[Entry, Reading]]] = {}
    judged: dict[tuple[str, str], Judgement] = {}
    for entry in entries:
        if isinstance(entry.body, Reading):
            found.setdefault((entry.body.name, entry.body.unit), []).append((entry, entry.body))
        elif isinstance(entry.body, Judgement):
            judged[entry.body.name, entry.body.unit] = entry.body
    return [Series(*key, tuple(readings), judged.get(key)) for key, readings in found.items()]


def facts_text(facts: Sequence[tuple[str, Scalar]]) -> str:
    """Facts beside a value, in one line."""
    return ", ".join(f"{name} {text}" for name, text in (_fact(*fact) for fact in facts))


def alert_row(entry: Entry, alert: Alert) -> AlertRow:
    """One alert with what the listener found."""
    facts = tuple(_fact(name, value) for name, value in sorted(alert.facts.items()))
    return AlertRow(
        duration(entry.at_ns),
        alert.channel,
        alert.outcome.replace("_", " "),
        alert.outcome in {"accepted", "retransmission"},
        facts,
        len(alert.data) // 2,
        spaced_hex(alert.data, 512),
    )


def collapse_traffic(entries: Sequence[Entry], lines: int, characters: int) -> list[Channel]:
    """Each channel's first third and last two thirds of ``lines`` exchanges: an error stands at the end."""
    found: dict[str, list[tuple[int, Traffic]]] = {}
    for entry in entries:
        if isinstance(entry.body, Traffic):
            found.setdefault(entry.body.channel, []).append((entry.at_ns, entry.body))
    channels = []
    for name, exchanges in found.items():
        skipped = max(0, len(exchanges) - lines)
        cut = len(exchanges) if not skipped else lines // 3
        shown = [_exchange(at_ns, body, characters) for at_ns, body in exchanges[:cut] + exchanges[cut + skipped :]]
        channels.append(Channel(name, len(exchanges), tuple(shown[:cut]), skipped, tuple(shown[cut:])))
    return channels


def spaced_hex(data: str, most: int) -> str:
    """Hexadecimal text octet by octet, so that it can break into lines."""
    text = " ".join(data[place : place + 2] for place in range(0, min(len(data), most * 2), 2))
    return text + (f" … ({len(data) // 2} octets)" if len(data) > most * 2 else "")


def _exchange(at_ns: int, body: Traffic, characters: int) -> Exchange:
    if body.encoding == "hex":
        octets = max(_BINARY_LOOK, characters // 3)
        left_out = len(body.data) // 2 - octets
        text = spaced_hex(body.data[: octets * 2], octets)
        return Exchange(duration(at_ns), body.direction, text, f"{left_out} more octets" if left_out > 0 else "")
    left_out = len(body.data) - characters
    visible = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in body.data)
    return Exchange(
        duration(at_ns), body.direction, visible[:characters], f"{left_out} more characters" if left_out > 0 else ""
    )


def _range(low: float | None, high: float | None, scale: Scale, places: int | None) -> tuple[str, ...]:
    if low is not None and low == high:
        return (f"={NARROW_SPACE}{number(low, scale, places=places)}",)
    parts = [] if low is None else [f"≥{NARROW_SPACE}{number(low, scale, places=places)}"]
    if high is not None:
        parts.append(f"≤{NARROW_SPACE}{number(high, scale, places=places)}")
    return tuple(parts) or ("none",)


def _uncertainty(judgement: Judgement, scale: Scale, places: int | None) -> str:
    if not judgement.uncertainty:
        return "none (exact)" if judgement.unit == "1" else "none stated"
    expanded = number(judgement.uncertainty, scale, places=places)
    return f"{expanded} (k{NARROW_SPACE}={NARROW_SPACE}{judgement.coverage_factor:g})"


def _budget_row(line: BudgetLine) -> tuple[str, ...]:
    degrees = "∞" if line.degrees_of_freedom is None else f"{line.degrees_of_freedom:g}"
    scale = Scale(line.unit)
    value = f"{line.value:.4g}{NARROW_SPACE}{scale.sign}"
    return (
        line.name,
        value,
        line.distribution,
        f"{line.divisor:.4g}",
        f"{line.sensitivity:.4g}",
        degrees,
        f"{line.standard:.3g}",
        line.source or "not recorded",
    )


def _fact(name: str, value: Scalar) -> tuple[str, str]:
    """A fact's name and value in words: the unit that ends the name goes to the value, codes are shown as such."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    words = name.replace("_", " ")
    if whole and name.endswith("_utc_ns"):
        return words.removesuffix(" utc ns"), utc(int(value or 0))
    if whole and name.endswith("_ns"):
        return words.removesuffix(" ns"), quantity(int(value or 0), "ns")
    if whole and name.endswith("_code"):
        return words, f"0x{value:02X}"
    return words, _scalar(value)


def _scalar(value: Scalar) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
