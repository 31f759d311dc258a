"""The security log's lines: read as the page gives them, refused where anything is out of its place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.meter.errors import CodecError
from harness.meter.readout import DataSet, Readout, decode_block, encode_block
from harness.meter.security_log import decode_security_log

CODE = "0-0:99.98.1"
GOOD = "2026-06-01 08:00:02;2026-06-01 09:30:00;0000000006;2C;case opened;0000000003;active"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "readout.md"


def log_of(*values: str, header: str = "0000000042", code: str = CODE) -> Readout:
    return Readout((DataSet(code, header), *(DataSet("", value) for value in values)))


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]


def test_the_page_example_reads_as_the_page_says() -> None:
    text = PAGE.read_text(encoding="utf-8").split("The security log of that meter")[1]
    lines = re.findall(r"^ {4}(?:<STX>)?((?:0-0:99\.98\.1)?\([^()]*\))$", text, re.MULTILINE)
    sets = [DataSet(*re.fullmatch(r"([^(]*)\(([^()]*)\)", line).groups()) for line in lines]  # type: ignore[union-attr]
    log = decode_security_log(decode_block(encode_block([[one] for one in sets])), CODE)
    assert log.newest == 6
    assert [(line.code, line.text, line.count, line.standing) for line in log.lines] == [
        (0x09, "magnetic interference", 1, "active"),
        (0x2C, "case opened", 3, "ended"),
    ]


def test_a_line_is_read_field_by_field() -> None:
    line = decode_security_log(log_of(GOOD), CODE).lines[0]
    assert (line.first.utc_s, line.last.utc_s) == (utc(2026, 6, 1, 8, 0, 2), utc(2026, 6, 1, 9, 30, 0))
    assert (line.sequence, line.code, line.text, line.count, line.standing, line.ended) == (
        6,
        0x2C,
        "case opened",
        3,
        "active",
        None,
    )


def test_an_end_has_its_time_and_a_doubtful_time_is_told() -> None:
    ended = GOOD.replace("active", "ended 2026-06-01 09:31:00?")
    line = decode_security_log(log_of(ended), CODE).lines[0]
    assert line.standing == "ended"
    assert line.ended is not None
    assert (line.ended.utc_s, line.ended.certain) == (utc(2026, 6, 1, 9, 31, 0), False)
    assert line.first.certain


def test_an_empty_log_and_none_at_all_are_told_apart() -> None:
    assert decode_security_log(log_of(header="0000000000"), CODE).newest == 0
    assert decode_security_log(log_of(header=""), CODE).newest is None


def test_a_line_is_found_by_its_code() -> None:
    log = decode_security_log(log_of(GOOD), CODE)
    assert log.find(0x2C) is not None
    assert log.find(0x09) is None


@pytest.mark.parametrize(
    "readout",
    [
        pytest.param(Readout(()), id="empty block"),
        pytest.param(log_of(code="0-0:96.5.0"), id="another code"),
        pytest.param(log_of(header="42"), id="short sequence"),
        pytest.param(log_of(GOOD, GOOD), id="one cause twice"),
        pytest.param(log_of(GOOD.replace("2C", "2c")), id="small hexadecimal digits"),
        pytest.param(log_of(GOOD.replace("08:00:02", "08:00:62")), id="no such time"),
        pytest.param(log_of(GOOD.replace("active", "open")), id="no such state"),
        pytest.param(log_of(GOOD + ";"), id="one field more"),
        pytest.param(Readout((DataSet(CODE, "0000000042"), DataSet("1-0:1.8.0", GOOD))), id="a line with a code"),
    ],
)
def test_what_is_out_of_place_is_refused(readout: Readout) -> None:
    with pytest.raises(CodecError, match="security log"):
        decode_security_log(readout, CODE)
