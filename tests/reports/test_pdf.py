"""The PDF says what the page says, is the same each time, and takes nothing from a record as markup."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdf
import pytest

from harness.evidence.canonical import sha256_hex
from harness.evidence.model import PlannedTest
from harness.evidence.reader import load_run
from reports import pdf as pdf_module
from reports.content import Content, build_content
from reports.glyphs import known_signs, sure_signs, written_out
from reports.html import render_html
from reports.pdf import PdfError, render_pdf
from reports.words import legend
from tests.reports.made_up_run import (
    IMAGE,
    LATENCY,
    PLANNED,
    ROOT,
    counts,
    finished_run,
    latency,
    make_folder,
    run_test,
)
from tests.reports.mixed_run import mixed_run
from tests.reports.page import Page


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Content:
    path = tmp_path_factory.mktemp("runs") / "passing"
    finished_run(path, {PLANNED[8].test_id: latency(3, 6000)})
    return build_content(load_run(path))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return build_content(load_run(mixed_run(tmp_path_factory.mktemp("runs") / "mixed")))


def pages_of(content: Content) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(content)))
    return [" ".join(page.extract_text().replace("\u200b", "").split()) for page in reader.pages]


def test_the_first_page_says_verdict_device_bench_and_digests(passing: Content) -> None:
    first = pages_of(passing)[0]
    assert first.index("✓ Pass") < first.index("EMULATED BENCH.") < first.index(sha256_hex(IMAGE))
    assert passing.page.record_digest in first
    assert "Every test that the plan requires passed. 4 of 4 requirements" in first
    assert "NOT SHOWN" not in first


def test_every_page_carries_record_and_number_of_pages_and_the_end_is_marked(passing: Content) -> None:
    pages = pages_of(passing)
    for number, page in enumerate(pages, 1):
        assert f"Report on record {passing.mark} Page {number} of {len(pages)}" in page
    assert f"End of report, record {passing.mark}" in pages[-1]


def test_values_limits_uncertainty_rule_and_calibration_are_there(passing: Content) -> None:
    text = " ".join(pages_of(passing))
    for words in (
        "121.0000",
        "≤ 499.9987",
        "Guarded acceptance",
        "1.6 ppm of the interval",
        "MY00000001",
        "2027-05-31",
    ):
        assert words in text.replace("\u202f", " "), words
    for item in passing.items:
        assert item.asks in text


def test_each_way_to_end_is_told_as_the_page_tells_it(mixed: Content) -> None:
    text = " ".join(pages_of(mixed))
    html = Page(render_html(mixed)).text
    for words in ("✗ Fail", "? Inconclusive", "! Error", "– Not tested", "NOT SHOWN", "This test was never started."):
        assert words in text, words
        assert words in html, words
    assert "RuntimeError" in text
    assert f"Promised and never judged: {LATENCY}" in text


def test_same_record_same_bytes(passing: Content) -> None:
    assert render_pdf(passing) == render_pdf(build_content(passing.run))


def test_the_date_is_the_records_and_the_form_is_archival(passing: Content) -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(passing)))
    assert reader.metadata is not None
    assert reader.metadata["/CreationDate"].startswith("D:20260601")
    assert reader.metadata.title == passing.title
    xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part>2<.*pdfaid:conformance>A<", xmp, re.DOTALL)
    assert "pdfuaid:part>1<" in xmp


def test_text_from_a_record_is_never_markup(mixed: Content) -> None:
    text = " ".join(pages_of(mixed))
    for words in (
        "#sys.version $x$ *bold* `raw` <label> @ref // /*",
        '#eval("1 + 1") #import "main.typ": *',
        "\\u{41}",
    ):
        assert words in text, words


def test_signs_without_a_glyph_are_written_out(mixed: Content) -> None:
    text = " ".join(pages_of(mixed)).replace(" ", "")
    assert "[U+65E5]" in text
    assert "[U+1F600]" in text
    assert written_out("µ ≥ Ω\t日", known_signs()) == "µ ≥ Ω [U+65E5]"


def test_our_own_words_need_no_writing_out() -> None:
    own = "".join(shown.sign + shown.word + shown.meaning for shown in legend()) + "≥≤−\u202f°±²"
    assert set(own) - {"°"} <= sure_signs()
    assert set(own) <= known_signs()


def test_a_sign_that_the_fonts_lack_after_all_costs_no_report(mixed: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_module, "known_signs", lambda: known_signs() | {"\U0001f600"})
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(mixed)))
    assert "[U+1F600]" in "".join(page.extract_text() for page in reader.pages).replace("\n", "")


def test_what_typst_refuses_is_told(passing: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_module, "_template", lambda _: b"#panic(1)")
    with pytest.raises(PdfError, match=r"report\.pdf: Typst can't set this report"):
        render_pdf(passing)


def test_a_killed_run_is_a_report_that_says_so(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    run_test(folder, PLANNED[0].test_id, counts, end=False)
    text = " ".join(pages_of(build_content(load_run(folder.path))))
    assert "UNFINISHED OR DAMAGED RUN." in text
    assert "… Unfinished" in text
    assert "✓ Pass 1 test" not in text


def test_a_changed_record_says_so_before_anything_else(tmp_path: Path) -> None:
    path = finished_run(tmp_path / "run").path
    entries = next(path.glob("tests/001-*/entries.jsonl"))
    entries.write_bytes(entries.read_bytes().replace(b'"value":1', b'"value":2', 1))
    text = pages_of(build_content(load_run(path)))[0]
    assert text.index("THE RECORD DOES NOT VERIFY.") < text.index("EMULATED BENCH.")
    assert str(tmp_path) not in text


def test_a_value_that_is_no_text_is_printed(tmp_path: Path) -> None:
    """Seeds beyond 64 bits, truth values and nothing: Typst's own str() takes none of them."""
    content = build_content(load_run(finished_run(tmp_path / "run").path))
    header = content.run.header
    object.__setattr__(header, "parameters", {"flag": True, "nothing": None, "ratio": 0.1})
    object.__setattr__(header, "seed", 2**80)
    text = " ".join(pages_of(content))
    for words in ("flag True", "nothing None", "ratio 0.1", f"Seed {2**80}"):
        assert words in text, words


@pytest.mark.parametrize("count", [18, 27, 40])
def test_a_matrix_of_any_length_can_be_set(count: int, tmp_path: Path) -> None:
    """Its header is repeated on a next page, where PDF/UA allows no links."""
    names = re.findall(r'^id = "(.*)"', (ROOT / "testplans/requirements.toml").read_text(), re.M)
    planned = tuple(PlannedTest(f"test-{number}", (names[number],)) for number in range(count))
    make_folder(tmp_path / "run", tests=planned)
    text = " ".join(pages_of(build_content(load_run(tmp_path / "run"))))
    assert f"test-{count - 1}" in text
