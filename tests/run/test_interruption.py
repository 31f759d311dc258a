"""A wish to stop is noted while a test runs and is never lost, wherever Python happens to be."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator

import pytest

import harness.run.interruption as module
from harness.run.interruption import Interruption


@pytest.fixture
def interruption() -> Generator[Interruption]:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
    stop = Interruption()
    stop.install()
    yield stop
    stop.uninstall()
    after = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
    assert after == before


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    for _ in range(1000):  # the handler runs between two bytecodes
        pass


@pytest.mark.parametrize(
    ("number", "words"), [(signal.SIGINT, "interrupted by the operator"), (signal.SIGTERM, "terminated")]
)
def test_a_signal_during_a_test_waits_for_the_next_exchange(
    interruption: Interruption, number: signal.Signals, words: str
) -> None:
    with interruption.noting():
        send(number)
        with pytest.raises(KeyboardInterrupt, match=words):
            interruption.check()
        interruption.check()  # once: the way to the safe state makes exchanges too


def test_a_finaliser_does_not_swallow_it(interruption: Interruption) -> None:
    class Doomed:
        def __del__(self) -> None:
            send(signal.SIGINT)

    with interruption.noting():
        doomed = Doomed()
        del doomed
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


def test_outside_a_test_it_is_raised_at_once(interruption: Interruption) -> None:
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)


def test_who_asks_twice_is_answered_at_once(interruption: Interruption) -> None:
    with interruption.noting():
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_a_test_without_exchanges_is_ended_after_the_grace(
    interruption: Interruption, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.05)
    with interruption.noting():
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            time.sleep(20)


def test_nothing_comes_after_the_test_has_ended(interruption: Interruption, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.02)
    with interruption.noting():
        send(signal.SIGINT)
    time.sleep(0.06)
    with pytest.raises(KeyboardInterrupt):
        interruption.check()


def test_tear_down_is_never_broken_into_and_the_wish_is_kept(interruption: Interruption) -> None:
    with interruption.noting():
        with interruption.holding():
            for _ in range(3):
                send(signal.SIGINT)
            interruption.check()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
