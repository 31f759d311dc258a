"""Axes with round numbers, lines that lie where their values are, and drawings that are one file of their own."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from harness.measure.waveform import Waveform
from reports import histogram_figure, waveform_figure
from reports.histogram_figure import Limits
from reports.palette import light
from reports.quantities import Scale
from reports.svg import HATCH, SIGNAL, Panel, label, standalone, to_svg, words
from reports.ticks import choose_ticks
from tests.reports.test_parts import line

Range = tuple[float, float]


@pytest.mark.parametrize(
    ("span", "most", "texts"),
    [
        ((0.0, 100.0), 5, ["0", "25", "50", "75", "100"]),
        ((-20.0, 80.0), 6, ["−20", "0", "20", "40", "60", "80"]),
        ((-1.2, 2.9), 9, ["−1.0", "−0.5", "0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
        ((99.9995, 100.0005), 3, ["99.9995", "100.0000", "100.0005"]),
        ((0.0, 3e10), 4, ["0", "1e+10", "2e+10", "3e+10"]),
        ((0.0, 1.1), 1, ["0"]),
        (
            (6283867.0, 6283867.1),
            10,
            ["6283867.00", "6283867.02", "6283867.04", "6283867.06", "6283867.08", "6283867.10"],
        ),
        ((5.0, 5.0), 4, []),
        ((0.0, float("inf")), 4, []),
    ],
)
def test_marks_are_round_numbers_with_the_places_they_need(span: Range, most: int, texts: list[str]) -> None:
    assert [text for _, text in choose_ticks(*span, most)] == texts


@given(
    st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.integers(2, 12),
)  # fmt: skip
def test_marks_lie_inside_are_equally_far_apart_and_not_too_many(low: float, width: float, most: int) -> None:
    high = low + width
    if high - low < 1e-9 * max(abs(low), abs(high)):
        return
    marks = [at for at, _ in choose_ticks(low, high, most)]
    assert len(marks) <= most
    assert all(low <= at <= high for at in marks)
    steps = [after - before for before, after in pairwise(marks)]
    assert max(steps, default=0.0) == pytest.approx(min(steps, default=0.0), rel=1e-3)


def test_a_value_lies_where_the_axis_says() -> None:
    panel = Panel(10, 20, 100, 50, (0.0, 10.0), (-1.0, 1.0))
    assert (panel.px(0.0), panel.px(10.0), panel.py(-1.0), panel.py(1.0)) == (10, 110, 70, 20)
    panel.line([0.0, 5.0, 5.0, 10.0], [-1.0, 1.0, 1.0, 0.0])
    assert 'points="10.00,70.00 60.00,20.00 110.00,45.00"' in panel.inside[0]


def test_every_drawing_is_well_formed_and_all_it_refers_to_is_there() -> None:
    drawing, _ = waveform_figure.draw([line([0, 255] * 50)], {"t0": 50_000.0}, "f1", "a <b> & c")
    root = Xml.fromstring(standalone(drawing, "Libertinus Serif"))  # noqa: S314 - made a moment ago
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    assert set(re.findall(r"url\(#([^)]+)\)", drawing)) <= ids
    assert len(ids) == len(re.findall(r' id="', drawing))


def test_alone_it_has_colours_for_variables_and_the_readers_font() -> None:
    drawing, _ = histogram_figure.draw([1.0, 2.0], Limits(at_most=5.0, accept_at_most=4.0), Scale("mT"), "h", "x")
    alone = standalone(drawing, "Libertinus Serif")
    assert "var(" not in alone
    assert light()["--signal"] in alone
    assert "'Libertinus Serif', sans-serif" in alone
    assert "DejaVu" not in alone


def test_a_bar_is_as_high_as_its_bin_has_values() -> None:
    drawing, _ = histogram_figure.draw([1.0, 1.1, 1.2, 9.0], None, Scale("A"), "h", "x")
    heights = [float(one) for one in re.findall(rf'height="([0-9.]+)" fill="{re.escape(SIGNAL)}"', drawing)]
    assert sum(height > 0 for height in heights) == 2
    assert max(heights) == pytest.approx(3 * min(height for height in heights if height), rel=0.01)


def test_words_from_a_record_stay_words() -> None:
    assert "&lt;script&gt;" in words(0, 0, "<script>", "red", "start")
    assert len(label("x" * 500)) == 60
    assert label("a\n\u202eb") == "a \ufffdb"
    drawing = to_svg([], 10, 10, "f", "<script>", '"&')
    assert isinstance(drawing, Markup)
    assert "<script>" not in drawing


def test_a_name_that_is_a_word_of_ours_is_no_hatching() -> None:
    panel = Panel(0, 0, 10, 10, (0.0, 1.0), (0.0, 1.0))
    panel.band(0.0, 0.5, HATCH)
    panel.name(0.2, HATCH, "red", on_left=False)
    drawing = to_svg([panel], 10, 10, "f", "t", "d")
    assert 'fill="url(#f-hatch)"' in drawing
    assert f">{HATCH}</text>" in drawing


def test_a_quiet_channel_is_drawn_flat_and_a_small_current_is_not_lost() -> None:
    """One step of the converter is noise; a hundred are a signal, however few milliamperes they are."""
    for steps, share in ((1, 0.05), (100, 0.9)):
        drawing, _ = waveform_figure.draw([line([100, 100 + steps] * 50)], {}, "f", "SHUNT_I")
        points = re.search(r'points="([^"]+)"', drawing)
        assert points is not None
        heights = [float(point.split(",")[1]) for point in points.group(1).split()]
        drawn = (max(heights) - min(heights)) / 75.6 * 1.5
        assert (drawn < share * 2) if steps == 1 else (drawn > share)


def test_a_current_is_shown_as_it_rises_and_in_its_unit() -> None:
    rise = Waveform(np.linspace(0, 200, 3000).astype(np.uint8), 0.01, 0.0, 0, 1000.0, 0.0, "COIL_I", "A")
    (zoom,) = waveform_figure.choose_zooms([rise], {"t0": 1_500_000.0})
    assert (zoom.from_ns, zoom.to_ns) == pytest.approx((1_450_000.0, 1_550_000.0), abs=100)
    drawing, _ = waveform_figure.draw([rise], {"t0": 1_500_000.0}, "f", "COIL_I")
    assert "COIL_I: whole acquisition, A" in drawing


def test_logic_levels_fill_their_panel_and_have_no_unit() -> None:
    bits = Waveform(np.array([0, 1] * 500, dtype=np.uint8), 1.0, 0.0, 0, 1000.0, 0.0, "I2C_SCL", "1")
    drawing, _ = waveform_figure.draw([bits], {}, "f", "bus")
    assert "I2C_SCL: whole acquisition<" in drawing
    points = re.search(r'points="([^"]+)"', drawing)
    assert points is not None
    heights = [float(point.split(",")[1]) for point in points.group(1).split()]
    assert max(heights) - min(heights) > 0.6 * 75.6
