"""The build: reproducible, within its budgets, honest about them; defects apply or fail clearly."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from firmware_ref.tool.budget import CoreUse, check_budgets
from firmware_ref.tool.build import BuildResult, build, build_defect, main
from firmware_ref.tool.config import read_config
from firmware_ref.tool.errors import BudgetError, PatchError, ToolchainError
from firmware_ref.tool.parameters import PARAMETERS_ADDRESS
from firmware_ref.tool.patch import apply_patch
from firmware_ref.tool.stack import StackPath
from firmware_ref.tool.toolchain import GCC
from tests.firmware.conftest import SOURCE

DEFECTS = sorted(path.stem for path in (SOURCE / "defects").glob("*.patch"))


def copy_sources(target: Path) -> Path:
    return Path(shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("__pycache__")))


def test_the_image_is_the_same_from_another_folder_with_fresh_caches(
    image: BuildResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path / "local"))
    source = copy_sources(tmp_path / "a much longer folder name than the usual one" / "firmware")
    other = build(source, tmp_path / "out")
    assert other.bin.read_bytes() == image.bin.read_bytes()
    assert other.elf.read_bytes() == image.elf.read_bytes()


@pytest.mark.skipif(shutil.which(GCC) is None, reason=f"{GCC} is not installed; the image is built with zig only")
def test_the_gnu_compiler_builds_within_the_same_budgets(tmp_path: Path) -> None:
    result = build(SOURCE, tmp_path, GCC)
    assert GCC in result.compiler
    assert result.core_static_ram_bytes + result.core_stack_bytes <= 4096


def test_an_unknown_compiler_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="expected 'zig' or 'arm-none-eabi-gcc'"):
        build(SOURCE, tmp_path, "icc")


def test_the_image_names_no_folder(image: BuildResult) -> None:
    for path in (image.bin, image.elf):
        assert str(SOURCE).encode() not in path.read_bytes()


def test_the_digest_is_that_of_the_binary(image: BuildResult) -> None:
    assert image.digest_sha256 == hashlib.sha256(image.bin.read_bytes()).hexdigest()


def test_layout_of_the_binary(image: BuildResult) -> None:
    config = read_config(SOURCE)
    data = image.bin.read_bytes()
    slot = config["CONFIG_SLOT_A_ADDRESS"]
    header, start = data[slot : slot + 128], slot + config["CONFIG_SLOT_HEADER_BYTES"]
    assert data[image.boot_bytes : slot] == b"\xff" * (slot - image.boot_bytes)
    assert header[:4] == b"TMBI"
    assert int.from_bytes(header[16:20], "little") == start
    assert int.from_bytes(header[20:24], "little") == len(data) - start
    assert hashlib.sha256(header[:32] + data[start:]).digest() == header[32:64]
    assert header[64:128] == b"\xff" * 64, "no signature yet: its room stays unprogrammed"
    assert config["CONFIG_PARAMETERS_ADDRESS"] == PARAMETERS_ADDRESS


def test_the_elf_holds_the_binary_and_both_programs_symbols(image: BuildResult) -> None:
    with image.elf.open("rb") as stream:
        elf = ELFFile(stream)
        (segment,) = [part for part in elf.iter_segments() if part["p_type"] == "PT_LOAD"]
        assert segment["p_paddr"] == 0
        assert segment.data() == image.bin.read_bytes()
        symbols = {symbol.name: symbol["st_value"] for symbol in elf.get_section_by_name(".symtab").iter_symbols()}
    assert symbols["handle_boot_reset"] < 0x4000 < symbols["handle_reset"]
    assert symbols["meter"] >= 0x20000000


def test_nothing_is_compiled_when_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = copy_sources(tmp_path / "source")
    first = build(source, tmp_path / "out")
    monkeypatch.setattr("firmware_ref.tool.build._build_fresh", lambda *_: pytest.fail("compiled again"))
    assert build(source, tmp_path / "out") == first


@pytest.mark.parametrize("damaged", ["meter.bin", "meter.elf", "build.json", "config.h"])
def test_what_was_touched_is_built_anew(tmp_path: Path, damaged: str) -> None:
    source = copy_sources(tmp_path / "source")
    first = build(source, tmp_path / "out")
    elf = first.elf.read_bytes()
    path = source / damaged if damaged == "config.h" else tmp_path / "out" / damaged
    content = path.read_text().replace('"0.1.0"', '"0.1.1"') if damaged == "config.h" else "damaged"
    path.write_text(content)
    again = build(source, tmp_path / "out")
    is_changed = damaged == "config.h"
    assert (again.digest_sha256 != first.digest_sha256) == is_changed
    assert is_changed or again.elf.read_bytes() == elf


def test_budgets_hold_and_are_printed(image: BuildResult) -> None:
    core = image.core_static_ram_bytes + image.core_stack_bytes
    assert core <= 4096
    assert image.flash_bytes <= 256 * 1024
    assert image.boot_bytes <= 16 * 1024
    text = image.describe()
    for figure in (image.flash_bytes, core, image.core_stack_bytes, image.digest_sha256):
        assert str(figure) in text


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"binary_bytes": 256 * 1024 + 1}, "image: 262145 bytes used, 262144 allowed"),
        ({"boot_bytes": 16 * 1024 + 1}, "boot block"),
        ({"static_ram_bytes": 4096 - 900 + 1}, "detection core, SRAM with stack: 4097 bytes used"),
        ({"stack_bytes": 2049}, "worst-case stack"),
        ({"boot_stack_bytes": 2049}, "boot block's stack"),
    ],
)
def test_one_byte_above_a_budget_fails(changes: dict[str, int], what: str) -> None:
    config = read_config(SOURCE)
    core = CoreUse(4096 - 900, 900, StackPath(900, ()), StackPath(0, ()), 2048)
    sizes = {"binary_bytes": 256 * 1024, "boot_bytes": 16 * 1024}
    check_budgets(config, core=core, **sizes)
    core = replace(core, **{key: value for key, value in changes.items() if key not in sizes})
    sizes |= {key: value for key, value in changes.items() if key in sizes}
    with pytest.raises(BudgetError, match=what):
        check_budgets(config, core=core, **sizes)


def test_a_core_above_its_budget_fails_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = copy_sources(tmp_path / "source")
    config = source / "config.h"
    config.write_text(config.read_text().replace("CONFIG_OUTBOX_ALERTS 4u", "CONFIG_OUTBOX_ALERTS 40u"))
    assert main(["--source", str(source), "--out", str(tmp_path / "out")]) == 1
    message = capsys.readouterr().err
    assert message.startswith("firmware build failed: detection core, SRAM with stack:")
    assert "SEAL-4" in message
    assert message.count("\n") == 1
    assert not (tmp_path / "out" / "meter.bin").exists()


def test_a_compile_error_is_shown(tmp_path: Path) -> None:
    source = copy_sources(tmp_path / "source")
    (source / "core" / "seal.c").write_text("int seal_sample(void) { return 1 }\n")
    with pytest.raises(ToolchainError, match=r"core/seal\.c:1"):
        build(source, tmp_path / "out")


@pytest.mark.parametrize("name", DEFECTS)
def test_every_defect_applies_builds_and_differs(image: BuildResult, tmp_path: Path, name: str) -> None:
    described = tomllib.loads((SOURCE / "defects" / f"{name}.toml").read_text(encoding="utf-8"))
    assert set(described) == {"title", "vendor_would_have", "violates", "expected_tests"}
    assert described["violates"]
    assert described["expected_tests"]
    assert build_defect(name, SOURCE, tmp_path).digest_sha256 != image.digest_sha256


def test_every_defect_is_patch_and_description() -> None:
    """Or, where the board is bad and the firmware good, a description that names the hardware instead."""
    described = {path.stem: tomllib.loads(path.read_text()) for path in (SOURCE / "defects").glob("*.toml")}
    without_hardware = sorted(name for name, defect in described.items() if "hardware" not in defect)
    assert without_hardware == DEFECTS
    assert all(defect["hardware"] for defect in described.values() if "hardware" in defect)
    assert len(DEFECTS) >= 3


def test_an_unknown_defect_is_told(tmp_path: Path) -> None:
    with pytest.raises(PatchError, match="no-debounce"):
        build_defect("no-debonce", SOURCE, tmp_path)


PATCH = """\
--- a/one.txt
+++ b/one.txt
@@ -1,3 +1,4 @@
 first
-second
+SECOND
+and a half
 third
@@ -5,2 +6,1 @@
 fifth
-sixth
"""


@pytest.fixture
def patched(tmp_path: Path) -> Path:
    path = tmp_path / "one.txt"
    path.write_text("first\nsecond\nthird\nfourth\nfifth\nsixth\n")
    return path


def test_a_patch_that_fits_is_applied(patched: Path) -> None:
    apply_patch(PATCH, patched.parent, "x.patch")
    assert patched.read_text() == "first\nSECOND\nand a half\nthird\nfourth\nfifth\n"


def test_a_stale_patch_changes_nothing_and_says_where(patched: Path) -> None:
    before = patched.read_text().replace("sixth", "6th")
    patched.write_text(before)
    with pytest.raises(PatchError, match=r"hunk 2 does not apply to one\.txt: at line 7 expected 'sixth', found '6th'"):
        apply_patch(PATCH, patched.parent, "x.patch")
    assert patched.read_text() == before


def test_a_patch_whose_place_has_moved_is_applied_there(patched: Path) -> None:
    patched.write_text("new\nnewer\n" + patched.read_text().replace("fifth", "inserted\nfifth"))
    apply_patch(PATCH, patched.parent, "x.patch")
    assert patched.read_text() == "new\nnewer\nfirst\nSECOND\nand a half\nthird\nfourth\ninserted\nfifth\n"


def test_a_patch_that_fits_two_moved_places_is_refused(patched: Path) -> None:
    before = "new\n" + 2 * patched.read_text()
    patched.write_text(before)
    with pytest.raises(PatchError, match=r"hunk 1 fits one\.txt at more than one place \(lines 2, 8\)"):
        apply_patch(PATCH, patched.parent, "x.patch")
    assert patched.read_text() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing here\n", "no hunks"),
        (PATCH.replace("one.txt", "two.txt"), "does not exist"),
        (PATCH.replace("b/one.txt", "b/../one.txt"), "leaves"),
        (PATCH.rsplit("\n", 2)[0] + "\n", "cut short"),
        (PATCH.replace("+++ b/one.txt\n", ""), r"expected '\+\+\+ file'"),
        (PATCH.replace("@@ -5,2", "@@ five"), "not a hunk header"),
    ],
)
def test_a_broken_patch_is_refused(patched: Path, text: str, message: str) -> None:
    with pytest.raises(PatchError, match=message):
        apply_patch(text, patched.parent, "x.patch")
