"""The SCPI language: headers, paths, suffixes, numbers, and that nothing a controller sends breaks the parser."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.emulation.errors import WorldError
from harness.emulation.instruments import scpi_syntax
from harness.emulation.instruments.infiniivision import DIALECT
from harness.emulation.instruments.relay_unit import make_relay_unit
from harness.emulation.instruments.scpi import instrument_tree
from harness.emulation.instruments.scpi_parameters import (
    Boolean,
    ChannelList,
    Choice,
    Number,
    QuotedText,
    format_block,
    format_nr3,
)
from harness.emulation.instruments.scpi_syntax import ERROR_TEXTS, ScpiError, split_message
from harness.emulation.instruments.scpi_tree import Call, Command, CommandTree
from harness.emulation.world import World

TREE = CommandTree(
    (
        Command("*RST", do=lambda *_: None),
        Command("CHANnel{1:4}:SCALe", (Number("V", -9),), do=lambda *_: None, ask=lambda *_: ""),
        Command("CHANnel{1:4}:OFFSet", (Number("V", -9),), do=lambda *_: None),
        Command("TRIGger[:EDGE]:LEVel", (Number("V", -9),), do=lambda *_: None),
        Command("TRIGger[:EDGE]:SLOPe", (Choice(("POSitive", "NEGative")),), do=lambda *_: None),
        Command("[ROUTe:]CLOSe", (ChannelList(),), do=lambda *_: None),
        Command("WAVeform:DATA", ask=lambda *_: ""),
    )
)


def parse(message: str) -> list[tuple[str, tuple[object, ...]] | int]:
    """Patterns with arguments; an error as its number."""
    return [
        (item.command.pattern, item.arguments) if isinstance(item, Call) else item.number
        for item in TREE.parse(message)
    ]


SCALE, OFFSET, LEVEL = "CHANnel{1:4}:SCALe", "CHANnel{1:4}:OFFSet", "TRIGger[:EDGE]:LEVel"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (":CHANnel1:SCALe 1", [(SCALE, (1, 10**9))]),
        ("chan2:scal 1", [(SCALE, (2, 10**9))]),
        ("CHAN:SCAL 1", [(SCALE, (1, 10**9))]),  # a suffix left out is 1
        ("CHANN1:SCAL 1", [-113]),  # neither short nor long
        ("CHAN5:SCAL 1", [-114]),
        ("CHAN1:SCAL3 1", [-113]),
        ("CHAN3:SCAL 1;OFFS 2", [(SCALE, (3, 10**9)), (OFFSET, (3, 2 * 10**9))]),
        ("CHAN3:SCAL 1;*RST;OFFS 2", [(SCALE, (3, 10**9)), ("*RST", ()), (OFFSET, (3, 2 * 10**9))]),
        ("CHAN3:SCAL 1;CHAN3:OFFS 2", [(SCALE, (3, 10**9)), -113]),  # the path is still CHAN3
        ("CHAN3:SCAL 1;:CHAN4:OFFS 2", [(SCALE, (3, 10**9)), (OFFSET, (4, 2 * 10**9))]),
        ("TRIG:LEV 1;SLOP POS", [(LEVEL, (10**9,)), ("TRIGger[:EDGE]:SLOPe", ("POS",))]),
        ("TRIG:EDGE:LEV 1;:TRIG:SLOP neg", [(LEVEL, (10**9,)), ("TRIGger[:EDGE]:SLOPe", ("NEG",))]),
        ("CLOS (@101,103:105)", [("[ROUTe:]CLOSe", ((101, 103, 104, 105),))]),
        ("ROUT:CLOS (@101)", [("[ROUTe:]CLOSe", ((101,),))]),
        ("", []),
        (" ;; ", []),
        ("WAV:DATA", [-113]),  # query only
        ("CHAN1:OFFS?", [-113]),  # command only
        ("CHAN1:SCAL", [-109]),
        ("CHAN1:SCAL 1,2", [-108]),
        ("CHAN1:SCAL 1,", [-109]),
        ("CHAN1:SCAL?1", [-111]),
        ("CHAN1:SCAL$ 1", [-111]),
        ("$CHAN1", [-101]),
        (":", [-102]),
        ("CHANNELCHANNEL1:SCAL 1", [-112]),
        ("*RST 5", [-108]),
        ("*XYZ", [-113]),
        ("CHAN1:SCAL 1;BAD 2;OFFS 3", [(SCALE, (1, 10**9)), -113]),  # the rest is lost
        ('TRIG:SLOP "POS;NEG"', [-158]),
        ('TRIG:SLOP "POS', [-151]),
        ("CLOS (@101", [-171]),
        ("CLOS 101)", [-171]),
        ("CLOS 101", [-104]),
    ],
)
def test_headers_and_paths(message: str, expected: list[object]) -> None:
    assert parse(message) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 10**9),
        ("+1.5", 1_500_000_000),
        (".5", 500_000_000),
        ("5.", 5 * 10**9),
        ("1E-3", 10**6),
        ("1 e 3", 10**12),
        ("500mV", 5 * 10**8),
        ("500 mv", 5 * 10**8),
        ("2uV", 2000),
        ("1KV", 10**12),
        ("1MAV", 10**15),
        ("1.5E-9", 2),
        ("2.5E-9", 2),  # half to even
        ("MAX", 7),
        ("maximum", 7),
        ("MAXI", -141),
        ("1S", -131),
        ("1mmV", -131),
        ("1..2", -121),
        ("1E99999", -123),
        ("1E9999999999", -123),
        ("1E300", -222),
        ("1E-300", 0),
        ("1E-31000", 0),
        ("9" * 300, -124),
        ('"1"', -158),
        ("#15hello", -168),
        ("(@1)", -178),
        ("%", -101),
    ],
)
def test_numbers(text: str, expected: int) -> None:
    number = Number("V", -9, keywords=(("MAXimum", 7),))
    if expected < 0:
        with pytest.raises(ScpiError) as caught:
            number.parse(text)
        assert caught.value.number == expected
    else:
        assert number.parse(text) == expected


def test_megahertz_is_not_millihertz() -> None:
    assert Number("HZ", 0).parse("1MHZ") == 1_000_000
    assert Number("OHM", 0).parse("2 mohm") == 2_000_000
    assert Number("S", -3).parse("1MS") == 1


def test_limits_and_plain_numbers() -> None:
    with pytest.raises(ScpiError) as caught:
        Number("", 0, 0, 255).parse("256")
    assert caught.value.number == -222
    with pytest.raises(ScpiError) as caught:
        Number("", 0).parse("5V")
    assert caught.value.number == -138
    with pytest.raises(ScpiError) as caught:
        Number("", 0).parse("FIVE")
    assert caught.value.number == -148


def test_booleans_strings_and_lists() -> None:
    assert [Boolean().parse(text) for text in ("ON", "off", "1", "0", "0.4", "-2")] == [
        True, False, True, False, False, True,
    ]  # fmt: skip
    assert QuotedText(32).parse("'it''s'") == "it's"
    with pytest.raises(ScpiError):
        QuotedText(32).parse("'it's'")
    assert ChannelList().parse("(@ 103 : 101 )") == (103, 102, 101)
    for text, number in (("(@)", -171), ("(101)", -171), ("(@1:999999)", -222), ("(@1,)", -171)):
        with pytest.raises(ScpiError) as caught:
            ChannelList().parse(text)
        assert caught.value.number == number
    with pytest.raises(ScpiError) as caught:
        Choice(("POSitive",)).parse("EITHer")
    assert caught.value.number == -224


@pytest.mark.parametrize(
    ("value", "exponent", "divisor", "expected"),
    [
        (8, 0, 199, "+4.02010E-02"),
        (0, -9, 1, "+0.00000E+00"),
        (-1_650_000_000, -9, 1, "-1.65000E+00"),
        (9_999_999, 0, 1, "+1.00000E+07"),
        (5, -120, 1, "+5.00000E-120"),
    ],
)
def test_answers_in_nr3(value: int, exponent: int, divisor: int, expected: str) -> None:
    assert format_nr3(value, exponent, divisor=divisor) == expected


@given(st.integers(-(10**18), 10**18), st.integers(-15, 3), st.integers(1, 10**6))
def test_nr3_is_within_half_a_unit_of_its_last_place(value: int, exponent: int, divisor: int) -> None:
    told = Fraction(Decimal(format_nr3(value, exponent, divisor=divisor)))
    exact = Fraction(value, divisor) * Fraction(10) ** exponent
    assert abs(told - exact) <= abs(exact) * Fraction(1, 2 * 10**5)


def test_blocks_carry_eight_length_digits() -> None:
    assert format_block(b"abc") == b"#800000003abc"


def test_a_table_that_can_not_be_told_apart_is_refused() -> None:
    for patterns in (
        ("A:B", "A:B"),
        ("[A:]B", "B"),
        ("CHANnel:X", "CHANnels:X"),
        ("CHANnel{1:}:X",),
        ("[CHAN{1:2}:]X",),
    ):
        with pytest.raises(WorldError):
            CommandTree(tuple(Command(pattern) for pattern in patterns))


DIALECT_TREE = instrument_tree(DIALECT)
TYPED = st.text(st.sampled_from("CHANelSCRIGTRWV:*?;, ()@#'\"1239.eE+-\n\t%µ"), max_size=60)


@given(st.one_of(st.text(max_size=80), TYPED))
@example(":CHAN1:SCAL 1;;:;")
@example("'")
@example("CHAN1:SCAL " + "1" * 300)
@settings(max_examples=400)
def test_the_parser_raises_nothing_and_errs_only_at_the_end(message: str) -> None:
    calls = DIALECT_TREE.parse(message)
    assert not any(isinstance(call, ScpiError) for call in calls[:-1])
    split_message(message)


@given(
    st.lists(st.one_of(st.binary(max_size=60), TYPED.map(lambda text: text.encode("latin-1", "replace"))), max_size=6)
)
@settings(max_examples=150, deadline=None)
def test_an_instrument_survives_everything_and_says_what_was_wrong(messages: list[bytes]) -> None:
    world = World(1)
    instrument = make_relay_unit(world, "relay", {})
    for message in messages:
        instrument.write(message, end=True)
        if instrument.start_read():
            instrument.read(1_000_000)
    assert len(instrument.state.exchange.errors) <= instrument.error_queue_depth
    world.run_until(1_000_000_000)  # whatever was switched has settled
    if instrument.start_read():
        instrument.read(1_000_000)
    instrument.write(b"\n*CLS;*OPC?", end=True)
    assert instrument.read(100) == (b"1\n", True)
    assert instrument.state.exchange.errors == []


@given(st.sampled_from([command.pattern for command in DIALECT]), st.randoms(use_true_random=False))
def test_every_header_is_found_in_any_mixture_of_its_forms(pattern: str, random: object) -> None:
    """Short or long, upper or lower case, with its optional nodes or without."""
    choose = random.choice  # type: ignore[attr-defined]
    typed = pattern
    for optional in ("[:EDGE]", "[:EVENt]"):
        typed = typed.replace(optional, choose(["", optional.strip("[]")]))
    nodes = []
    for node in typed.split("{1:4}"):
        parts = ["".join(c for c in part if not c.islower()) if choose([0, 1]) else part for part in node.split(":")]
        nodes.append(":".join(choose([part.upper(), part.lower()]) for part in parts))
    header = "3".join(nodes)
    found = DIALECT_TREE.parse(header + "?") + DIALECT_TREE.parse(header + " %")
    commands = {call.command.pattern for call in found if isinstance(call, Call)}
    numbers = {error.number for error in found if isinstance(error, ScpiError)}
    assert commands <= {pattern}
    assert commands or numbers - {-113}


def test_every_error_that_an_instrument_raises_has_a_text() -> None:
    """One without would break the emulated bench, not the command."""
    sources = Path(scpi_syntax.__file__).parent.glob("*.py")
    raised = {int(number) for file in sources for number in re.findall(r"ScpiError\((-\d+)\)", file.read_text("utf-8"))}
    assert len(raised) > 20
    assert sorted(raised - set(ERROR_TEXTS)) == []
