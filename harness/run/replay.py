"""Running one result again from its id: the same inputs from the run's own copies, then the two records compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from harness.bench.errors import BenchFileError
from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import ReadError
from harness.evidence.model import RunHeader
from harness.evidence.reader import HEADER_FILE, INPUTS_FOLDER, Run, load_run, read_header
from harness.evidence.replay_id import inputs_digest, parse_replay_id
from harness.measure.verdict import Verdict
from harness.run.certify import Request
from harness.run.inputs import InputPaths, default_testplans
from harness.run.live_run import OUT, free_folder

EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1}
EXIT_NOT_CERTIFIED = 2


@dataclass(frozen=True)
class Comparison:
    """What became of a replay."""

    text: str
    exit_code: int


def find_run(text: str, where: Path) -> Run:
    """The newest run at or below ``where`` that the id is of; raises ReplayIdError, BenchFileError."""
    wanted = parse_replay_id(text)
    folders = [where] if (where / HEADER_FILE).is_file() else sorted(where.glob(f"*/{HEADER_FILE}"), reverse=True)
    folders = [folder.parent if folder.name == HEADER_FILE else folder for folder in folders]
    near: list[str] = []
    for folder in folders:
        try:
            header = read_header(folder)
        except ReadError:
            continue  # another version's run: it can't be the one, and `verify` is who tells what is wrong with it
        same_test = header.plan == wanted.plan and any(test.test_id == wanted.test_id for test in header.tests)
        if same_test and header.seed == wanted.seed and inputs_digest(header) == wanted.inputs_digest:
            return load_run(folder)
        if same_test:
            near.append(f"{folder.name} (seed {header.seed}, inputs {inputs_digest(header)})")
    hint = f"; runs of this test with other inputs: {', '.join(near)}" if near else ""
    raise BenchFileError(f"{text}: no run of that id at or below {where}{hint}; give the run's folder with --runs")


def replay_request(text: str, original: Run, folder: Path | None, testplans: Path | None = None) -> Request:
    """The request that runs the test of this id again, from the inputs kept in the run's folder."""
    wanted = parse_replay_id(text)
    inputs = original.path / INPUTS_FOLDER
    _check_kept(original, inputs)
    return Request(
        paths=InputPaths(
            testplans=(testplans or default_testplans()).resolve(),
            plan=inputs / "plan.toml",
            bench=inputs / "bench.toml",
            meter=inputs / "meter.toml",
            image=inputs / "image.bin",
        ),
        seed=wanted.seed,
        folder=folder or free_folder(OUT / f"replay-{wanted.test_id}"),
        test_ids=(wanted.test_id,),
        build=False,
    )


def _check_kept(original: Run, folder: Path) -> None:
    """Raise BenchFileError if a copy is not what was run: what came of it would be another result's."""
    for item in original.header.inputs:
        path = folder / item.file
        if not path.is_file() or sha256_hex(path.read_bytes()) != item.sha256:
            raise BenchFileError(
                f"{path}: is not the file that was run (its SHA-256 is not the header's); "
                "get the run's folder anew, or certify with the changed file as a run of its own"
            )


def compare(text: str, original: Run, new: Run) -> Comparison:
    """Set the new record beside the old one."""
    test_id = parse_replay_id(text).test_id
    before, after = original.test(test_id), new.test(test_id)
    exit_code = EXIT_CODES.get(after.verdict, EXIT_NOT_CERTIFIED)
    verdicts = f"verdict {after.verdict.value.replace('_', ' ')}, before {before.verdict.value.replace('_', ' ')}"
    if not before.attempts or not after.attempts:
        return Comparison(f"{verdicts}: there is no record to compare", EXIT_NOT_CERTIFIED)
    if before.attempts[-1].chain == after.attempts[-1].chain:
        return Comparison(
            f"{verdicts}: the same record, byte for byte (chain {after.attempts[-1].chain[:16]})", exit_code
        )
    if original.header.bench_kind == "real":
        return Comparison(f"{verdicts}: a real bench never repeats itself exactly, so the values differ", exit_code)
    causes = _differences(original.header, new.header)
    why = f"because of {'; '.join(causes)}" if causes else "although everything it depends on is the same: a defect"
    return Comparison(f"{verdicts}: the record DIFFERS, {why}", EXIT_NOT_CERTIFIED)


def _differences(before: RunHeader, after: RunHeader) -> list[str]:
    old, new = asdict(before), asdict(after)
    return [f"{name}: {old[name]!r} is now {new[name]!r}" for name in old if old[name] != new[name]]
