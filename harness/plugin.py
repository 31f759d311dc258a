"""The pytest plugin: a plan's tests, in plan order, each with a record, on a bench that is brought up once.

Active only where tests under testplans/ are asked for (or ``--plan`` is given), so that the project's own tests are
plain pytest. The order of everything is docs/run-order.md. With ``-n`` the controller brings the bench up, makes the
run folder and joins the record; each worker opens a bench of its own and runs tests.

Where a folder above testplans/ is asked for (editors do), the bench is brought up only if tests of a plan are run.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.bench.errors import BenchError, MeterStoppedError
from harness.evidence.errors import EvidenceError
from harness.evidence.not_passed import LimitMissed
from harness.evidence.reader import load_run
from harness.evidence.record import TestRecord
from harness.plan.catalogue import load_catalogue
from harness.plan.resolve import ResolvedTest
from harness.run.firmware import build_if_source
from harness.run.handed_over import RUN as RUN  # noqa: PLC0414 - fixtures look for it here
from harness.run.handed_over import inputs_at_hand
from harness.run.inputs import (
    DEFAULT_SEED,
    InputPaths,
    RunInputs,
    check_workers,
    choose_paths,
    default_testplans,
    load_files,
    load_inputs,
)
from harness.run.live_run import LiveRun
from harness.run.outcome import last_line, not_shown
from harness.run.progress import BENCH_SECONDS_PROPERTY, CAUSE_PROPERTY, VERDICT_PROPERTY
from harness.run.pytest_scope import Scope, is_below, is_parallel, only_shows, scope_of

INPUTS = pytest.StashKey[RunInputs]()
RECORD = pytest.StashKey[TestRecord]()
CAUSES = pytest.StashKey[tuple[str, ...]]()
NO_CAUSES: tuple[str, ...] = ()
SCOPE = pytest.StashKey[Scope]()
TALLY = pytest.StashKey["Tally"]()
WORKER_KEY = "tamperbench"
_PLANNED_PART = "requirements"
"""The mark that every function of a plan has, and so every report of one."""

MARKERS = (
    "requirements(*ids): the ids, from testplans/requirements.toml, of what this test of a plan shows. Every test "
    "under testplans/ has it; each id is a marker too, for -m",
    "parameters(model=CLASS): the class (harness.plan.parameters.Parameters) of what a plan may set for this test, "
    "with units; without it a plan can only choose the test",
)
EXIT_NOT_CERTIFIED = 2

pytest_plugins = (
    "fixtures.bench",
    "fixtures.chance",
    "fixtures.image",
    "fixtures.meter",
    "fixtures.listener",
    "fixtures.scope",
    "fixtures.relay",
    "fixtures.case",
    "fixtures.generator",
    "fixtures.case_contact",
    "fixtures.side_magnet",
    "fixtures.supply",
    "fixtures.battery",
    "fixtures.part_supply",
    "fixtures.multimeter",
    "fixtures.mains",
    "fixtures.load",
    "fixtures.surge",
    "fixtures.shunt",
    "fixtures.wiring",
    "fixtures.write_cuts",
    "fixtures.magnet",
    "fixtures.narrow_magnet",
    "fixtures.chamber",
    "fixtures.terminal_heat",
    "fixtures.tilt",
    "fixtures.shaker",
    "fixtures.link",
    "fixtures.head_end",
    "fixtures.diagnostic_port",
    "fixtures.limits",
    "fixtures.debug_probe",
    "fixtures.high_voltage",
    "fixtures.bench_latency",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; their defaults are the shipped emulated bench and reference meter."""
    group = parser.getgroup("tamperbench", "certification of a meter by a plan")
    group.addoption("--plan", default=None, help="plan: a name under testplans/ or a .toml file (default: smoke)")
    group.addoption("--testplans", default=None, help="folder of tests and requirements.toml (default: the shipped)")
    group.addoption("--bench", default=None, help="bench file (default: the emulated bench)")
    group.addoption("--meter", default=None, help="meter file (default: the reference meter)")
    group.addoption("--image", default=None, help="firmware image to run instead of the meter file's (emulated bench)")
    group.addoption("--symbols", default=None, help="ELF of that image, for faults told with function names")
    group.addoption("--profile", default=None, help="market profile: a name under testplans/profiles/ or a .toml file")
    group.addoption("--seed", type=int, default=DEFAULT_SEED, help="seed of the emulated world (default: %(default)s)")
    group.addoption("--test-id", action="append", default=[], help="run only this test of the plan; may be repeated")
    group.addoption("--run-folder", default=None, help="folder for the record (default: a new one under out/)")


def pytest_configure(config: pytest.Config) -> None:
    """Read and check the inputs where plan tests are asked for."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    scope = scope_of(config)
    try:
        if scope is not Scope.NONE:
            config.stash[SCOPE] = scope
            config.stash[INPUTS] = inputs_at_hand(config) or _load(config)
            for test_id in config.getoption("--test-id"):
                config.stash[INPUTS].test(test_id)
        _document_requirements(config)
    except BenchError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Bring the bench up and make the run folder (controller), or open the folder (worker)."""
    if session.config.stash.get(SCOPE, Scope.NONE) is Scope.PLAN and not only_shows(session.config):
        _begin(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Among other tests the bench is brought up only if planned ones are really to be run."""
    config = session.config
    if config.stash.get(SCOPE, Scope.NONE) is not Scope.AMONG_OTHERS or only_shows(config):
        return
    if any(planned_of(item) is not None for item in session.items):
        _begin(config)


def _begin(config: pytest.Config) -> None:
    inputs = config.stash[INPUTS]
    handed_over = getattr(config, "workerinput", {}).get(WORKER_KEY)
    try:
        if handed_over is not None:
            config.stash[RUN] = LiveRun.join(inputs, Path(handed_over["folder"]), handed_over["cause"])
        else:
            check_workers(inputs, getattr(config.option, "numprocesses", None) or 0)
            folder = config.getoption("--run-folder")
            config.stash[RUN] = LiveRun.begin(inputs, Path(folder) if folder else None)
            config.stash[TALLY] = Tally(config.stash[RUN])
            config.pluginmanager.register(config.stash[TALLY])
        config.stash[RUN].interruption.install()
    except (BenchError, EvidenceError) as error:
        raise pytest.UsageError(str(error)) from error


class Tally:
    """What the controlling process counts while a run goes on."""

    def __init__(self, run: LiveRun) -> None:
        self.others_failed = False
        """Whether a test failed that is none of the plan's."""
        self._run = run

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test has ended."""
        if VERDICT_PROPERTY in dict(report.user_properties) or _PLANNED_PART in report.keywords:
            test_id = report.nodeid.rpartition("[")[2].rstrip("]")
            seconds = self._run.test_seconds
            seconds[test_id] = seconds.get(test_id, 0.0) + report.duration
            told: dict[str, Any] = dict(report.user_properties)
            if BENCH_SECONDS_PROPERTY in told:
                self._run.bench_seconds[test_id] = float(told[BENCH_SECONDS_PROPERTY])
        elif report.failed:
            self.others_failed = True


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker which run it works for."""
    run = node.config.stash.get(RUN, None)
    if run is not None:
        node.workerinput[WORKER_KEY] = {"folder": str(run.folder.path), "cause": run.cause}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item per entry of the plan that names this function."""
    inputs = metafunc.config.stash.get(INPUTS, None)
    if inputs is None or "requirements" not in {mark.name for mark in metafunc.definition.iter_markers()}:
        return
    where = _run_name(metafunc.definition, inputs)
    planned = [test for test in inputs.tests if test.planned.run == where]
    metafunc.fixturenames.append("planned")
    metafunc.parametrize("planned", planned or [None], ids=[test.id for test in planned] or ["not-in-the-plan"])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what the plan has, in its order, each marked with its requirements; other tests as they stand."""
    inputs = config.stash.get(INPUTS, None)
    if inputs is None:
        return
    wanted = config.getoption("--test-id") or [test.id for test in inputs.tests]
    order = {test_id: place for place, test_id in enumerate(wanted)}
    kept = [item for item in items if (planned := planned_of(item)) is not None and planned.id in order]
    others = [item for item in items if planned_of(item) is None and not is_below(item.path, inputs.paths.testplans)]
    if others and is_parallel(config):
        kept = []  # which worker would bring the bench up? Alone, testplans/ runs in parallel
    dropped = [item for item in items if item not in kept and item not in others]
    config.hook.pytest_deselected(items=dropped)
    for item in kept:
        for requirement in _planned(item).requirements:
            item.add_marker(requirement)
    places = {test.id: place for place, test in enumerate(inputs.tests)}
    items[:] = [*others, *sorted(kept, key=lambda item: places[_planned(item).id])]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Around set-up, test and tear-down: the test's record."""
    run = item.config.stash.get(RUN, None)
    planned = planned_of(item)
    if run is None or planned is None:
        return (yield)
    record = run.begin_test(planned)
    record.before_exchange = run.interruption.check
    item.stash[RECORD] = record
    try:
        with run.interruption.noting():
            outcome = yield
        run.interruption.check()
    except (KeyboardInterrupt, pytest.exit.Exception) as error:
        # pytest would tear down after this hook; the record must still be open when outputs are switched off.
        _tear_down_now(item, record)
        record.end(aborted=str(error) or "interrupted by the operator")
        raise
    else:
        return outcome
    finally:
        record.end()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip with the one cause if the bench did not come up; fail if it did not get to where every test begins."""
    run = item.config.stash.get(RUN, None)
    planned = planned_of(item)
    if run is None or planned is None:
        return
    if run.cause:
        pytest.skip(f"the bench did not come up: {run.cause}")
    if run.failure is not None:
        raise run.failure


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Nothing breaks into tear-down: pytest would forget the finalisers that are left."""
    run = item.config.stash.get(RUN, None)
    if run is None:
        return (yield)
    with run.interruption.holding():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put an error of set-up, test or tear-down into the record; a value that did not pass stands there already.

    Tear-down is the last phase: it closes the record, and its report carries the verdict to the controller.
    """
    report = yield
    record = item.stash.get(RECORD, None)
    if record is None:
        return report
    if call.excinfo is not None:
        if isinstance(call.excinfo.value, pytest.skip.Exception):
            record.skip(str(call.excinfo.value))
        else:
            record.error(call.excinfo.value)
        if isinstance(call.excinfo.value, MeterStoppedError):
            _judge_stopped(record, call.excinfo.value)
        cause = str(call.excinfo.value) or call.excinfo.typename
        before = item.stash.get(CAUSES, NO_CAUSES)
        item.stash[CAUSES] = (*before, f"{call.excinfo.typename}: {cause}")
    if call.when == "teardown":
        report.user_properties.append((BENCH_SECONDS_PROPERTY, record.bench_s))
        report.user_properties.append((VERDICT_PROPERTY, record.end().value))
        causes = item.stash.get(CAUSES, NO_CAUSES)
        report.user_properties.append((CAUSE_PROPERTY, "\n".join(causes)))
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Close the bench; join the record and take the run's verdict as exit status (controller).

    Last, since pytest-xdist ends its workers in this hook: a worker that is still in a test still writes its record.
    """
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    run.interruption.uninstall()
    run.close()
    if not hasattr(session.config, "workerinput"):
        verdict_status = run.finish()
        broken = exitstatus == pytest.ExitCode.INTERNAL_ERROR and verdict_status == 0
        status = EXIT_NOT_CERTIFIED if broken else verdict_status
        others_failed = session.config.stash[TALLY].others_failed
        session.exitstatus = int(pytest.ExitCode.TESTS_FAILED) if others_failed else status


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """In plain pytest: the run's verdict, why it is no pass, and where the record is."""
    run = config.stash.get(RUN, None)
    if run is None:
        return
    finished = load_run(run.folder.path)
    for line in not_shown(finished):
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"{last_line(finished)[1]}; record in {run.folder.path}")


def _judge_stopped(record: TestRecord, error: MeterStoppedError) -> None:
    """A meter that stops under test has failed what the test asks: on a real bench there would be silence."""
    with suppress(LimitMissed):
        record.judge_true("the meter keeps running", False, explanation=str(error).splitlines()[0])


def _tear_down_now(item: pytest.Item, record: TestRecord) -> None:
    run = item.config.stash[RUN]
    try:
        with run.interruption.holding():
            item.session._setupstate.teardown_exact(None)
    except Exception as error:  # noqa: BLE001 - whatever it is belongs into the record before the run ends
        record.error(error)


def planned_of(item: pytest.Item) -> ResolvedTest | None:
    """The planned test of an item; None if it is not one of a plan."""
    callspec = getattr(item, "callspec", None)
    planned = callspec.params.get("planned") if callspec else None
    return planned if isinstance(planned, ResolvedTest) else None


def _planned(item: pytest.Item) -> ResolvedTest:
    planned = planned_of(item)
    if planned is None:
        raise RuntimeError(f"{item.nodeid} is not a planned test")
    return planned


def _run_name(definition: Any, inputs: RunInputs) -> str:
    path: Path = definition.path
    name: str = definition.name
    return f"{path.relative_to(inputs.paths.testplans).as_posix()}::{name}"


def _load(config: pytest.Config) -> RunInputs:
    """The checked inputs; the reference meter's firmware is built first, as ``tamperbench certify`` does."""
    paths = _paths(config)
    runs = not only_shows(config)
    if runs and paths.image is None and not hasattr(config, "workerinput"):
        build_if_source(load_files(paths).meter, paths.meter)
    return load_inputs(paths, config.getoption("--seed"), needs_image=runs)


def _document_requirements(config: pytest.Config) -> None:
    """Each requirement is a marker too: ``-m "SEAL-1 or COM-1"``, told by ``--markers``."""
    inputs = config.stash.get(INPUTS, None)
    catalogue = load_catalogue(default_testplans() / "requirements.toml") if inputs is None else inputs.catalogue
    for row in catalogue.requirement:
        config.addinivalue_line("markers", f"{row.id}: {row.text}")


def _paths(config: pytest.Config) -> InputPaths:
    def path(option: str) -> Path | None:
        value = config.getoption(option)
        return Path(value) if value is not None else None

    return choose_paths(
        testplans=path("--testplans"),
        plan=config.getoption("--plan"),
        bench=path("--bench"),
        meter=path("--meter"),
        image=path("--image"),
        symbols=path("--symbols"),
        profile=config.getoption("--profile"),
    )
