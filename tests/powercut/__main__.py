"""``python -m tests.powercut [--seed N] [--workers N] [--points N] [--once] [--defect NAME] [--replay ID]``.

Cuts the supply of the reference meter before, in and after every change of what outlasts a cut during a scripted day,
and again during the recovery from each (``--once``: not again). Prints points, unique states after the cut, how many
of them recovered, and an id for each that did not: ``--replay ID`` does that one again. Exit code 1 if any did not,
2 for an id that names no cut.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import MutableMapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import Manager

from firmware_ref.tool.build import build, build_defect
from tests.powercut.sweep import Findings, Image, ReplayIdError, Sweep, evenly, moments, replay

SHARES_PER_WORKER = 8
"""So that progress can be shown, and no worker waits long for the last one."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.powercut", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--points", type=int, help="so many points of the day, evenly; all without it")
    parser.add_argument("--once", action="store_true", help="no second cut in the recovery")
    parser.add_argument("--defect", help="a known-bad firmware instead of the reference")
    parser.add_argument("--replay", metavar="ID", help="one id that a sweep has printed: SEED:pPOINT.PATTERN[/...]")
    options = parser.parse_args(arguments)
    built = build_defect(options.defect) if options.defect else build()
    seed, _, path = (options.replay or f"{options.seed}:").partition(":")
    if not seed.isdecimal() or (options.replay and not path):
        parser.error(f"replay id {options.replay!r}: expected SEED:pPOINT.PATTERN[/...] such as 1:p24.half")
    image = Image(built.bin, built.elf, int(seed))
    _say(f"image {built.digest_sha256[:16]}, seed {image.seed}")
    if path:
        try:
            found = replay(image, path)
        except ReplayIdError as error:
            parser.error(str(error))
        _say(f"{options.replay}: " + ("; ".join(found) if found else "recovered"))
        return int(bool(found))
    points = len(moments(image.meter()))
    chosen = None if options.points is None else evenly(points, options.points)
    _say(f"{points} points in the day" + ("" if chosen is None else f", {len(chosen)} of them: {chosen}"))
    again = f" --defect {options.defect}" if options.defect else ""
    return report(_sweep(image, chosen, options.workers, again=not options.once), again)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _sweep(image: Image, chosen: list[int] | None, workers: int, *, again: bool) -> tuple[Findings, float]:
    began = time.perf_counter()
    total = Findings()
    shares = max(workers * SHARES_PER_WORKER, 1)
    with Manager() as manager, ProcessPoolExecutor(max_workers=workers) as pool:
        known = manager.dict()
        jobs = [pool.submit(_share, image, chosen, (index, shares), again, known) for index in range(shares)]
        for done, job in enumerate(as_completed(jobs), 1):
            total.add(job.result())
            elapsed = time.perf_counter() - began
            _say(f"{done}/{shares} shares, {total.unique} states, {len(total.failed)} failed, {elapsed:.0f} s")
    return total, time.perf_counter() - began


def _share(
    image: Image, chosen: list[int] | None, share: tuple[int, int], again: bool, known: MutableMapping[str, str]
) -> Findings:
    return Sweep(image, again=again, known=known).run(chosen, share)


def report(result: tuple[Findings, float], defect: str) -> int:
    """Say what was found; the exit code. ``defect``: the option that chose another firmware than the reference's."""
    found, seconds = result
    _say(
        f"points {found.points} (the day's, and those of the recoveries), cuts {found.branches}, unique states after "
        f"the cut {found.unique}, recovered {found.recovered} of them, {seconds:.0f} s"
    )
    for path, wrong in found.failed:
        _say(f"FAIL {path}: {'; '.join(wrong)}")
        _say(f"     python -m tests.powercut{defect} --replay {path}")
    return int(bool(found.failed))


if __name__ == "__main__":
    sys.exit(main())
