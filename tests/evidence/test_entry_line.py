"""The short way to a traffic entry's line gives what the canonical JSON gives, octet by octet."""

from __future__ import annotations

from typing import Any, cast

import pytest

from harness.bench.link import Direction
from harness.evidence.canonical import canonical_json
from harness.evidence.entry_line import entry_line
from harness.evidence.errors import RecordError
from harness.evidence.model import Body, Note, Traffic, entry_json, first_link, next_link

FIRST = first_link("seal-1", "00" * 32)
ODD = ("", 'a "quoted" \\ word', "tab\tline\nend\x00\x1f\x7f", "Ω 漢 😀", "\u2028\u2029", "</script>", "1E5\r\n")


def the_long_way(n: int, at_ns: int, body: Body) -> tuple[str, bytes]:
    entry = entry_json(n, at_ns, body)
    link = next_link(FIRST, entry)
    return link, canonical_json({**entry, "chain": link})


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("at_ns", [0, -1, 123_456_789_012_345_678])
def test_a_traffic_line_is_canonical(text: str, at_ns: int) -> None:
    for body in (Traffic(text, ">", "text", "data"), Traffic("scope", "<", "hex", text)):
        assert entry_line(FIRST, 17, at_ns, body) == the_long_way(17, at_ns, body)


def test_a_direction_that_is_an_enumeration_is_its_text() -> None:
    body = Traffic("modem", Direction.SENT, "hex", "7e")
    assert entry_line(FIRST, 1, 5, body) == the_long_way(1, 5, body)


def test_other_kinds_are_canonical_too() -> None:
    assert entry_line(FIRST, 2, 9, Note("Ω")) == the_long_way(2, 9, Note("Ω"))


@pytest.mark.parametrize("body", [Traffic("modem", "<", "text", "\ud800"), Traffic("modem", "<", "text", cast(Any, 7))])
def test_what_has_no_canonical_form_is_refused_or_written_as_it_is(body: Traffic) -> None:
    try:
        expected = the_long_way(1, 0, body)
    except RecordError:
        with pytest.raises(RecordError):
            entry_line(FIRST, 1, 0, body)
    else:
        assert entry_line(FIRST, 1, 0, body) == expected
