"""Building the native core: what a user sees when something is missing, and that nothing is built twice."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest

from harness.emulation.cpu import CortexM3, CpuError, NativeCoreError, native
from harness.emulation.world import World
from tests.emulation.cpu.machine import RecordingBus


def test_missing_engine_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NativeCoreError, match=r"unicorn.*pip install 'tamperbench\[emulation\]'"):
        native.build_native_core()


def test_missing_compiler_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(NativeCoreError, match=r"ziglang.*pip install 'tamperbench\[emulation\]'"):
        native.build_native_core()


def test_sources_that_do_not_compile_show_the_compiler_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(native, "_FLAGS", ("-fsyntax-only", "-DTB_FLASH_BASE=oops"))
    monkeypatch.setattr(native, "_build_folder", lambda: tmp_path)
    with pytest.raises(NativeCoreError, match="does not compile"):
        native.build_native_core()
    assert list(tmp_path.iterdir()) == []


def test_a_built_core_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    path = native.build_native_core()
    monkeypatch.setattr(native, "_compile", lambda *_: pytest.fail("compiled again"))
    assert native.build_native_core() == path


def test_outside_a_checkout_the_users_cache_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(native, "_HERE", tmp_path / "a" / "b" / "c" / "d")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert native._build_folder() == tmp_path / "cache" / "tamperbench" / "native"


@pytest.mark.parametrize("ranges", [[(0x40000000, 0x40001000)], [(0x40000000, 100)], [(0x20000000, 0x1000)]])
def test_a_range_that_is_no_base_and_size_is_refused(ranges: list[tuple[int, int]]) -> None:
    with pytest.raises(CpuError, match="give base and size"):
        CortexM3(World(1), RecordingBus(), peripheral_ranges=ranges)
