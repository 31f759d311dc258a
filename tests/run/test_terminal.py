"""What a person reads is what was said."""

from __future__ import annotations

import io

import pytest

from harness.run.terminal import Terminal, fitted, fitted_for


def test_a_resource_is_shown_as_it_is_written() -> None:
    """Rich makes a picture of ``:bus:`` unless it is told not to."""
    heard = io.StringIO()
    Terminal(file=heard).print("expected smbus:BUS:ADDRESS, as TCPIP0::key::INSTR")
    assert heard.getvalue() == "expected smbus:BUS:ADDRESS, as TCPIP0::key::INSTR\n"


ROW = "out/smoke-20261123T084722Z  NOT CERTIFIED  smoke: 3 of 18 tests passed, 1 of 7 requirements shown (emulated)"
FITTED = {
    "fits": ("  a  b", 80, ["  a  b"]),
    "under its column": (
        ROW,
        80,
        [
            "out/smoke-20261123T084722Z  NOT CERTIFIED  smoke: 3 of 18 tests passed, 1 of 7",
            "                                           requirements shown (emulated)",
        ],
    ),
    "no room beside the row": (
        "  relay  keysight-34970a  TCPIP0::relay::inst0::INSTR  calibrated until 2027-05-31",
        60,
        ["  relay  keysight-34970a  TCPIP0::relay::inst0::INSTR", "        calibrated until 2027-05-31"],
    ),
    "a sentence": ("  one two three four five six", 20, ["  one two three four", "        five six"]),
    "a command": (
        "  fail: com-1 [COM-1]  tamperbench replay smoke/com-1@1#1c2f3a4b5c --runs here",
        40,
        ["  fail: com-1 [COM-1]", "      tamperbench replay smoke/com-1@1#1c2f3a4b5c --runs here"],
    ),
    "a command alone": ("  tamperbench certify --plan p --bench b", 20, ["  tamperbench certify --plan p --bench b"]),
    "a long word": ("report    " + "x" * 30, 20, ["report", "      " + "x" * 30]),
}


@pytest.mark.parametrize("case", FITTED)
def test_lines_break_between_words(case: str) -> None:
    line, width, expected = FITTED[case]
    assert fitted(line, width) == expected


def test_only_a_terminal_breaks_lines() -> None:
    for is_terminal, lines in ((True, 2), (False, 1)):
        console = Terminal(file=io.StringIO(), force_terminal=is_terminal, width=80, soft_wrap=True)
        assert len(fitted_for(console, ROW)) == lines
        assert fitted_for(console, "a\n\nb") == ["a", "", "b"]
