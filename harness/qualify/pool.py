"""Trials over the cores: as many processes at once as asked for, each with a deadline by the wall."""

from __future__ import annotations

import multiprocessing
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from harness.bench.clock import WallClock
from harness.qualify.trial import Ended, Trial, run_trial

PRELOADED = ("harness.qualify.trial", "harness.plugin", "harness.emulation.bench", "xdist.plugin")
"""Loaded once, in the process that all others are forked from: a second of each defect's time."""
LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Done:
    """A trial that has ended, by itself or not."""

    trial: Trial
    ended: Ended
    wall_s: float
    timed_out: bool = False


@dataclass(frozen=True)
class _Running:
    trial: Trial
    process: ForkServerProcess
    pipe: Connection
    began_ns: int


def run_all(trials: Sequence[Trial], workers: int, timeout_s: float) -> Generator[Done]:
    """Each trial as it ends. Closing the iterator ends those that run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    clock, left, running = WallClock(), list(trials), list[_Running]()
    try:
        while left or running:
            while left and len(running) < workers:
                running.append(_start(context, left.pop(0), clock.now_ns()))
            wait([one.pipe for one in running], timeout=LOOK_EVERY_S)
            for one in list(running):
                took_s = (clock.now_ns() - one.began_ns) / 1e9
                done = _look(one, took_s, timeout_s)
                if done is not None:
                    running.remove(one)
                    yield done
    finally:
        for one in running:
            _end(one)


def _start(context: multiprocessing.context.ForkServerContext, trial: Trial, now_ns: int) -> _Running:
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run_trial, args=(trial, theirs), name=f"qualify {trial.name}", daemon=False)
    process.start()
    theirs.close()
    return _Running(trial, process, mine, now_ns)


def _look(one: _Running, took_s: float, timeout_s: float) -> Done | None:
    """The trial if it has ended; it is made to if its time is over."""
    ended: Ended | None = None
    if one.pipe.poll():
        try:
            ended = one.pipe.recv()
        except EOFError:
            ended = Ended(problem="the process ended without a word")
    elif took_s > timeout_s:
        _end(one)
        return Done(one.trial, Ended(problem=f"still running after {timeout_s:.0f} s"), took_s, timed_out=True)
    if ended is None:
        return None
    one.process.join()
    if ended.problem == "the process ended without a word":
        ended = replace(ended, problem=f"{ended.problem} (exit code {one.process.exitcode})")
    one.pipe.close()
    return Done(one.trial, ended, took_s)


def _end(one: _Running) -> None:
    one.process.kill()
    one.process.join()
    one.pipe.close()
