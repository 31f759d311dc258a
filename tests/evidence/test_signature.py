"""The laboratory's signature: who answers for a record."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import SignatureError
from harness.evidence.signature import check_signature, load_private_key, load_public_key, make_key, sign_run
from harness.evidence.verify import REPORT_FILE, SIGNATURE_FILE
from tests.evidence.runs import whole_run


def finished(folder: Path) -> Path:
    run = whole_run(folder)
    if not (run.path / "summary.json").exists():
        run.finish()
    return run.path


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "lab.pem", make_key(tmp_path / "lab.pem")


@pytest.fixture
def signed(tmp_path: Path, keys: tuple[Path, Path]) -> Path:
    run = finished(tmp_path / "run")
    sign_run(run, load_private_key(keys[0]))
    return run


def test_a_signed_record_names_its_key(signed: Path, keys: tuple[Path, Path]):
    words, problems = check_signature(signed, load_public_key(keys[1]))
    assert problems == []
    assert "the key you gave" in words
    words, problems = check_signature(signed, None)
    assert problems == []
    assert "have not named" in words


def test_the_same_record_and_key_give_the_same_bytes(signed: Path, keys: tuple[Path, Path]):
    before = (signed / SIGNATURE_FILE).read_bytes()
    sign_run(signed, load_private_key(keys[0]))
    assert (signed / SIGNATURE_FILE).read_bytes() == before


def test_another_key_is_told(signed: Path, tmp_path: Path):
    other = make_key(tmp_path / "other.pem")
    _, problems = check_signature(signed, load_public_key(other))
    assert "not by the key you gave" in problems[0].text


def test_an_unsigned_record_is_a_problem_only_where_a_signature_was_asked_for(tmp_path: Path, keys: tuple[Path, Path]):
    run = finished(tmp_path / "run")
    assert check_signature(run, None) == ("not signed", [])
    assert check_signature(run, load_public_key(keys[1]))[1]


@pytest.mark.parametrize("field", ["record_digest of the summary", "signature", "public_key", "algorithm"])
def test_any_change_breaks_it(signed: Path, keys: tuple[Path, Path], field: str):
    file, name = (signed / "summary.json", "record_digest") if " " in field else (signed / SIGNATURE_FILE, field)
    body = json.loads(file.read_text())
    last = body[name][-1]
    body[name] = body[name][:-1] + ("0" if last != "0" else "1")
    file.write_text(json.dumps(body))
    assert check_signature(signed, load_public_key(keys[1]))[1]


def report_changed(run: Path) -> None:
    (run / REPORT_FILE).write_bytes((run / REPORT_FILE).read_bytes().replace(b"Fail", b"Pass"))


def report_taken(run: Path) -> None:
    (run / REPORT_FILE).unlink()


def report_digest_changed(run: Path) -> None:
    """The report and what the signature says of it are changed together; the signature itself can't be."""
    report_changed(run)
    body = json.loads((run / SIGNATURE_FILE).read_text())
    body["report_sha256"] = sha256_hex((run / REPORT_FILE).read_bytes())
    (run / SIGNATURE_FILE).write_text(json.dumps(body))


@pytest.mark.parametrize(
    ("change", "file", "text"),
    [
        (report_changed, REPORT_FILE, "is not the report that was signed"),
        (report_taken, REPORT_FILE, "is missing; the signature names one"),
        (report_digest_changed, SIGNATURE_FILE, "does not fit the record"),
    ],
)
def test_the_report_is_signed_with_the_record(
    tmp_path: Path, keys: tuple[Path, Path], change: Callable[[Path], None], file: str, text: str
):
    run = finished(tmp_path / "run")
    (run / REPORT_FILE).write_text("Fail")
    sign_run(run, load_private_key(keys[0]))
    assert check_signature(run, load_public_key(keys[1]))[1] == []
    change(run)
    (problem,) = check_signature(run, load_public_key(keys[1]))[1]
    assert problem.file == file
    assert text in problem.text


def test_no_report_can_be_put_beside_a_record_signed_without_one(signed: Path):
    (signed / REPORT_FILE).write_text("Pass")
    (problem,) = check_signature(signed, None)[1]
    assert (problem.file, "put in after" in problem.text) == (REPORT_FILE, True)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[" * 100_000, b'{"public_key": 5}'])
def test_a_signature_that_is_none_is_a_problem_and_no_crash(signed: Path, content: bytes):
    (signed / SIGNATURE_FILE).write_bytes(content)
    assert [problem.file for problem in check_signature(signed, None)[1]] == [SIGNATURE_FILE]


def test_the_private_key_is_its_owners_alone(keys: tuple[Path, Path]):
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600
    keys[0].chmod(0o640)
    with pytest.raises(SignatureError, match="chmod 600"):
        load_private_key(keys[0])


def test_a_key_is_never_overwritten(keys: tuple[Path, Path]):
    before = keys[0].read_bytes()
    with pytest.raises(SignatureError, match="already"):
        make_key(keys[0])
    keys[1].unlink()
    with pytest.raises(SignatureError, match="can't be made"):
        make_key(keys[0])
    assert keys[0].read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "x.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SignatureError):
        load_private_key(path)
    with pytest.raises(SignatureError):
        load_public_key(path)
    with pytest.raises(SignatureError, match="can't be read"):
        load_private_key(tmp_path / "absent.pem")
