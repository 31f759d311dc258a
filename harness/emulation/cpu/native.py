"""The native core: compiled from the C files beside this module, once per version of them, and loaded.

The compiler is the ``ziglang`` wheel, so a plain machine needs no C tool chain. Several processes may build at the
same time: each writes its own file and moves it into place.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from harness.emulation.cpu.errors import NativeCoreError

_HERE = Path(__file__).parent
_SOURCES = (
    "core.c",
    "engine.c",
    "bus.c",
    "block.c",
    "exceptions.c",
    "exclusive.c",
    "scs.c",
    "decode.c",
    "../lm3s6965/i2c_master.c",
    "../lm3s6965/gptm.c",
    "../lm3s6965/ssi.c",
    "../lm3s6965/gpio_pins.c",
    "../parts/ade7953_frame.c",
)
_HEADERS = (
    "tb_core.h",
    "../lm3s6965/i2c_master.h",
    "../lm3s6965/gptm.h",
    "../lm3s6965/spi_part.h",
    "../lm3s6965/ssi.h",
    "../lm3s6965/gpio_pins.h",
    "../parts/ade7953_frame.h",
)
_FLAGS = (
    "-O2",
    "-std=c11",
    "-shared",
    "-fPIC",
    "-mcpu=baseline",
    "-fomit-frame-pointer",
    "-Wall",
    "-Wextra",
    "-Werror",
)
_BUILD_TIMEOUT_S = 300

BUS_READ = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint64)
BUS_WRITE = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint64)
BUS_RESET = ctypes.CFUNCTYPE(None)
I2C_TOLD = ctypes.CFUNCTYPE(*(ctypes.c_uint32,) * 4, ctypes.c_uint64)
SSI_TOLD = ctypes.CFUNCTYPE(*(ctypes.c_uint32,) * 3, ctypes.c_uint64)
ADE7953_ASK = ctypes.CFUNCTYPE(*(ctypes.c_uint32,) * 4, ctypes.c_uint64)

_U32, _U64 = ctypes.c_uint32, ctypes.c_uint64
_STATE_WORDS = (
    *("pc", "next_pc", "cost", "it_begin", "it_end", "powered", "sleeping", "event"),
    *("systick_ctrl", "systick_load", "systick_value", "systick_counted", "systick_top", "exclusive"),
    *("vtor", "prigroup", "scr", "ccr", "shcsr", "cfsr", "hfsr", "mmfar", "bfar", "demcr", "dwt_ctrl"),
)


class CoreState(ctypes.Structure):
    """``struct tb_state`` of tb_core.h, the same bytes."""

    _fields_ = [
        *((name, _U64 * 2) for name in ("enabled", "pending", "active", "level")),
        *((name, _U64) for name in ("cycles", "instructions", "sleep_cycles", "systick_zero", "dwt_base")),
        *((name, _U32) for name in _STATE_WORDS),
        ("regs", _U32 * 16),
        *((name, _U32) for name in ("xpsr", "msp", "psp", "control", "primask", "basepri", "faultmask")),
        ("priority", ctypes.c_uint8 * 80),
    ]


class CoreFault(ctypes.Structure):
    """``struct tb_fault`` of tb_core.h."""

    _fields_ = [(name, _U32) for name in ("kind", "address", "value", "width", "pc")]


def _unicorn_folder() -> Path:
    spec = importlib.util.find_spec("unicorn")
    if spec is None or spec.origin is None:
        raise NativeCoreError("the engine 'unicorn' is not installed; pip install 'tamperbench[emulation]'")
    return Path(spec.origin).parent


def _unicorn_library(folder: Path) -> Path:
    for name in ("libunicorn.so.2", "libunicorn.2.dylib"):
        if (folder / "lib" / name).exists():
            return folder / "lib" / name
    raise NativeCoreError(f"no libunicorn in {folder / 'lib'}; reinstall the unicorn wheel")


def _build_folder() -> Path:
    checkout = _HERE.parents[2]
    if (checkout / "pyproject.toml").is_file() and os.access(checkout, os.W_OK):
        return checkout / "build" / "native"
    cache_home = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache_home) if cache_home else Path.home() / ".cache") / "tamperbench" / "native"


def _build_key(library: Path) -> str:
    try:
        zig_version = importlib.metadata.version("ziglang")
    except importlib.metadata.PackageNotFoundError:
        raise NativeCoreError("the compiler 'ziglang' is not installed; pip install 'tamperbench[emulation]'") from None
    hasher = hashlib.sha256()
    unicorn_version = importlib.metadata.version("unicorn")
    for part in (zig_version, unicorn_version, str(library), platform.machine(), sys.platform, *_FLAGS):
        hasher.update(part.encode() + b"\0")
    for name in (*_HEADERS, *_SOURCES):
        hasher.update((_HERE / name).read_bytes())
    return hasher.hexdigest()[:16]


def _compile(target: Path, engine: Path, library: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        product = Path(scratch) / "core.so"
        command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, f"-I{engine / 'include'}"]
        command += [str(_HERE / name) for name in _SOURCES]
        command += [str(library), f"-Wl,-rpath,{library.parent}", "-o", str(product)]
        # Zig would leave a cache folder in whatever directory the user stands in.
        environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": scratch}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_BUILD_TIMEOUT_S, check=False
        )
        if done.returncode != 0:
            raise NativeCoreError(f"the native core does not compile: {' '.join(command)}\n{done.stderr.strip()}")
        product.replace(target)


def build_native_core() -> Path:
    """The shared object of the native core; compiled now if these sources never were."""
    engine = _unicorn_folder()
    library = _unicorn_library(engine)
    target = _build_folder() / f"tb_core-{_build_key(library)}.so"
    if not target.exists():
        _compile(target, engine, library)
    return target


@cache
def load_native_core() -> ctypes.CDLL:
    """The native core's functions. The library has no state of its own: each processor is one struct."""
    path = build_native_core()
    try:
        library = ctypes.PyDLL(str(path))
    except OSError as error:
        raise NativeCoreError(f"{path} can't be loaded: {error}; delete it and start again") from error
    pointer = ctypes.c_void_p
    signatures: dict[str, tuple[object, list[object]]] = {
        "tb_open": (pointer, [_U32, _U32, _U32, BUS_READ, BUS_WRITE, BUS_RESET]),
        "tb_close": (None, [pointer]),
        "tb_map": (ctypes.c_int, [pointer, _U32, _U32]),
        "tb_run": (ctypes.c_int, [pointer, _U64]),
        "tb_set_deadline": (None, [pointer, _U64]),
        "tb_set_words": (None, [pointer, pointer]),
        "tb_set_time": (None, [pointer, _U64, _U64, _U64, _U64, _U64]),
        "tb_stop": (None, [pointer, _U32]),
        "tb_set_irq": (None, [pointer, _U32, ctypes.c_int]),
        "tb_invalidate": (None, [pointer, _U32, _U32]),
        "tb_fault_of": (pointer, [pointer]),
        "tb_flash_of": (pointer, [pointer]),
        "tb_ram_of": (pointer, [pointer]),
        "tb_raise": (None, [pointer, ctypes.c_int, _U32, _U32, _U32]),
        "tb_save_registers": (None, [pointer]),
        "tb_load_registers": (None, [pointer]),
        "tb_reset": (None, [pointer]),
        "tb_attach": (ctypes.c_bool, [pointer, pointer]),
        "tb_idle_until": (None, [pointer, _U64]),
        "tb_state_size": (ctypes.c_size_t, []),
        "tb_block_read": (ctypes.c_bool, [pointer, _U32, _U64, pointer]),
        "tb_block_write": (ctypes.c_bool, [pointer, _U32, _U32, _U64]),
        "tb_block_step": (None, [pointer]),
        "tb_block_changed": (None, [pointer]),
        "tb_i2c_init": (None, [pointer, I2C_TOLD]),
        "tb_i2c_size": (ctypes.c_size_t, []),
        "tb_ssi_init": (None, [pointer, SSI_TOLD]),
        "tb_ssi_size": (ctypes.c_size_t, []),
        "tb_ssi_start": (None, [pointer, _U64]),
        "tb_pins_init": (None, [pointer]),
        "tb_pins_size": (ctypes.c_size_t, []),
        "tb_ade7953_init": (None, [pointer, ADE7953_ASK]),
        "tb_ade7953_size": (ctypes.c_size_t, []),
        "tb_ade7953_select": (None, [pointer, _U32]),
        "tb_ade7953_exchange": (_U32, [pointer, _U32, _U32, _U64]),
        "tb_gptm_init": (None, [pointer]),
        "tb_gptm_size": (ctypes.c_size_t, []),
        "tb_gptm_count_from": (None, [pointer, _U32, _U64]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    size = -(-ctypes.sizeof(CoreState) // 16) * 16
    if library.tb_state_size() != size:
        raise NativeCoreError(f"{path}: its state has {library.tb_state_size()} bytes, {size} expected; delete it")
    return library
