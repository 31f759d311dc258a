"""What is not confirmed is repeated, less and less often, at moments of the meter's own (COM-3, COM-6)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pydantic import Field

from fixtures.case import Case
from fixtures.head_end import HeadEnd
from fixtures.listener import Listener
from fixtures.reported import events_of
from fixtures.supply import Supply
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs, PercentPct
from harness.plan.parameters import Parameters

OTHER_HIGH_OCTETS = 0x0000_0100
"""Turns a bit above the invoke-id's low octet: the alert 256 counters away."""


class BackOff(Parameters):
    """Each of ``trials`` openings stays unconfirmed for ``watch``.

    ``growth``: by how much the distance of repeats grows at least, from one to the next (a factor). ``spread``: by how
    much the same distance differs between trials, for one of the distances at least; without it a thousand meters
    repeat together.
    """

    trials: int = Field(ge=2)
    watch_ns: DurationNs
    growth: float = Field(gt=1)
    spread_pct: PercentPct = Field(gt=0)
    repeats: int = Field(ge=2)


class BootedBackOff(Parameters):
    """After each of ``boots`` an opening stays unconfirmed for ``watch``, in which it is repeated ``repeats`` times.

    One of the distances at least differs by ``spread`` between the boots: a power cut of a district makes its meters
    boot at the same moment, and none may do then what it did the last time. The supply is away for ``off``; the meter
    signs on ``back_within``.
    """

    boots: int = Field(ge=2)
    watch_ns: DurationNs
    spread_pct: PercentPct = Field(gt=0)
    repeats: int = Field(ge=2)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


class WrongConfirmation(Parameters):
    """``watch``: how long repeats are waited for after the wrong confirmations, and silence after the right one."""

    watch_ns: DurationNs


@pytest.mark.requirements("COM-3", "COM-6")
@pytest.mark.parameters(model=BackOff)
def test_repeats_back_off_and_spread(case: Case, listener: Listener, record: TestRecord, parameters: BackOff) -> None:
    """The distances of repeats grow, and are not the same each time."""
    trials: list[list[float]] = []
    for number in range(1, parameters.trials + 1):
        name = f"trial {number}"
        mark = listener.mark()
        with listener.unheard():
            case.open()
            listener.collect(parameters.watch_ns)
        opened = events_of(listener.code_of("case_opened"), listener.received_since(mark))
        record.judge_equal(f"{name}: openings reported", len(opened), 1, requirements=["COM-3"])
        times_s = [at_ns / 1e9 for event in opened[:1] for at_ns in event.times_ns]
        distances_s = [late - early for early, late in pairwise(times_s)]
        repeats = len(distances_s)
        record.judge(f"{name}: repeats", repeats, "1", at_least=parameters.repeats, requirements=["COM-3"])
        for rank, distance_s in enumerate(distances_s, 1):
            record.reading(f"distance {rank}", distance_s, "s", trial=number)
        for rank, (early_s, late_s) in enumerate(pairwise(distances_s), 2):
            what = f"{name}: distance {rank} over the one before"
            record.judge(what, late_s / early_s, "1", at_least=parameters.growth, requirements=["COM-6"])
        trials.append(distances_s)
        case.close()
        listener.collect_until_quiet()
    record.judge(
        "largest spread of a distance over the trials",
        max(_spread_pct(of_rank) for of_rank in zip(*trials, strict=False)),
        "%",
        at_least=parameters.spread_pct,
        requirements=["COM-6"],
    )


@pytest.mark.requirements("COM-6")
@pytest.mark.parameters(model=BootedBackOff)
def test_repeats_differ_from_boot_to_boot(
    case: Case, supply: Supply, listener: Listener, record: TestRecord, parameters: BootedBackOff
) -> None:
    """The distances of repeats after one boot are not those after another: chance does not begin anew each time."""
    boots: list[list[float]] = []
    for number in range(1, parameters.boots + 1):
        back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
        record.judge_true(f"boot {number}: meter signs on", back)
        listener.collect_until_quiet()
        mark = listener.mark()
        with listener.unheard():
            case.open()
            listener.collect(parameters.watch_ns)
        (opened,) = events_of(listener.code_of("case_opened"), listener.received_since(mark)) or (None,)
        times_s = [] if opened is None else [at_ns / 1e9 for at_ns in opened.times_ns]
        distances_s = [late - early for early, late in pairwise(times_s)]
        record.judge(f"boot {number}: repeats", len(distances_s), "1", at_least=parameters.repeats)
        for rank, distance_s in enumerate(distances_s, 1):
            record.reading(f"distance {rank}", distance_s, "s", boot=number)
        boots.append(distances_s)
        case.close()
        listener.collect_until_quiet()
    record.judge(
        "largest spread of a distance over the boots",
        max(_spread_pct(of_rank) for of_rank in zip(*boots, strict=False)),
        "%",
        at_least=parameters.spread_pct,
    )


def _spread_pct(distances_s: tuple[float, ...]) -> float:
    return (max(distances_s) / min(distances_s) - 1) * 100


@pytest.mark.requirements("COM-3")
@pytest.mark.parameters(model=WrongConfirmation)
def test_only_its_own_confirmation_ends_the_repeats(
    case: Case, listener: Listener, head_end: HeadEnd, record: TestRecord, parameters: WrongConfirmation
) -> None:
    """A confirmation of another invoke-id or another time changes nothing; its own ends the repeats."""
    for what, bits in (("another invoke-id", OTHER_HIGH_OCTETS), ("another date-time", 0)):
        mark = listener.mark()
        with listener.unheard():
            case.open()
            found = listener.first("case_opened", parameters.watch_ns)
            record.judge_equal(f"{what}: openings reported", int(found is not None), 1)
            if found is None:
                return
            date_time = found.alert.date_time
            other = None if bits else date_time[:8] + bytes([(date_time[8] + 1) % 100]) + date_time[9:]
            head_end.confirm_another(found.alert, invoke_bits=bits, date_time=other)
            listener.collect(parameters.watch_ns)
        (event,) = events_of(found.alert.event_code, listener.received_since(mark))
        copies = len(event.times_ns) - 1
        record.judge(f"{what}: repeats after the wrong confirmation", copies, "1", at_least=1)
        listener.collect(parameters.watch_ns)
        (event,) = events_of(found.alert.event_code, listener.received_since(mark))
        record.judge_equal(f"{what}: repeats confirmed at last", int(bool(event.confirmed_ns)), 1)
        record.judge_equal(f"{what}: copies after its own confirmation", event.copies_after_confirmation, 0)
        case.close()
        listener.collect_until_quiet()
