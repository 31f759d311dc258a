"""A secret password is in nothing that a run leaves behind, and the record is checked and replayed all the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.bench.diagnostic_section import PASSWORD_FILE_VARIABLE
from tests.system.commands import METER, Outcome, changed, run

SECRET = "Xy7#quince-9"
TEST = "int-4-password"
OPENED = ("right password 1: port opens", "port open")


@pytest.fixture(scope="module")
def certified(image: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    """A run on a meter whose password is a secret, and its folder."""
    lab, work = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("work")
    (lab / "port.password").write_text(SECRET + "\n", encoding="ascii")
    (lab / "port.password").chmod(0o600)
    meter = changed(
        METER, lab / "meter.toml", ('published_password = "Ward-7/Lamp"', 'password_file = "port.password"')
    )
    folder = work / "run"
    outcome = run(
        "certify", "--plan", "bite", "--test", TEST, "--meter", meter, "--image", image, "--out", folder, cwd=work
    )
    return outcome, folder


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_neither_the_password_nor_a_near_miss_is_in_any_file(certified: tuple[Outcome, Path]) -> None:
    outcome, folder = certified
    assert "1 of" in outcome.out, outcome.text
    found = everything_in(folder)
    assert any(OPENED[0].encode() in data for data in found.values()), "the right password was tried, and opened"
    assert any(OPENED[1].encode() in data for data in found.values()), "what the meter answered is there"
    told = (SECRET, SECRET[:-1], SECRET[1:], SECRET.swapcase(), SECRET[::-1])
    shapes = [shape for word in told for shape in (word.encode(), word.encode().hex().encode())]
    assert [path for path, data in found.items() if any(shape in data for shape in shapes)] == []
    assert not any(shape.decode() in outcome.text for shape in shapes)


def test_the_record_is_checked_without_the_password(certified: tuple[Outcome, Path], tmp_path: Path) -> None:
    outcome = run("verify", certified[1], cwd=tmp_path)
    assert outcome.status == 0, outcome.text


def test_the_record_is_replayed_with_the_password_alone(certified: tuple[Outcome, Path], tmp_path: Path) -> None:
    folder = certified[1]
    replay = ids_in(folder)
    refused = run("replay", replay, "--runs", folder, "--out", tmp_path / "none", cwd=tmp_path)
    assert refused.status == 2, refused.text
    assert "port.password" in refused.err
    assert PASSWORD_FILE_VARIABLE in refused.err
    secret = tmp_path / "elsewhere"
    secret.write_text(SECRET, encoding="ascii")
    secret.chmod(0o600)
    again = run(
        "replay",
        replay,
        "--runs",
        folder,
        "--out",
        tmp_path / "again",
        cwd=tmp_path,
        env={PASSWORD_FILE_VARIABLE: str(secret)},
    )
    assert "the same record, byte for byte" in again.out, again.text


def ids_in(folder: Path) -> str:
    """The id of the test's result, as the report prints it."""
    (found,) = set(re.findall(rf"bite/{TEST}@\d+#[0-9a-f]+", (folder / "report.html").read_text(encoding="utf-8")))
    return str(found)


def test_the_starting_files_of_a_real_bench_have_no_place_for_a_password_in_clear(tmp_path: Path) -> None:
    assert run("init", tmp_path / "lab", "--real", cwd=tmp_path).status == 0
    text = (tmp_path / "lab" / "meter.toml").read_text(encoding="utf-8")
    assert re.search(r'(?m)^password_file = "FILL IN: .*mode 600', text)
    assert "published_password" not in text
    assert "Ward-7" not in text
