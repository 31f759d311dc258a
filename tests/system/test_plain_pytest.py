"""Plans as plain pytest: chosen with its own options, collected by editors, documented by --markers and --fixtures."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.evidence.reader import load_run
from harness.measure.verdict import Verdict
from harness.plan.catalogue import load_catalogue
from harness.run.inputs import default_testplans
from harness.run.needs import fixture_functions, needs_of
from tests.system.commands import BENCH, CHECKOUT, METER, PYTEST, Outcome, changed, run
from tests.system.short_plan import write_latency_plan, write_short_plan

SEAL = "testplans/detection/test_seal.py"


def pytest_here(*arguments: object, quiet: bool = True) -> Outcome:
    """As an engineer, or an editor, runs it in the checkout."""
    return run(*arguments, *(("-q",) if quiet else ()), cwd=CHECKOUT, program=PYTEST)


def planned(plan: Path, image: Path, folder: Path, *more: object) -> Outcome:
    return pytest_here(
        "testplans", "--plan", plan, "--image", image, "--run-folder", folder, "-o", f"cache_dir={folder}.cache", *more
    )


def node_ids(outcome: Outcome) -> list[str]:
    return [line for line in outcome.out.splitlines() if "::" in line]


def test_bench_and_meter_files_are_taken(image: Path, tmp_path: Path) -> None:
    bench = changed(BENCH, tmp_path / "bench.toml", ('name = "emulated', 'name = "my emulated'))
    meter = changed(METER, tmp_path / "meter.toml", ('name = "tamperbench', 'name = "my tamperbench'))
    plan = write_short_plan(tmp_path / "plan.toml")
    outcome = planned(plan, image, tmp_path / "run", "--bench", bench, "--meter", meter, "-k", "seal-1")
    assert outcome.status == 2, outcome.text
    header = load_run(tmp_path / "run").header
    assert (header.bench[:2], header.meter[:2]) == ("my", "my")


@pytest.mark.parametrize(
    ("option", "ran"),
    [
        (("-k", "seal-1"), [1, 0, 0]),
        (("-k", "COM-1"), [0, 0, 1]),
        (("-m", "SEAL-1 or COM-1"), [1, 0, 1]),
        (("-m", "not SEAL-1 and not COM-1"), [0, 1, 0]),
    ],
)
def test_tests_are_chosen_by_word_and_by_requirement(
    image: Path, tmp_path: Path, option: tuple[str, str], ran: list[int]
) -> None:
    outcome = planned(write_short_plan(tmp_path / "plan.toml"), image, tmp_path / "run", *option)
    assert outcome.status == 2, "a part of a plan is no pass"
    assert [len(test.attempts) for test in load_run(tmp_path / "run").tests] == ran


def test_the_last_failed_run_alone(image: Path, tmp_path: Path) -> None:
    plan = write_latency_plan(tmp_path / "plan.toml", "5 ms")
    text = plan.read_text(encoding="utf-8")
    more = write_short_plan(tmp_path / "short.toml").read_text(encoding="utf-8")
    entry = more[more.index("[[test]]") :].partition("\n[[test]]")[0]
    plan.write_text(f"{text}\n{entry}\n", encoding="utf-8")
    cache = ("-o", f"cache_dir={tmp_path / 'cache'}")
    first = planned(plan, image, tmp_path / "first", *cache)
    assert first.status == 1, first.text
    again = planned(plan, image, tmp_path / "again", *cache, "--lf")
    assert again.status == 1, again.text
    verdicts = [test.verdict for test in load_run(tmp_path / "again").tests]
    assert verdicts == [Verdict.FAIL, Verdict.NOT_TESTED]


def test_editors_collect_without_options_build_bench_or_record(tmp_path: Path) -> None:
    meter = changed(METER, tmp_path / "meter.toml", ('image = "../../build', 'image = "../../never-built'))
    before = {path.name for path in (CHECKOUT / "out").glob("*")}
    shown = pytest_here("testplans", "--collect-only", "--meter", meter)
    assert shown.status == 0, shown.text
    ids = node_ids(shown)
    assert f"{SEAL}::test_opening_and_closing_are_each_reported[seal-1-opening-and-closing]" in ids
    assert ids == node_ids(pytest_here("testplans", "--collect-only")), "the same every time"
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"testplans/[a-z_/0-9]+\.py::test_\w+\[[a-z0-9-]+\]", name) for name in ids)
    one = pytest_here(ids[0], "--collect-only")
    assert node_ids(one) == [ids[0]]
    assert {path.name for path in (CHECKOUT / "out").glob("*")} == before


def test_editors_collect_a_folder_above_with_all_its_tests() -> None:
    arguments = (".", "--ignore", "tests/emulation", "--ignore", "tests/firmware", "--collect-only")
    ids = node_ids(pytest_here(*arguments))
    assert any(name.startswith("tests/measure/") for name in ids)
    alone = node_ids(pytest_here("testplans", "--collect-only"))
    assert [name for name in ids if name.startswith("testplans/")] == alone


def test_planned_tests_run_beside_others_and_a_failure_of_either_counts(image: Path, tmp_path: Path) -> None:
    own = "tests/measure/test_verdict.py"
    plan = write_latency_plan(tmp_path / "plan.toml")
    options = ("--image", image, "-o", f"cache_dir={tmp_path}/cache")
    only_others = pytest_here("testplans", own, *options, "-k", "test_verdict")
    assert only_others.status == 0, only_others.text
    assert "record in" not in only_others.out, "no planned test was chosen: no run"
    (tmp_path / "tests").mkdir()
    failing = tmp_path / "tests/test_mine.py"
    failing.write_text("def test_mine():\n    assert 1 == 2\n", encoding="utf-8")
    both = pytest_here(
        "testplans", failing, "--plan", plan, "--run-folder", tmp_path / "run", "-p", "no:randomly", *options
    )
    assert both.status == 1, both.text
    assert load_run(tmp_path / "run").tests[0].verdict is Verdict.PASS


def test_markers_are_documented() -> None:
    shown = pytest_here("--markers").out
    assert "@pytest.mark.requirements(*ids): the ids" in shown
    assert "@pytest.mark.parameters(model=CLASS): the class" in shown
    for row in load_catalogue(default_testplans() / "requirements.toml").requirement:
        assert f"@pytest.mark.{row.id}: {row.text}" in shown


def test_fixtures_are_documented(tmp_path: Path) -> None:
    shown = pytest_here("--fixtures", "testplans", quiet=False)
    assert shown.status == 0, shown.text
    assert "no docstring available" not in shown.out
    for name, function in fixture_functions().items():
        said = (function.__doc__ or "").strip().splitlines()
        assert said, f"fixture {name} says nothing"
        assert len(said[0]) >= 20
        assert re.search(rf"^{name}( \[.*\])? -- fixtures/", shown.out, re.MULTILINE), name
    assert not list(tmp_path.iterdir())


def constants_of(node: ast.Assign) -> Iterator[tuple[str, object]]:
    """``NAME = "text"`` and ``A, B = "text", "text"``."""
    for target in node.targets:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        for name, value in zip(names, values, strict=False):
            if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                yield name.id, value.value


def used_in(module: str) -> tuple[set[str], set[str]]:
    """The instruments and links that a module of fixtures names where it opens them."""
    tree = ast.parse((CHECKOUT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    constants = dict(pair for node in tree.body if isinstance(node, ast.Assign) for pair in constants_of(node))
    found: dict[str, set[str]] = {"open_instrument": set(), "open_link": set()}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in found:
            argument = node.args[1] if name == "open_instrument" else node.args[0]
            value = constants.get(argument.id) if isinstance(argument, ast.Name) else getattr(argument, "value", None)
            if isinstance(value, str):
                found[name].add(value)
    return found["open_instrument"], found["open_link"]


@pytest.mark.parametrize("module", sorted({function.__module__ for function in fixture_functions().values()}))
def test_what_fixtures_need_is_what_they_open(module: str) -> None:
    from fixtures.needs import INSTRUMENTS, LINKS

    names = [name for name, function in fixture_functions().items() if function.__module__ == module]
    instruments, links = used_in(module)
    assert {role for name in names for role in INSTRUMENTS.get(name, ())} >= instruments
    assert {link for name in names for link in LINKS.get(name, ())} >= links


def test_needs_go_through_fixtures() -> None:
    def test_made_up(case: object, parameters: object) -> None: ...

    needs = needs_of(test_made_up)
    assert {"relay", "scope"} <= needs.instruments
    assert {"modem", "optical"} <= needs.links


@pytest.mark.parametrize("option", ["--bench", "--meter", "--image", "--plan", "--testplans"])
def test_wrong_input_is_one_message(tmp_path: Path, option: str) -> None:
    value = tmp_path / "none.toml"
    outcome = pytest_here("testplans", option, value)
    assert outcome.status == pytest.ExitCode.USAGE_ERROR
    assert outcome.err.count("ERROR") == 1
    assert "none.toml" in outcome.err
    assert "Traceback" not in outcome.text


def test_in_parallel_other_tests_run_without_the_plans(tmp_path: Path) -> None:
    """Each worker would need the bench, and none knows who brings it up; testplans/ alone runs in parallel."""
    outcome = pytest_here("testplans", "tests/measure/test_verdict.py", "-n", 2, "-o", f"cache_dir={tmp_path}")
    assert outcome.status == 0, outcome.text
    assert "record in" not in outcome.out


def test_collecting_warns_of_nothing() -> None:
    """A fixture's module that another one imports before pytest has loaded it is told to every user, at every run."""
    outcome = pytest_here("testplans", "--collect-only")
    assert outcome.status == 0, outcome.text
    assert "warning" not in outcome.text.lower()
