"""The safe state: everything is switched off, last first, twice tried, and what stayed on is named."""

from __future__ import annotations

import pytest

from harness.bench.errors import UnsafeStateError
from harness.bench.safety import SafeState


class Output:
    """Something on the bench that can be energised; its first ``failures`` switchings-off fail."""

    def __init__(self, name: str, log: list[str], failures: int = 0, error: BaseException | None = None) -> None:
        self.name = name
        self.log = log
        self.failures = failures
        self.error = error or OSError("no answer")

    def off(self) -> None:
        self.log.append(self.name)
        if self.failures:
            self.failures -= 1
            raise self.error


def registered(safe: SafeState, *outputs: Output) -> None:
    for output in outputs:
        safe.on_exit(output.name, output.off)


def broken_off(error: BaseException, output: Output) -> None:
    with SafeState() as safe:
        registered(safe, output)
        raise error


def test_last_registered_is_off_first() -> None:
    log: list[str] = []
    with SafeState() as safe:
        registered(safe, Output("supply", log), Output("magnet", log), Output("relay", log))
        log.append("test")
    assert log == ["test", "relay", "magnet", "supply"]


def test_a_second_try_is_enough() -> None:
    log: list[str] = []
    with SafeState() as safe:
        registered(safe, Output("supply", log), Output("relay", log, failures=1))
    assert log == ["relay", "relay", "supply"]


def test_what_failed_twice_is_named_and_the_rest_is_off() -> None:
    log: list[str] = []
    error = TimeoutError("no answer within 5 s")
    outputs = Output("supply", log, failures=2), Output("magnet", log), Output("relay", log, failures=2, error=error)
    with pytest.raises(UnsafeStateError) as raised, SafeState() as safe:
        registered(safe, *outputs)
    assert log == ["relay", "relay", "magnet", "supply", "supply"]
    text = str(raised.value)
    assert "may still be energised" in text
    assert "relay: no answer within 5 s" in text
    assert "supply: no answer" in text
    assert "magnet" not in text
    assert raised.value.__cause__ is error, "the first one that failed"


@pytest.mark.parametrize("error", [ValueError("the test broke"), KeyboardInterrupt(), SystemExit(3)])
def test_whatever_ends_the_test_goes_on_after_the_outputs_are_off(error: BaseException) -> None:
    log: list[str] = []
    with pytest.raises(type(error)) as raised:
        broken_off(error, Output("relay", log))
    assert raised.value is error
    assert log == ["relay"]


def test_an_unsafe_bench_is_told_even_after_another_error() -> None:
    log: list[str] = []
    with pytest.raises(UnsafeStateError) as raised:
        broken_off(ValueError("the test broke"), Output("relay", log, failures=2))
    assert isinstance(raised.value.__context__, ValueError | OSError)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_an_impatient_operator_does_not_leave_an_output_on(error: BaseException) -> None:
    log: list[str] = []
    with pytest.raises(type(error)), SafeState() as safe:
        registered(safe, Output("supply", log), Output("relay", log, failures=1, error=error))
    assert log == ["relay", "relay", "supply"]


def test_an_error_without_text_is_told_by_its_kind() -> None:
    with pytest.raises(UnsafeStateError, match="relay: KeyboardInterrupt"), SafeState() as safe:
        registered(safe, Output("relay", [], failures=2, error=KeyboardInterrupt()))


def test_safe_twice_switches_off_once() -> None:
    log: list[str] = []
    safe = SafeState()
    registered(safe, Output("relay", log))
    safe.make_safe()
    safe.make_safe()
    assert log == ["relay"]
