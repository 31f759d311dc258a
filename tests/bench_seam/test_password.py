"""The diagnostic port's password: in the meter file only if it is no secret, else in a private file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bench.diagnostic_section import PASSWORD_FILE_VARIABLE, DiagnosticSection
from harness.bench.errors import BenchFileError
from harness.bench.files import load_meter_file
from tests.system.commands import METER, changed

SECRET = "Xy7 #quince\\9"
SHIPPED = 'published_password = "Ward-7/Lamp"'


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_FILE_VARIABLE, raising=False)


def section_of(folder: Path, line: str) -> DiagnosticSection:
    meter = load_meter_file(changed(METER, folder / "meter.toml", (SHIPPED, line)))
    assert meter.diagnostic is not None
    return meter.diagnostic


def secret_file(path: Path, content: bytes = SECRET.encode() + b"\n", mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_private_file_beside_the_meter_file_is_read(tmp_path: Path, end: bytes) -> None:
    secret_file(tmp_path / "port.password", SECRET.encode() + end)
    section = section_of(tmp_path, 'password_file = "port.password"')
    assert section.password == SECRET
    assert SECRET not in repr(section)


def test_the_variable_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_FILE_VARIABLE, str(secret_file(tmp_path / "of-ci")))
    assert section_of(tmp_path, 'password_file = "not-here"').password == SECRET
    assert section_of(tmp_path, SHIPPED).password == "Ward-7/Lamp", "a published one needs no file"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    secret_file(tmp_path / "port.password", mode=mode)
    with pytest.raises(BenchFileError, match=f"port.password.*mode {mode:o}.*chmod 600") as refused:
        _ = section_of(tmp_path, 'password_file = "port.password"').password
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"t\xc3\xbcr\n", b"x" * 257], ids=repr)
def test_what_is_no_password_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    secret_file(tmp_path / "port.password", content)
    with pytest.raises(BenchFileError, match="one line") as refused:
        _ = section_of(tmp_path, 'password_file = "port.password"').password
    assert "two" not in str(refused.value)


def test_a_missing_file_names_both_ways(tmp_path: Path) -> None:
    section = section_of(tmp_path, 'password_file = "none.password"')
    with pytest.raises(BenchFileError, match=rf"none\.password.*mode 600.*{PASSWORD_FILE_VARIABLE}"):
        _ = section.password


@pytest.mark.parametrize("line", ["", SHIPPED + '\npassword_file = "x"'])
def test_there_is_one_password(tmp_path: Path, line: str) -> None:
    with pytest.raises(BenchFileError, match=r"diagnostic.*one of 'password_file'.*'published_password'"):
        section_of(tmp_path, line)


def test_a_password_in_clear_is_no_key_of_a_meter_file(tmp_path: Path) -> None:
    with pytest.raises(BenchFileError, match=r"unknown key 'diagnostic\.password'.*password_file") as refused:
        section_of(tmp_path, f"password = {SECRET!r}")
    assert SECRET not in str(refused.value)


def test_the_login_has_a_place_for_it(tmp_path: Path) -> None:
    with pytest.raises(BenchFileError, match=r"diagnostic\.login"):
        section_of(tmp_path, SHIPPED + '\nlogin = "open sesame"')
    section = section_of(tmp_path, SHIPPED + '\nlogin = "{user} {password}!"')
    assert section.login_with("a{b}") == b"{user} a{b}!"
