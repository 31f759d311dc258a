"""Every form of the report says on its first page that the plan's values are not the reference plan's, and which."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from harness.evidence.reader import load_run
from reports.allure import render_allure
from reports.content import Content, build_content
from reports.first_page import FIRST_DEVIATIONS
from reports.html import render_html
from reports.junit import render_junit
from reports.pdf import render_pdf
from tests.reports.made_up_run import finished_run
from tests.reports.page import Page

TITLE = "This plan's values differ from the reference plan's."
LINES = tuple(f"mag-2-must-trip-{number}: highest 9{number} mT, reference 58 mT" for number in range(9))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    finished_run(path)
    return path


def content(folder: Path, deviations: tuple[str, ...] | None) -> Content:
    run = load_run(folder)
    return build_content(replace(run, header=replace(run.header, deviations=deviations)), problems=[])


def pages(made: Content) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(made)))
    texts = (page.extract_text().replace("\u200b", "").replace("\u2019", "'") for page in reader.pages)
    return [" ".join(text.split()) for text in texts]


def test_the_page_says_it_above_everything_that_was_shown(folder: Path) -> None:
    html = render_html(content(folder, LINES))
    text = Page(html).text
    assert text.index(TITLE) < text.index("What the plan requires, and what was shown")
    assert "differs in 9 points" in text
    for line in LINES:
        assert line in text
    box = html[html.index('id="deviations"') : html.index('id="shown"')]
    assert box.index(LINES[FIRST_DEVIATIONS - 1]) < box.index("and 3 more") < box.index(LINES[FIRST_DEVIATIONS])


def test_paper_says_it_on_its_first_page_and_lists_the_rest_behind(folder: Path) -> None:
    first, *others = pages(content(folder, LINES))
    assert TITLE in first
    assert LINES[FIRST_DEVIATIONS - 1] in first
    assert "and 3 more" in first
    assert LINES[FIRST_DEVIATIONS] not in first
    for line in LINES:
        assert line in " ".join(others)


def test_a_few_stand_on_the_first_page_alone(folder: Path) -> None:
    first, *others = pages(content(folder, LINES[:1]))
    assert LINES[0] in first
    assert "more: see" not in first
    assert LINES[0] not in " ".join(others)
    assert "differs in 1 point" in first


def test_a_plan_that_only_leaves_tests_out_is_called_a_part_and_no_other_values(folder: Path) -> None:
    left_out = ("SEAL-1: the reference also asks combined-all-at-once", "MAG-2: the reference also asks mag-6-pulses")
    made = content(folder, left_out)
    for text in (Page(render_html(made)).text, " ".join(pages(made))):
        assert "This plan is a part of the reference plan" in text
        assert "a part of it: " in text[text.index("Against the reference plan") :][:60]
        assert TITLE not in text
        assert left_out[0] in text
    assert TITLE in Page(render_html(content(folder, (*left_out, LINES[0])))).text


@pytest.mark.parametrize(("deviations", "words"), [((), "no difference"), (None, "not recorded")])
def test_without_a_difference_there_is_no_box(folder: Path, deviations: tuple[str, ...] | None, words: str) -> None:
    made = content(folder, deviations)
    for text in (Page(render_html(made)).text, pages(made)[0]):
        assert TITLE not in text
        assert words in text[text.index("Against the reference plan") :][:60]


def test_dashboards_get_it_as_properties(folder: Path) -> None:
    made = content(folder, LINES)
    xml = render_junit(made).decode()
    assert '<property name="against-reference-plan" value="differs in 9 points" />' in xml
    assert f'<property name="deviation" value="{LINES[8]}" />' in xml
    (environment,) = (data for name, data in render_allure(made).items() if name.endswith("environment.properties"))
    assert b"Plan.reference=differs in 9 points\n" in environment
    assert b"Plan.deviation.9=mag-2-must-trip-8" in environment


def test_the_item_on_deviations_of_the_report_names_them(folder: Path) -> None:
    said = {item.letter: item.says for item in content(folder, LINES).items}
    assert said["n"].endswith("; against the reference plan: differs in 9 points")


def test_the_words_of_a_plan_are_never_markup(folder: Path) -> None:
    made = content(folder, ("x: field <b>9</b> #panic(1), reference *5*",))
    assert "<b>9</b>" not in render_html(made)
    assert "#panic(1), reference *5*" in pages(made)[0]


def test_the_same_record_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(folder, tmp_path / "copy"))
    assert render_html(content(folder, LINES)) == render_html(content(again, LINES))
    assert render_pdf(content(folder, LINES)) == render_pdf(content(again, LINES))
