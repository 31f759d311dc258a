"""Every form of the report lists the levels that nobody read in their document, of the tests that ran."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from harness.evidence.model import Recalled
from harness.evidence.reader import load_run
from reports.allure import render_allure
from reports.content import Content, build_content
from reports.html import render_html
from reports.junit import render_junit
from reports.pdf import render_pdf
from tests.reports.made_up_run import finished_run
from tests.reports.page import Page

RAN = "seal-2-long-openings"
LEVELS = (
    Recalled((RAN, "met-1-surge"), "opening", "62 ms", "IEC 0-<i>1</i>, 7.1 [recalled]"),
    Recalled(("met-1-surge",), "level", "4 kV", "a document of a test that did not run"),
    Recalled((), "", "", "a magnet of 0.5 T, beyond the bench"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    finished_run(path)
    return path


def content(folder: Path, levels: tuple[Recalled, ...] | None) -> Content:
    run = load_run(folder)
    header = replace(
        run.header, parameters=run.header.parameters | {"profile": "mine: My market"}, to_be_confirmed=levels
    )
    return build_content(replace(run, header=header), problems=[])


def paper(made: Content) -> str:
    pages = pypdf.PdfReader(io.BytesIO(render_pdf(made))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u200b", "").split())


def test_parameter_value_source_and_tests_stand_in_page_and_paper(folder: Path) -> None:
    made = content(folder, LEVELS)
    html = render_html(made)
    assert "<i>1</i>" not in html, "a source is text, never markup"
    for text in (Page(html).text, paper(made)):
        assert "mine: My market; 2 levels to be confirmed, listed below" in text
        listed = text[text.index("Levels to be confirmed") :]
        for said in ("opening", "62 ms", "7.1 [recalled]", RAN, "a magnet of 0.5 T, beyond the bench"):
            assert said in listed
        assert "did not run" not in text
        assert "met-1-surge" not in text


@pytest.mark.parametrize(
    ("levels", "words"), [((), "no level of the tests that ran is from memory"), (None, "My market")]
)
def test_without_such_a_level_there_is_no_list(folder: Path, levels: tuple[Recalled, ...] | None, words: str) -> None:
    for text in (Page(render_html(content(folder, levels))).text, paper(content(folder, levels))):
        assert words in text
        assert "Levels to be confirmed" not in text


def test_dashboards_get_each_as_a_property(folder: Path) -> None:
    made = content(folder, LEVELS)
    xml = render_junit(made).decode()
    assert '<property name="profile" value="mine: My market" />' in xml
    assert f'<property name="to-be-confirmed" value="{RAN}: opening 62 ms (IEC 0-' in xml
    (environment,) = (data for name, data in render_allure(made).items() if name.endswith("environment.properties"))
    assert b"To.be.confirmed.1=" + RAN.encode() in environment
    assert b"To.be.confirmed.2=a magnet of 0.5 T" in environment
