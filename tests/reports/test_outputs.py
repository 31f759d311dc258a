"""All forms together: written whole, covered by the signature or made again, never in the place of signed ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.evidence.errors import ReadError, SignatureError
from harness.evidence.output_files import ALLURE_FOLDER, OUTPUT_FILES, is_output, outputs_present
from harness.evidence.signature import (
    check_signature,
    fingerprint,
    load_private_key,
    load_public_key,
    make_key,
    sign_run,
)
from harness.evidence.verify import SIGNATURE_FILE, verify_run
from reports.errors import ReportWriteError
from reports.outputs import FORMATS, UnknownFormatError, check_outputs, write_outputs
from tests.reports.made_up_run import PLANNED, counts, finished_run, make_folder, run_test


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    finished_run(path)
    write_outputs(path)
    return path


@pytest.fixture
def run(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "run"))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "lab.pem"
    make_key(path)
    return path


def signed(run: Path, key: Path) -> Path:
    signing = load_private_key(key)
    write_outputs(run, signer=fingerprint(signing.public_key()))
    sign_run(run, signing)
    return run


def test_every_form_is_written_and_named_in_the_order_asked_for(run: Path) -> None:
    paths = write_outputs(run, ("csv", "html", "allure"))
    assert [path.name for path in paths] == ["values.csv", "report.html", ALLURE_FOLDER]
    assert {path.name for path in write_outputs(run)} == OUTPUT_FILES | {ALLURE_FOLDER}
    assert all(path.exists() for path in paths)


def test_only_what_is_asked_for_is_written(tmp_path: Path) -> None:
    finished_run(tmp_path / "run")
    write_outputs(tmp_path / "run", ("junit", "pcapng"))
    assert outputs_present(tmp_path / "run") == ["junit.xml", "meter-traffic.pcapng"]


def test_the_record_still_verifies_with_everything_beside_it(run: Path) -> None:
    assert verify_run(run) == []
    assert check_outputs(run) == []
    assert len(outputs_present(run)) > len(OUTPUT_FILES)


@pytest.mark.parametrize("name", [*sorted(OUTPUT_FILES), f"{ALLURE_FOLDER}/environment.properties"])
def test_a_changed_output_is_told_where_nothing_signs_it(run: Path, name: str) -> None:
    (run / name).write_bytes((run / name).read_bytes().replace(b"a", b"b", 1))
    (problem,) = check_outputs(run)
    assert (problem.file, "is not what this version makes" in problem.text) == (name, True)
    assert verify_run(run) == []  # the record itself is whole


def test_an_allure_result_put_in_or_taken_away_is_told(run: Path) -> None:
    (run / ALLURE_FOLDER / "0-result.json").write_text("{}")
    next((run / ALLURE_FOLDER).glob("*-container.json")).unlink()
    assert sorted(problem.text.partition(":")[0].partition(";")[0] for problem in check_outputs(run)) == [
        "is missing among the files that it belongs to",
        "is not among what this version makes of the record",
    ]


def test_a_stranger_is_still_a_stranger(run: Path) -> None:
    (run / ALLURE_FOLDER / "deep").mkdir()
    (run / ALLURE_FOLDER / "deep" / "x.json").write_text("{}")
    (run / "report.txt").write_text("Pass")
    (run / "link.html").symlink_to(run / "report.html")
    assert {problem.file for problem in verify_run(run)} == {
        f"{ALLURE_FOLDER}/deep/x.json", "report.txt", "link.html"
    }  # fmt: skip
    assert not is_output(f"{ALLURE_FOLDER}/../run.json")
    assert not is_output(f"{ALLURE_FOLDER}/.hidden")


def test_an_output_that_is_a_link_is_a_stranger(run: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.pdf").write_bytes((run / "report.pdf").read_bytes())
    (run / "report.pdf").unlink()
    (run / "report.pdf").symlink_to(tmp_path / "elsewhere.pdf")
    assert [problem.file for problem in verify_run(run)] == ["report.pdf"]


def test_the_signature_covers_every_output(run: Path, key: Path) -> None:
    public = load_public_key(key.with_name("lab.pem.pub"))
    words, problems = check_signature(signed(run, key), public)
    assert problems == []
    assert words.startswith("signed by the key you gave")
    for name in outputs_present(run):
        before = (run / name).read_bytes()
        (run / name).write_bytes(before + b" ")
        _, problems = check_signature(run, public)
        assert [problem.file for problem in problems] == [name]
        (run / name).write_bytes(before)
    assert check_signature(run, public)[1] == []


def put_in(run: Path) -> None:
    (run / ALLURE_FOLDER / "0-result.json").write_text("{}")


def taken(run: Path) -> None:
    (run / ALLURE_FOLDER / "categories.json").unlink()


def listed_otherwise(run: Path) -> None:
    file = run / SIGNATURE_FILE
    file.write_text(file.read_text().replace('"junit.xml"', '"junit-2.xml"'))


def list_taken(run: Path) -> None:
    file = run / SIGNATURE_FILE
    file.write_text(file.read_text().replace("outputs_sha256", "outputs"))


@pytest.mark.parametrize(
    ("change", "file", "words"),
    [
        (put_in, f"{ALLURE_FOLDER}/0-result.json", "was put in after the record was signed"),
        (taken, f"{ALLURE_FOLDER}/categories.json", "is missing; the signature names it"),
        (listed_otherwise, SIGNATURE_FILE, "does not fit the record"),
        (list_taken, SIGNATURE_FILE, "does not fit the record"),
    ],
)
def test_what_changes_beside_a_signature_is_named(
    run: Path, key: Path, change: Callable[[Path], None], file: str, words: str
) -> None:
    change(signed(run, key))
    (problem,) = check_signature(run, None)[1]
    assert (problem.file, words in problem.text) == (file, True)


def test_the_report_names_the_key_that_signs_it_and_is_the_same_when_made_again(run: Path, key: Path) -> None:
    signed(run, key)
    mark = fingerprint(load_private_key(key).public_key())
    before = {name: (run / name).read_bytes() for name in outputs_present(run)}
    assert mark.encode() in before["report.html"]
    write_outputs(run)
    assert {name: (run / name).read_bytes() for name in outputs_present(run)} == before


def test_a_signed_output_is_never_replaced_by_another(run: Path, key: Path, tmp_path: Path) -> None:
    signed(run, key)
    with pytest.raises(SignatureError, match=r"does not make the file that was signed.*--out"):
        write_outputs(run, signer="0" * 64)
    assert check_signature(run, None)[1] == []
    assert len(write_outputs(run, signer="0" * 64, into=tmp_path / "elsewhere")) == len(FORMATS)


def test_an_output_that_was_not_signed_is_not_put_beside_those_that_were(tmp_path: Path, key: Path) -> None:
    run = finished_run(tmp_path / "run").path
    write_outputs(run, ("html",), signer=fingerprint(load_private_key(key).public_key()))
    sign_run(run, load_private_key(key))
    with pytest.raises(SignatureError, match=r"report\.pdf"):
        write_outputs(run, ("pdf",))
    assert outputs_present(run) == ["report.html"]


def test_an_unfinished_run_names_no_key(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run")
    run_test(folder, PLANNED[0].test_id, counts, end=False)
    write_outputs(folder.path, signer="ab" * 32)
    assert b"abababab" not in (folder.path / "report.html").read_bytes()
    assert check_outputs(folder.path) == []


def test_results_of_an_earlier_making_go(run: Path, tmp_path: Path) -> None:
    stale = tmp_path / "out" / ALLURE_FOLDER / "0-result.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")
    kept = stale.with_name("notes.d")
    kept.mkdir()
    write_outputs(run, ("allure",), into=tmp_path / "out")
    assert (stale.exists(), kept.is_dir()) == (False, True)


def test_a_form_that_there_is_not_is_told_with_those_there_are(run: Path) -> None:
    with pytest.raises(UnknownFormatError, match="'docx' is no form of the report; there are: html, pdf"):
        write_outputs(run, ("docx",))


def test_a_place_that_cannot_be_written_is_told(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportWriteError, match="can't be made"):
        write_outputs(run, ("csv",), into=tmp_path / "file" / "in it")
    (tmp_path / "taken" / "values.csv").mkdir(parents=True)
    with pytest.raises(ReportWriteError, match="can't be written"):
        write_outputs(run, ("csv",), into=tmp_path / "taken")


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is this the folder of a run"):
        write_outputs(tmp_path)
