"""The diagnostic port opens to its password alone, locks against guessing, and gives no key away (INT-4, SIG-3)."""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.diagnostic_port import DiagnosticPort
from fixtures.head_end import HeadEnd
from fixtures.listener import Listener
from fixtures.supply import Supply
from harness.bench.clock import Clock
from harness.evidence.record import TestRecord
from harness.measure.units import DurationNs
from harness.plan.parameters import Parameters

LONG_ENOUGH_NS = 1_000_000_000
"""Twice the limit of COM-1: whoever listens for less may miss a good meter's alert."""


class Guessing(Parameters):
    """``guesses``: wrong passwords at most before the port must be locked; ``watch``: how long the alert is waited for.

    ``locked_for``: the port must still be locked so long after (the meter's own time is longer); ``off``: how long the
    supply is away then, ``back_within``: how long this meter may take to come back.
    """

    guesses: int = Field(ge=1, le=20)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    locked_for_ns: DurationNs = Field(gt=0)
    off_ns: DurationNs = Field(gt=0)
    back_within_ns: DurationNs = Field(gt=0)


class ClockSet(Parameters):
    """``guesses`` as above; then the clock is set back behind UTC by each of ``back_by``, in this order."""

    guesses: int = Field(ge=1, le=20)
    watch_ns: DurationNs = Field(ge=LONG_ENOUGH_NS)
    back_by: list[DurationNs] = Field(min_length=1)


class Opening(Parameters):
    """``kinds`` of wrong passwords, each tried once between two right ones."""

    kinds: list[str] = Field(min_length=1)


def wrong_passwords(password: str) -> dict[str, str]:
    """Near misses that a wrong comparison takes for right, by what they are."""
    return {
        "nothing at all": "",
        "its first character": password[:1],
        "all but its last character": password[:-1],
        "one character more": password + "x",
        "itself twice": password + password,
        "upper and lower case exchanged": password.swapcase(),
        "its last character changed": password[:-1] + chr(ord(password[-1]) ^ 1),
        "its first character changed": chr(ord(password[0]) ^ 1) + password[1:],
        "backwards": password[::-1],
        "far too long": password[:1] * 200,
        "common: admin": "admin",
        "common: 00000000": "00000000",
    }


@pytest.mark.requirements("INT-4")
@pytest.mark.parameters(model=Opening)
def test_the_port_opens_to_its_password_alone(
    diagnostic_port: DiagnosticPort, record: TestRecord, parameters: Opening
) -> None:
    """Nothing is told before the password, the password opens the port, a near miss of it does not."""
    near = wrong_passwords(diagnostic_port.password)
    unknown = set(parameters.kinds) - set(near)
    if unknown:
        record.inconclusive(f"kinds of password that this test does not know: {', '.join(sorted(unknown))}")
    for number, kind in enumerate(parameters.kinds, 1):
        found = diagnostic_port.try_password(near[kind], f"wrong password {number} ({kind})")
        record.judge_equal(f"wrong password ({kind}): port opens", int(found == "opened"), 0, requirements=["INT-4"])
        told = diagnostic_port.send(b"state\r")
        record.judge_equal(f"after it ({kind}): octets of a state told", _state_told(told), 0, requirements=["INT-4"])
        found = diagnostic_port.try_password(diagnostic_port.password, f"right password {number}")
        record.judge_equal(f"right password {number}: port opens", int(found == "opened"), 1, requirements=["INT-4"])
        diagnostic_port.leave()


def _state_told(answer: bytes) -> int:
    """Longer than any refusal: something was told."""
    return len(answer) if len(answer) > 40 else 0


@pytest.mark.requirements("INT-4")
@pytest.mark.parameters(model=Guessing)
def test_guessing_locks_the_port_and_is_reported(
    diagnostic_port: DiagnosticPort,
    supply: Supply,
    listener: Listener,
    clock: Clock,
    record: TestRecord,
    parameters: Guessing,
) -> None:
    """After wrong passwords even the right one stays out, also later and after a power cut; one event tells it."""
    near = list(wrong_passwords(diagnostic_port.password).items())
    answers = []
    for number in range(parameters.guesses):
        kind, password = near[number % len(near)]
        answers.append(diagnostic_port.try_password(password, f"guess {number + 1} ({kind})"))
        if answers[-1] == "locked":
            break
    record.judge_equal("guesses that opened the port", answers.count("opened"), 0, requirements=["INT-4"])
    _judge_locked(diagnostic_port, record, "after the last guess")
    seen = listener.collect(parameters.watch_ns)
    record.judge_equal("events: port locked", seen.of("port_locked"), 1, requirements=["INT-4"])
    record.judge_equal("other events", seen.other_than("port_locked"), 0, requirements=["INT-4"])

    back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
    record.judge_equal("meter signs on again", int(back), 1, requirements=["INT-4"])
    _judge_locked(diagnostic_port, record, "after a power cut")
    clock.sleep_ns(parameters.locked_for_ns)
    _judge_locked(diagnostic_port, record, f"{parameters.locked_for_ns / 1e9:g} s later")
    seen = listener.collect_until_quiet()
    record.judge_equal("events of guesses at a locked port", seen.of("port_locked"), 0, requirements=["INT-4"])


@pytest.mark.requirements("INT-4")
@pytest.mark.parameters(model=Guessing)
def test_a_power_cut_gives_no_guesses_back(
    diagnostic_port: DiagnosticPort, supply: Supply, listener: Listener, record: TestRecord, parameters: Guessing
) -> None:
    """Guesses with a power cut after each lock the port as those without do."""
    near = list(wrong_passwords(diagnostic_port.password).items())
    for number in range(parameters.guesses):
        kind, password = near[number % len(near)]
        if diagnostic_port.try_password(password, f"guess {number + 1} ({kind})") == "locked":
            break
        back = supply.cut_for(parameters.off_ns, parameters.back_within_ns)
        record.judge_equal(f"cut {number + 1}: meter signs on again", int(back), 1, requirements=["INT-4"])
        listener.collect_until_quiet()
    _judge_locked(diagnostic_port, record, "after the last guess")


@pytest.mark.requirements("INT-4")
@pytest.mark.parameters(model=ClockSet)
def test_setting_the_clock_ends_no_lock_out(
    diagnostic_port: DiagnosticPort,
    head_end: HeadEnd,
    listener: Listener,
    record: TestRecord,
    parameters: ClockSet,
) -> None:
    """Whoever can set the meter's clock gets no guess at its diagnostic port for that."""
    head_end.set_clock()
    near = list(wrong_passwords(diagnostic_port.password).items())
    for number in range(parameters.guesses):
        kind, password = near[number % len(near)]
        if diagnostic_port.try_password(password, f"guess {number + 1} ({kind})") == "locked":
            break
    _judge_locked(diagnostic_port, record, "after the last guess")
    for back_ns in parameters.back_by:
        head_end.set_clock(-back_ns)
        listener.collect(parameters.watch_ns)
        _judge_locked(diagnostic_port, record, f"with the clock {back_ns / 1e9:g} s behind UTC")
    head_end.set_clock()
    listener.collect_until_quiet()


def _judge_locked(port: DiagnosticPort, record: TestRecord, when: str) -> None:
    port.listen(100_000_000)  # what a booting meter says is no answer
    found = port.try_password(port.password, f"right password, {when}")
    record.judge_equal(f"{when}: the right password opens", int(found == "opened"), 0, requirements=["INT-4"])
