"""Every point of the day, each way a cut there may come out, cuts again in the recovery from it; equal states once.

Several processes share the work: each takes the next point that nobody has, and what one has recovered from, the others
do not recover from again.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.bench.near_miss import near_miss
from tests.powercut.cut import ALL, NOW, TORN_FEW, TORN_WORD, cut, patterns, recover
from tests.powercut.day import DAY, MS, Meter, Moment


@dataclass
class Findings:
    """What a sweep has found. ``failed``: replay id and what is wrong."""

    points: int = 0
    branches: int = 0
    unique: int = 0
    recovered: int = 0
    failed: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Take another's into this one."""
        self.points += other.points
        self.branches += other.branches
        self.unique += other.unique
        self.recovered += other.recovered
        self.failed += other.failed


@dataclass(frozen=True)
class Image:
    """The firmware that is cut off, and the world's seed."""

    bin: Path
    elf: Path
    seed: int

    def meter(self) -> Meter:
        """A new world, at its beginning."""
        return Meter(self.bin.read_bytes(), self.elf, self.seed)


def moments(meter: Meter) -> list[Moment]:
    """The day's points in order: before anything is written, then at each write's beginning and end."""
    found = [meter.moment()]
    while meter.run_to_write(DAY[-1][0] * MS):
        found.append(meter.moment())
    return found


class Sweep:
    """Cuts one meter off, again and again."""

    def __init__(self, image: Image, *, again: bool, known: MutableMapping[str, str] | None = None) -> None:
        """``again``: cut off in the recovery too. ``known``: states and who has them, shared among processes."""
        self._image = image
        self._again = again
        self._known = {} if known is None else known
        self.findings = Findings()

    def run(self, chosen: Sequence[int] | None = None, share: tuple[int, int] = (0, 1)) -> Findings:
        """All points of the day, or the chosen ones; of them the share-th of so many."""
        meter = self._image.meter()
        found = moments(meter)
        points = list(range(len(found))) if chosen is None else [at % len(found) for at in chosen]
        for point in points[share[0] :: share[1]]:
            self._point(meter, found[point], f"p{point}", again=self._again)
        return self.findings

    def _point(self, meter: Meter, moment: Moment, path: str, *, again: bool) -> None:
        self.findings.points += 1
        meter.go_back(moment)
        for pattern in patterns(meter, few="/" in path):
            meter.go_back(moment)
            cut(meter, pattern)
            self._branch(meter, f"{path}.{pattern}", again=again and pattern in {*TORN_FEW, *TORN_WORD[:2], *NOW})

    def _branch(self, meter: Meter, path: str, *, again: bool) -> None:
        self.findings.branches += 1
        key = meter.kept()
        is_new = self._is_first(key, path)
        if not is_new and not (again and self._is_first(f"{key} again", path)):
            return
        if again and is_new:
            self._is_first(f"{key} again", path)
        self.findings.unique += is_new
        inner: list[Moment] = []
        findings = recover(meter, (lambda one: inner.append(one.moment())) if again else None)
        if findings:
            self.findings.failed.append((f"{self._image.seed}:{path}", findings))
            return
        self.findings.recovered += is_new
        for index, moment in enumerate(inner):
            self._point(meter, moment, f"{path}/p{index}", again=False)

    def _is_first(self, key: str, path: str) -> bool:
        """Whether nobody came to it before."""
        return self._known.setdefault(key, path) == path


class ReplayIdError(ValueError):
    """A replay id that names no cut of this image and day."""


def replay(image: Image, path: str) -> list[str]:
    """The cuts that an id names, and what is wrong after them; raises ReplayIdError for one that there is not."""
    steps = [_step(step, path) for step in path.split("/")]
    meter = image.meter()
    points = moments(meter)
    found: list[str] = []
    for number, (point, pattern) in enumerate(steps):
        if point >= len(points):
            where = "the recovery before it" if number else "the day"
            raise ReplayIdError(f"replay id {path!r}: there is no point p{point}; {where} has p0 to p{len(points) - 1}")
        meter.go_back(points[point])
        there = patterns(meter)
        if pattern not in there:
            raise ReplayIdError(
                f"replay id {path!r}: at p{point} nothing is written that could come out as {pattern!r}; "
                f"there: {', '.join(there)}"
            )
        cut(meter, pattern)
        points = []
        found = recover(meter, lambda one: points.append(one.moment()))  # noqa: B023 - called in this turn only
    return found


def _step(step: str, path: str) -> tuple[int, str]:
    """Point and pattern of ``pPOINT.PATTERN``."""
    form = re.fullmatch(r"p(\d+)\.([a-z0-9-]+)", step)
    if form is None:
        raise ReplayIdError(f"replay id {path!r}: {step!r} is no cut; expected pPOINT.PATTERN such as p24.half")
    if form[2] not in ALL:
        near = near_miss(form[2], ALL)
        hint = f"did you mean {near!r}? " if near else ""
        raise ReplayIdError(f"replay id {path!r}: no pattern {form[2]!r}; {hint}there are: {', '.join(ALL)}")
    return int(form[1]), form[2]


def evenly(points: int, count: int) -> list[int]:
    """``count`` of so many points, evenly."""
    return sorted({round(index * (points - 1) / max(count - 1, 1)) for index in range(count)})
