"""Copies of the sources to change: always what the sources say now, untouched where they are right, never shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_ref.tool.workshop import changeable_copy, copies_for


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in ("core/a.c", "core/b.c", "config.h", "tool/build.py", "defects/x.patch", "core/__pycache__/a.pyc"):
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "source"


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


EXPECTED = {"core/a.c": "core/a.c", "core/b.c": "core/b.c", "config.h": "config.h"}


def test_a_copy_is_what_the_sources_are_whatever_was_done_to_it_before(source: Path, tmp_path: Path) -> None:
    with changeable_copy(source, tmp_path / "copies") as copy:
        assert contents(copy) == EXPECTED
        (copy / "core/a.c").write_text("with a defect")
        (copy / "core/new.c").write_text("added by a defect")
        (copy / "config.h").unlink()
    (source / "core/b.c").write_text("newer")
    with changeable_copy(source, tmp_path / "copies") as again:
        assert again == copy
        assert contents(again) == EXPECTED | {"core/b.c": "newer"}


def test_a_file_that_is_right_keeps_its_time_so_that_it_is_not_compiled_again(source: Path, tmp_path: Path) -> None:
    with changeable_copy(source, tmp_path / "copies") as copy:
        times = {name: (copy / name).stat().st_mtime_ns for name in EXPECTED}
        (copy / "core/a.c").write_text("with a defect")
    with changeable_copy(source, tmp_path / "copies") as copy:
        assert {name: (copy / name).stat().st_mtime_ns for name in EXPECTED if name != "core/a.c"} == {
            name: at for name, at in times.items() if name != "core/a.c"
        }


def test_who_comes_at_the_same_time_gets_another_one(source: Path, tmp_path: Path) -> None:
    with changeable_copy(source, tmp_path / "copies") as first, changeable_copy(source, tmp_path / "copies") as second:
        assert first != second
        (first / "core/a.c").write_text("mine")
        assert contents(second) == EXPECTED
    with changeable_copy(source, tmp_path / "copies") as third:
        assert third == first


def test_a_copy_is_given_back_after_an_error(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="refused"), changeable_copy(source, tmp_path / "copies") as first:
        raise ValueError("refused")
    with changeable_copy(source, tmp_path / "copies") as second:
        assert second == first


def test_a_changed_header_has_copies_of_its_own(tmp_path: Path) -> None:
    """Else the file after it in the same copy, whose header is as before again, would be compiled anew as well."""
    in_code, in_header = "--- a/core/a.c\n+++ b/core/a.c\t2026\n", "--- a/config.h\n+++ b/config.h\t2026\n"
    assert copies_for(in_code, tmp_path) != copies_for(in_header, tmp_path)
    assert copies_for(in_code + in_header, tmp_path) == copies_for(in_header, tmp_path)
    assert copies_for('+++ b/core/a.c\n+#include "a.h"\n', tmp_path) == copies_for(in_code, tmp_path)
