"""The sweep's short form: some points of the day, evenly. The full form is ``make powercut``."""

from __future__ import annotations

import pytest

from firmware_ref.tool.build import BuildResult, build, build_defect
from tests.powercut.__main__ import main, report
from tests.powercut.pages import ENTRIES, filled, record_at, states
from tests.powercut.sweep import Findings, Image, ReplayIdError, Sweep, evenly, moments, replay

POINTS = 12
"""Of the day's 99; each in all its patterns."""
AGAIN = 2


def image_of(built: BuildResult, seed: int = 1) -> Image:
    return Image(built.bin, built.elf, seed)


@pytest.fixture(scope="module")
def reference() -> Image:
    return image_of(build())


def test_nothing_confirmed_is_lost_at_some_points_of_the_day(reference: Image) -> None:
    meter = reference.meter()
    points = len(moments(meter))
    assert points > 60, "the day writes words, a position, records, states, signatures, cursors and counts"
    assert len(meter.head_end.confirmed) == 7
    assert len(meter.head_end.ciphered) >= 4, "alerts are encrypted, as the plans' meters send them"
    found = Sweep(reference, again=False).run(evenly(points, POINTS))
    assert found.failed == []
    assert found.recovered == found.unique > POINTS


def test_nor_when_the_supply_goes_again_in_the_recovery(reference: Image) -> None:
    found = Sweep(reference, again=True).run([41])
    assert found.failed == []
    assert found.points > 10, "the recovery writes as well"


@pytest.mark.parametrize(
    ("defect", "points"),
    [
        pytest.param("log-half-entry-accepted", range(24, 30), id="a record without its CRC"),
        pytest.param("log-cursor-before-confirmation", range(80, 86), id="a cursor that is ahead"),
    ],
)
def test_planted_defects_are_found_and_their_id_does_it_again(defect: str, points: range) -> None:
    image = image_of(build_defect(defect))
    found = Sweep(image, again=False).run(points)
    assert found.failed
    path, wrong = found.failed[0]
    assert replay(image, path.partition(":")[2]) == wrong


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("p77.nonsense", "no pattern 'nonsense'"),
        ("p77.befor", "did you mean 'before'"),
        ("p9999.before", "no point p9999; the day has p0 to p"),
        ("p0.half", "at p0 nothing is written.*there: now"),
        ("77", "'77' is no cut; expected pPOINT.PATTERN"),
        ("p0.now/p9999.now", "no point p9999; the recovery before it has"),
    ],
)
def test_an_id_that_names_no_cut_is_refused(reference: Image, path: str, named: str) -> None:
    with pytest.raises(ReplayIdError, match=named):
        replay(reference, path)


def test_the_line_that_does_a_failing_cut_again_has_its_defect(capsys: pytest.CaptureFixture[str]) -> None:
    found = Findings(failed=[("1:p24.half", ["lost"])])
    assert report((found, 1.0), " --defect no-debounce") == 1
    assert "python -m tests.powercut --defect no-debounce --replay 1:p24.half\n" in capsys.readouterr().out
    assert report((found, 1.0), "") == 1
    assert "python -m tests.powercut --replay 1:p24.half\n" in capsys.readouterr().out


@pytest.mark.parametrize("given", ["1:p77.nonsense", "p77.before", "1:"])
def test_a_wrong_id_ends_the_command_without_a_traceback(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--replay", given])
    assert ended.value.code == 2
    assert "error: replay id " in capsys.readouterr().err


def test_a_filled_eeprom_reads_as_it_was_made() -> None:
    array = filled(146, 1_780_000_000)
    assert [record_at(array, slot) is not None for slot in range(ENTRIES)].count(True) == 146
    (state,) = states(array).values()
    assert (state.count, state.sequence, state.active) == (73, 146, False)
