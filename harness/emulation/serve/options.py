"""From the options of ``tamperbench serve`` to what is to be served."""

from __future__ import annotations

from pathlib import Path

from harness.bench.errors import BenchFileError
from harness.bench.files import load_bench_file, load_meter_file
from harness.emulation.serve.errors import ServeError
from harness.emulation.serve.serve import ServeRequest
from harness.measure.errors import UnitError
from harness.measure.units import parse_quantity


def make_request(
    bench: Path,
    meter: Path,
    image: Path | None,
    seed: int,
    host: str,
    port_base: int,
    write_bench: Path | None,
    duration: str | None,
) -> ServeRequest:
    """Read the files and check the options; raises BenchError."""
    meter_file = load_meter_file(meter)
    symbols = meter_file.firmware.symbols
    return ServeRequest(
        bench=load_bench_file(bench),
        meter=meter_file,
        image=image or (meter.parent / meter_file.firmware.image).resolve(),
        # Symbols are those of the meter file's own image; they make a fault of the firmware readable.
        symbols=_symbols(meter, symbols) if image is None and symbols is not None else None,
        seed=seed,
        host=host,
        port_base=port_base,
        write_bench=write_bench,
        duration_ns=None if duration is None else _duration_ns(duration),
    )


def _symbols(meter: Path, symbols: Path) -> Path:
    path = (meter.parent / symbols).resolve()
    if not path.is_file():
        raise BenchFileError(f"{path}: there is no such symbol file; build it or take firmware.symbols out")
    return path


def _duration_ns(text: str) -> int:
    try:
        duration_ns = int(parse_quantity(text, "time").in_unit("ns"))
    except UnitError as error:
        raise ServeError(f"--for: {error}") from error
    if duration_ns <= 0:
        raise ServeError(f"--for {text!r}: expected a time greater than 0")
    return duration_ns
