"""The bench file of a served bench: kind ``real``, the names and wiring of the emulated one, the addresses of now."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.bench.files import BenchFile, LinkEntry
from harness.bench.toml_file import FileModel
from harness.bench.toml_text import key_text, value_text
from harness.emulation.serve.errors import WriteBenchError

MARK = "# Written by `tamperbench serve`; it will be overwritten by the next one."
CERTIFICATE = "emulated instrument, served on TCP: as specified by the family's data sheet, nothing was calibrated"
NS_PER_S = 1_000_000_000
VALID_DAYS = 365


def served_bench(emulated: BenchFile, addresses: dict[str, str], utc_ns: int) -> BenchFile:
    """The same bench with ``addresses`` (by instrument role and link name) and calibration dates around now."""
    today = datetime.fromtimestamp(utc_ns // NS_PER_S, UTC).date()
    section = emulated.bench.model_copy(
        update={"name": f"{emulated.bench.name}, served", "kind": "real", "visa_library": "@py"}
    )
    instruments = {
        role: entry.model_copy(
            update={
                "resource": addresses[role],
                "calibrated_on": today - timedelta(days=1),
                "calibrated_until": today + timedelta(days=VALID_DAYS),
                "certificate": CERTIFICATE,
            }
        )
        for role, entry in emulated.instruments.items()
    }
    links = {name: LinkEntry(address=addresses[name]) for name in emulated.links}
    return BenchFile(
        bench=section,
        instruments=instruments,
        links=links,
        coils=emulated.coils,
        narrow_coil=emulated.narrow_coil,
        shunts=emulated.shunts,
    )


def write_bench_file(file: BenchFile, path: Path) -> None:
    """Write ``file`` as TOML, whole or not at all; raises WriteBenchError.

    A file that was not written by this function is never overwritten: a bench file written by hand is dear.
    """
    try:
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            raise WriteBenchError(f"{path}: is there already and was not written by serve; choose another name")
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}-", delete=False
        ) as stream:
            stream.write(to_toml(file))
        temporary = Path(stream.name)
        temporary.chmod(0o644)
        os.replace(temporary, path)  # noqa: PTH105 - atomic on every system
    except OSError as error:
        raise WriteBenchError(f"{path}: the bench file can't be written: {error}") from error


def to_toml(file: BenchFile) -> str:
    """The text of a bench file of kind ``real``."""
    bench = file.bench
    lines = [MARK, "", "[bench]"]
    lines += _pairs({"name": bench.name, "kind": bench.kind, "laboratory": bench.laboratory})
    lines += _pairs({"visa_library": bench.visa_library})
    if file.narrow_coil is not None:
        lines += ["", "[narrow_coil]", *_pairs(_said(file.narrow_coil))]
    tables: dict[str, Mapping[str, FileModel]] = {
        "instruments": file.instruments,
        "coils": dict(file.coils.items()),
        "shunts": file.shunts,
        "links": file.links,
    }
    for kind, entries in tables.items():
        for name, entry in entries.items():
            lines += ["", f"[{kind}.{key_text(name)}]", *_pairs(_said(entry))]
    return "\n".join(lines) + "\n"


def _said(entry: FileModel) -> dict[str, Any]:
    """What an entry says beyond its defaults: whatever a bench file may hold comes back from the written one."""
    return entry.model_dump(exclude_none=True, exclude_defaults=True)


def _pairs(values: dict[str, Any]) -> list[str]:
    return [f"{key_text(key)} = {value_text(value)}" for key, value in values.items()]
