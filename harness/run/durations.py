"""How long a plan's tests took in an earlier run, by the wall clock: for telling a person what to wait for.

Nothing rests on it, so it stands outside the record's digest (``volatile.json``), and what can't be read is not known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.evidence.errors import ReadError
from harness.evidence.reader import HEADER_FILE, VOLATILE_FILE, read_header

KEY = "test_seconds"
BENCH_KEY = "bench_seconds"
"""By the bench's clock: on an emulated bench what a real one would take, settling and waiting included."""
RUNS_LOOKED_AT = 20
"""Newest first; a folder of thousands of runs must not hold up the next one."""


def to_text(seconds: Mapping[str, float]) -> str:
    """As one value of ``volatile.json``."""
    return " ".join(f"{test_id}={value:.2f}" for test_id, value in seconds.items())


def from_text(text: str) -> dict[str, float]:
    """The reverse of :func:`to_text`; what is not of its form is left out."""
    found: dict[str, float] = {}
    for word in text.split():
        test_id, _, value = word.partition("=")
        try:
            found[test_id] = max(float(value), 0.0)
        except ValueError:
            continue
    return found


def known_seconds(plan: str, bench_kind: str, folders: Iterable[Path], key: str = KEY) -> dict[str, float]:
    """Seconds per test of this plan in the newest runs below ``folders``; the newest that tells a test counts."""
    files = {file for folder in folders for file in folder.glob(f"*/{VOLATILE_FILE}")}
    known: dict[str, float] = {}
    for file in sorted(files, key=_age, reverse=True)[:RUNS_LOOKED_AT]:
        told = _told(file, key)
        if told and _is_of(file.with_name(HEADER_FILE), plan, bench_kind):
            known = told | known
    return known


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _told(file: Path, key: str) -> dict[str, float]:
    try:
        data = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    text = data.get(key) if isinstance(data, dict) else None
    return from_text(text) if isinstance(text, str) else {}


def _is_of(file: Path, plan: str, bench_kind: str) -> bool:
    try:
        header = read_header(file.parent)
    except ReadError:
        return False
    return (header.plan, header.bench_kind) == (plan, bench_kind)


def bench_time(volatile: Mapping[str, object]) -> str:
    """How much bench time a run stood for, against the wall's; empty if that is not known or nothing was gained."""
    told, wall_s = volatile.get(BENCH_KEY), volatile.get("duration_s")
    bench_s = sum(from_text(told).values()) if isinstance(told, str) else 0.0
    if not isinstance(wall_s, int | float) or wall_s <= 0 or bench_s <= wall_s:
        return ""
    return f"{in_words(bench_s)} of bench time in {in_words(float(wall_s))}: {bench_s / wall_s:.0f} times faster"


def in_words(seconds: float) -> str:
    """A time that was measured, as short as it can be read."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
