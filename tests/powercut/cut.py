"""One power cut: what it leaves of the page being written, how the meter comes back, and whether all is there then."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from harness.emulation.lm3s6965.flash_controller import COMMIT_ADDRESSES
from harness.emulation.parts.eeprom_24lc256 import PAGE
from tests.powercut.day import DAY, FILLED, MS, Meter, S
from tests.powercut.pages import BEGINNINGS, CASE_OPENED, ENTRIES, positions, record_at, states

OFF_NS = 300 * MS
SETTLED_NS = 1_300 * MS
"""Nothing new for so long, and nothing unconfirmed: the meter has said all it had to say."""
LIMIT_NS = 20 * S
TORN = ("before", "half", "rest", "garbage", "mixed-1", "mixed-2", "mixed-3")
"""What a cut leaves of a page: as it was, its first or second half new, all garbage, each octet old, new or garbage."""
TORN_FEW = ("before", "mixed-1")
TORN_WORD = ("before", "bits-1", "bits-2", "bits-3")
"""And of a flash word: as it was, or some of the bits that were to fall have fallen."""
NOW = ("now",)
ALL = (*TORN, *TORN_WORD[1:], *NOW)


UPRIGHT_MG, NEAR_MG = (0, 0, 1000), 150


def patterns(meter: Meter, *, few: bool = False) -> tuple[str, ...]:
    """How a cut at this point may come out. A counter changes at once; page and flash take their time."""
    if meter.board.eeprom.state.writing:
        return TORN_FEW if few else TORN
    if meter.board.mcu.flash.state.busy:
        return TORN_WORD[:2] if few else TORN_WORD
    return NOW


def cut(meter: Meter, pattern: str) -> None:
    """The supply goes, in the middle of a page write if there is one."""
    state = meter.board.eeprom.state
    if state.writing:
        start = next(iter(state.page)) & ~(PAGE - 1)
        old = bytes(state.array[start : start + PAGE])
        new = bytes(state.page.get(start + index, old[index]) for index in range(PAGE))
        state.array[start : start + PAGE] = bytes(_torn(pattern, old, new))
        state.writing = False
        meter.world.cancel(meter.board.eeprom.name, "written")
    flash = meter.board.mcu.flash.state
    if flash.busy and pattern != "before" and flash.fma not in COMMIT_ADDRESSES:  # a register is committed whole or not
        old = int.from_bytes(meter.board.mcu.read_flash(flash.fma, 4), "little")
        kept = random.Random(f"{pattern} {flash.fma} {flash.fmd}").getrandbits(32)  # noqa: S311 - by its name
        meter.board.mcu.load_flash(flash.fma, (old & (flash.fmd | kept)).to_bytes(4, "little"))
    meter.board.power_off()
    meter.lose_link()
    meter.step = len(DAY)


def _torn(pattern: str, old: bytes, new: bytes) -> Iterator[int]:
    chance = random.Random(f"{pattern} {new.hex()}")  # noqa: S311 - the same in every run, by the pattern's name
    for index in range(PAGE):
        if pattern in {"half", "rest"}:
            yield (new if (index < PAGE // 2) == (pattern == "half") else old)[index]
        elif pattern == "garbage":
            yield chance.randrange(256)
        elif pattern == "before":
            yield old[index]
        else:
            yield chance.choice((old[index], new[index], chance.randrange(256)))


def recover(meter: Meter, on_write: Callable[[Meter], None] | None = None) -> list[str]:
    """The supply comes back with a head-end that listens; then the case moves once more. What is wrong after it."""
    meter.world.run_until(meter.world.now_ns + OFF_NS)
    meter.head_end.is_reachable = True
    meter.board.power_on()
    _settle(meter, on_write)
    heard = set(meter.head_end.heard)
    meter.board.case_switch.set_plunger(not meter.is_open)
    _settle(meter, on_write)
    said = meter.head_end.heard
    new = {one for one in said.keys() - heard if BEGINNINGS.get(said[one].event_code) == CASE_OPENED}
    findings = list(meter.head_end.wrong)
    if len(new) != 1 or min(new) <= max(heard, default=0):
        findings.append(
            f"the movement after it was reported with counters {sorted(new)}, after {max(heard, default=0)}"
        )
    return [*findings, *_lost(meter), *_states(meter), *_position(meter)]


def _settle(meter: Meter, on_write: Callable[[Meter], None] | None) -> None:
    began_ns = changed_ns = meter.world.now_ns
    known = len(meter.head_end.confirmed)
    while meter.world.now_ns < began_ns + LIMIT_NS:
        if meter.run_to_write(meter.world.now_ns + 100 * MS) and on_write is not None:
            on_write(meter)
        head_end = meter.head_end
        if len(head_end.confirmed) != known or head_end.heard.keys() - head_end.confirmed:
            known, changed_ns = len(head_end.confirmed), meter.world.now_ns
        changed_ns = max(changed_ns, meter.last_change_ns())
        if meter.world.now_ns - changed_ns > SETTLED_NS:
            return


def _lost(meter: Meter) -> Iterator[str]:
    """Every alert that was heard is confirmed by now and whole in the log, unless a later one has its place."""
    head_end, array = meter.head_end, meter.board.eeprom.state.array
    for counter in sorted(head_end.heard.keys() - head_end.confirmed):
        yield f"counter {counter} was sent and never again after the cut"
    for counter in sorted(head_end.confirmed):
        alert = head_end.heard[counter]
        record = record_at(array, alert.log_sequence % ENTRIES)
        same = record is not None and (record.sequence, record.counter, record.code) == (
            alert.log_sequence,
            counter,
            alert.event_code,
        )
        if not same and (record is None or record.sequence <= alert.log_sequence):
            yield f"counter {counter} was confirmed, and sequence {alert.log_sequence} is {record} in the log"
    sequences = [alert.log_sequence for alert in head_end.heard.values()]
    if len(set(sequences)) != len(sequences):
        yield f"a sequence was used twice: {sorted(sequences)}"


def _position(meter: Meter) -> Iterator[str]:
    """It hung upright all day: that is what it was installed in, and any record that can be read says so."""
    found = positions(meter.positions())
    if not found:
        yield "no installed position can be read"
    elif max(abs(one[axis] - UPRIGHT_MG[axis]) for one in found for axis in range(3)) >= NEAR_MG:
        yield f"installed positions are {found}, the meter hung upright"


def _states(meter: Meter) -> Iterator[str]:
    """The states say what was reported, once each, and what is true now."""
    found = states(meter.board.eeprom.state.array)
    alerts = sorted(meter.head_end.heard.values(), key=lambda alert: alert.log_sequence)
    for alert in alerts:
        if alert.event_code not in BEGINNINGS:
            yield f"an event of code {alert.event_code:#04x}, which did not happen"
    for code in sorted({BEGINNINGS.get(alert.event_code, 0) for alert in alerts} - {0}):
        own = [alert for alert in alerts if BEGINNINGS.get(alert.event_code) == code]
        begun = [alert for alert in own if alert.event_code == code]
        counted = len(begun) + (FILLED // 2 if code == CASE_OPENED else 0)
        state = found.pop(code, None)
        said = None if state is None else (state.count, state.sequence, state.active)
        expected = (counted, own[-1].log_sequence, own[-1].event_code == code)
        if said != expected:
            yield f"state {code:#04x}: count, sequence, active are {said}, reported was {expected}"
        if state is not None and begun and state.last_s != begun[-1].event_time_utc_ns // S:
            yield f"state {code:#04x}: last time {state.last_s}, reported was {begun[-1].event_time_utc_ns // S}"
    found.pop(CASE_OPENED, None)
    if found:
        yield f"states of what did not happen: {found}"
    case = [alert for alert in alerts if BEGINNINGS.get(alert.event_code) == CASE_OPENED]
    if case and (case[-1].event_code == CASE_OPENED) != meter.is_open:
        yield "the last state reported of the case is not the true one"
