"""LOG-1, COM-4, COM-5: in which order waiting events are taken, and what becomes of those there is no room for."""

from __future__ import annotations

import pytest

from tests.firmware.host_meter import HostProgram


def order(modules: HostProgram, codes: str) -> list[str]:
    """What comes out for these codes, put in a second apart: code, count, second."""
    return modules.ask(f"events {codes.replace(' ', '')}").split()


@pytest.mark.parametrize(
    ("put", "taken"),
    [
        pytest.param("2c 2d", ["2c:1:0", "2d:1:1"], id="one cause keeps its order"),
        pytest.param("2d 09", ["09:1:1", "2d:1:0"], id="major before minor"),
        pytest.param("2d 2c", ["2d:1:0", "2c:1:1"], id="but never before an older one of its cause"),
        pytest.param("05 2d 0a 2c", ["2d:1:1", "2c:1:3", "05:1:0", "0a:1:2"], id="its own older ones only"),
        pytest.param("2c 09 04", ["2c:1:0", "09:1:1", "04:1:2"], id="majors as they came"),
        pytest.param("0a 2d 05", ["0a:1:0", "2d:1:1", "05:1:2"], id="minors as they came"),
    ],
)
def test_order(modules: HostProgram, put: str, taken: list[str]) -> None:
    assert order(modules, put) == taken


def test_a_full_queue_counts_repetitions_and_ends_with_what_is_true(modules: HostProgram) -> None:
    taken = order(modules, "2c 2d 2c 2d 2c 2d 2c 2d 2c 2d 2c")
    assert taken[0] == "2c:1:0", "the first time is kept"
    assert taken[-1] == "2c:3:10", "the last one is the state of now, and stands for three"
    assert sum(int(one.split(":")[1]) for one in taken) == 11, "each is counted"
    assert len(taken) == 8


def test_what_cannot_join_is_dropped_counted_and_reported(modules: HostProgram) -> None:
    taken = order(modules, "04 06 09 0b 0d 11 13 15 17 19")
    kept = ["04", "06", "09", "0b", "0d", "11", "13", "15"]
    assert taken[:8] == [f"{code}:1:{second}" for second, code in enumerate(kept)]
    assert taken[8:] == ["3b:2:8"], "two were dropped, the first of them at second 8"


@pytest.mark.parametrize(
    ("put", "taken"),
    [
        pytest.param(
            "05 07 0a 0c 0e 12 14 16 2c",
            ["2c:1:8", "05:1:0", "07:1:1", "0a:1:2", "0c:1:3", "0e:1:4", "12:1:5", "14:1:6", "3b:1:7"],
            id="the youngest minor goes",
        ),
        pytest.param(
            "2c 2d 2c 2d 09 0b 0d 11 13",
            ["2c:1:0", "2c:1:2", "09:1:4", "0b:1:5", "0d:1:6", "11:1:7", "13:1:8", "2d:1:3", "3b:1:1"],
            id="a minor that is no longer true goes before the last word of its cause",
        ),
        pytest.param(
            "05 06 09 0b 0d 11 13 15 17 19",
            ["06:1:1", "09:1:2", "0b:1:3", "0d:1:4", "11:1:5", "13:1:6", "15:1:7", "17:1:8", "3b:2:0"],
            id="minors first, then the newest major; both are counted",
        ),
        pytest.param(
            "05 2d 09 0b 0d 11 13 15 2d 17",
            ["09:1:2", "0b:1:3", "0d:1:4", "11:1:5", "13:1:6", "15:1:7", "17:1:9", "05:1:0", "3b:2:8"],
            id="what had joined is counted for both",
        ),
        pytest.param(
            "05 07 0a 0c 0e 12 14 16 18",
            ["05:1:0", "07:1:1", "0a:1:2", "0c:1:3", "0e:1:4", "12:1:5", "14:1:6", "16:1:7", "3b:1:8"],
            id="a minor displaces nothing",
        ),
    ],
)
def test_a_major_event_takes_a_minor_ones_place(modules: HostProgram, put: str, taken: list[str]) -> None:
    got = order(modules, put)
    assert sorted(got) == sorted(taken)
    assert [one for one in got if one[:2] != "3b"] == taken[:-1]


def test_an_empty_queue_gives_nothing(modules: HostProgram) -> None:
    assert order(modules, "-") == []
