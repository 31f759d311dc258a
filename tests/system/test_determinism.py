"""Same seed, same bytes: whatever the workers, the processor's features and the other benches in the process."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path

import pytest
from numpy._core import _multiarray_umath as numpy_core

from harness.bench.bench import Bench
from harness.evidence.model import Judgement, Reading
from harness.evidence.reader import Run, load_run
from harness.instruments.open import open_instrument
from harness.run.inputs import choose_paths, load_inputs
from harness.run.session import open_inputs_bench
from tests.system.commands import run
from tests.system.short_plan import write_latency_plan, write_short_plan

STEP_NS = 40_000_000
STEPS = 6


def certified(plan: Path, image: Path, folder: Path, *more: object, env: dict[str, str] | None = None) -> Run:
    outcome = run("certify", "--plan", plan, "--image", image, "--out", folder, *more, cwd=plan.parent, env=env)
    assert outcome.status == 0, outcome.text
    return load_run(folder)


def digest(done: Run) -> str:
    assert done.summary is not None
    return str(done.summary["record_digest"])


def measured(done: Run) -> list[float | int | None]:
    bodies = [entry.body for test in done.tests for attempt in test.attempts for entry in attempt.entries]
    return [body.value for body in bodies if isinstance(body, Reading | Judgement)]


@pytest.fixture(scope="session")
def first(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("first")
    return certified(write_short_plan(folder / "plan.toml"), image, folder / "run")


def same_plan(first: Run) -> Path:
    return first.path / "inputs" / "plan.toml"


def test_twice_gives_the_same_record(first: Run, image: Path, tmp_path: Path) -> None:
    again = certified(same_plan(first), image, tmp_path / "run")
    assert digest(again) == digest(first)
    for file in sorted((first.path / "tests").rglob("*.*")):
        assert (again.path / file.relative_to(first.path)).read_bytes() == file.read_bytes(), file.name


def test_workers_give_the_same_record(first: Run, image: Path, tmp_path: Path) -> None:
    assert digest(certified(same_plan(first), image, tmp_path / "run", "--workers", 2)) == digest(first)


def test_the_processors_features_do_not_matter(first: Run, image: Path, tmp_path: Path) -> None:
    features = [name for name in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__[name]]
    if not features:
        pytest.skip("numpy found no features on this processor that could be disabled")
    env = {"NPY_DISABLE_CPU_FEATURES": " ".join(features)}
    assert digest(certified(same_plan(first), image, tmp_path / "run", env=env)) == digest(first)


def test_another_seed_is_another_world_in_which_the_meter_passes_too(image: Path, tmp_path: Path) -> None:
    plan = write_latency_plan(tmp_path / "plan.toml")
    runs = [certified(plan, image, tmp_path / f"run-{seed}", "--seed", seed) for seed in (2, 3, 4, 5)]
    assert len({digest(done) for done in runs}) == len(runs)
    values = [measured(done) for done in runs]
    for place, value in enumerate(values):
        assert value
        assert all(value != other for other in values[place + 1 :])


def exchange(bench: Bench, log: list[object]) -> Generator[None]:
    """Opening and closing the case, with everything that relay unit and meter say; a breath after each step."""
    bench.start_test("a-test")
    link = bench.open_link("modem")
    entry = bench.file.instrument("relay")

    def keep(*message: object) -> None:
        log.append(message)

    with open_instrument(bench, "relay", keep) as relay:
        for step in range(STEPS):
            (relay.open if step % 2 else relay.close)(entry.channels["case_switch"])
            yield
            bench.clock.sleep_ns(STEP_NS)
            log.append(link.read(8 * STEP_NS))
            yield
    link.close()


def spoken(log: list[object]) -> str:
    return hashlib.sha256(repr(log).encode()).hexdigest()


def test_two_benches_in_one_process_do_not_know_of_each_other(image: Path, tmp_path: Path) -> None:
    paths = choose_paths(plan=str(write_latency_plan(tmp_path / "plan.toml")), image=image)

    def opened(seed: int) -> Bench:
        return open_inputs_bench(load_inputs(paths, seed))

    alone: list[list[object]] = [[], []]
    for seed, log in enumerate(alone, 1):
        bench = opened(seed)
        for _ in exchange(bench, log):
            pass
        bench.close()
    together: list[list[object]] = [[], []]
    benches = [opened(1), opened(2)]
    for _ in zip(exchange(benches[0], together[0]), exchange(benches[1], together[1]), strict=True):
        pass
    for bench in benches:
        bench.close()
    assert spoken(together[0]) == spoken(alone[0])
    assert spoken(together[1]) == spoken(alone[1])
    assert spoken(alone[0]) != spoken(alone[1])
    assert any(isinstance(said, list) and said for said in alone[0]), "the meter sent something"
