"""What a bench file says of its instruments, held against their drivers before anything is built, opened or written.

A driver refuses a wrong table too, but only when it is opened; here every mistake of the file is told at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.bench.errors import BenchFileError
from harness.bench.files import BenchFile, InstrumentEntry, load_bench_file
from harness.bench.near_miss import near_miss
from harness.bench.ports import kind_of
from harness.instruments.errors import UnknownDriverError
from harness.instruments.registry import find_driver

FORMS = {"smbus": "smbus:BUS:ADDRESS", "serial": "serial:PORT", "visa": "a VISA resource name"}


def load_declared_bench(path: Path) -> BenchFile:
    """The bench file at ``path``, every table of an instrument as its driver needs it; raises BenchFileError."""
    file = load_bench_file(path)
    wrong = [problem for role, entry in file.instruments.items() for problem in _wrong_entry(role, entry)]
    wrong += _wrong_links(file)
    if wrong:
        raise BenchFileError("\n".join(f"{path}: {problem}" for problem in wrong))
    return file


def _wrong_entry(role: str, entry: InstrumentEntry) -> Iterator[str]:
    table = f"instruments.{role}"
    try:
        driver = find_driver(entry.driver, role)
    except UnknownDriverError as error:
        yield f"key '{table}.driver': {str(error).removeprefix(f'{role}: ')}"
        return
    yield from _wrong_limits(table, entry, driver)
    transport = getattr(driver, "TRANSPORT", "visa")
    if kind_of(entry.resource) != transport:
        yield (
            f"key '{table}.resource': driver {entry.driver!r} works on {transport}; expected {FORMS[transport]} "
            f"(found {entry.resource!r})"
        )
    if entry.active_low is not None and "active_low" not in getattr(driver, "OPTIONS", ()):
        yield f"key '{table}.active_low': driver {entry.driver!r} has no such setting; take it out"


def _wrong_limits(table: str, entry: InstrumentEntry, driver: Any) -> Iterator[str]:
    """A misspelt limit would limit nothing, so a name too many is refused as one too few is."""
    needed, optional = tuple(getattr(driver, "LIMITS", ())), tuple(getattr(driver, "OPTIONAL_LIMITS", ()))
    known = (*needed, *optional)
    meant: set[str] = set()
    for name, value in entry.limits.items():
        key = f"key '{table}.limits.{name}'"
        if name in known:
            if not math.isfinite(value):
                yield f"{key}: expected a number, neither infinite nor nan (found {value:g})"
            continue
        near = near_miss(name, [one for one in known if one not in entry.limits])
        meant.add(near)
        hint = f"did you mean {near!r}?" if near else f"it takes: {', '.join(known) or 'none; take the table out'}"
        yield f"{key}: driver {entry.driver!r} has no such limit; {hint}"
    for name in needed:
        if name not in entry.limits and name not in meant:
            yield f"key '{table}.limits.{name}' is missing; driver {entry.driver!r} puts nothing out without it: add it"


def _wrong_links(file: BenchFile) -> Iterator[str]:
    form, scheme = ("tcp://HOST:PORT", "tcp") if file.bench.kind == "real" else ("board:NAME", "board")
    for name, link in file.links.items():
        if urlsplit(link.address).scheme != scheme:
            yield (
                f"key 'links.{name}.address': expected {form} on a bench of kind {file.bench.kind!r} "
                f"(found {link.address!r})"
            )
