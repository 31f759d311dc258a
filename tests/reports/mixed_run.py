"""A run in which tests end in every way there is, with text from a meter that means harm."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.record import TestRecord
from tests.reports.made_up_run import LATENCY, PLANNED, counts, latency, make_folder, run_test

FAILED = "seal-2-single-short-pulses"
INCONCLUSIVE = "seal-2-pulse-train-dense"
ERRED = "seal-2-long-openings"
HOSTILE = "sig-1-genuine-alerts"
NOT_TAKEN = "sig-1-changed-alert-is-told"
NEVER_STARTED = "sig-1-replayed-alert-is-told"

HOSTILE_NAME = '=cmd|"/C calc"!A0 #sys.version $x$ *bold* `raw` <label> @ref // /* \u202e \u65e5 \U0001f600 \x07'
HOSTILE_NOTE = '@SUM(A1) #eval("1 + 1") #import "main.typ": * ]]> </failure> <script>alert(1)</script> \\u{41} \ufffe'


def mixed_run(path: Path) -> Path:
    """The run's folder; every test's times are those of its own clock."""
    bodies = {
        FAILED: _fails,
        INCONCLUSIVE: _stays_open,
        ERRED: _errs,
        HOSTILE: _means_harm,
        NOT_TAKEN: _takes_nothing,
        PLANNED[8].test_id: latency(4, 6000),
    }
    folder = make_folder(path)
    for planned in PLANNED:
        if planned.test_id != NEVER_STARTED:
            run_test(folder, planned.test_id, bodies.get(planned.test_id, counts))
    folder.finish({"begun": "2026-06-01T08:00:00Z"})
    return path


def _fails(record: TestRecord) -> None:
    record.judge("field at trip", 57.3, "mT", at_most=55, uncertainty=0.4, requirements=["SEAL-2"])


def _stays_open(record: TestRecord) -> None:
    record.judge("open time", 499.9, "ms", at_most=500, uncertainty=0.4, requirements=["SEAL-2"])


def _errs(record: TestRecord) -> None:
    record.traffic("scope", ">", ":WAV:DATA?\n")
    raise RuntimeError("scope: no answer within 5 s; check the cable")


def _means_harm(record: TestRecord) -> None:
    record.note(HOSTILE_NOTE)
    record.reading(HOSTILE_NAME, -1.5, "mT", note="=1+1")
    record.judge(HOSTILE_NAME, -1.5, "mT", at_least=-2, requirements=["SIG-1"], explanation="+49, a telephone number")


def _takes_nothing(record: TestRecord) -> None:
    record.declare(LATENCY, "ms", at_most=500)
