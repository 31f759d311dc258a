"""Exit statuses: 0 pass, 1 fail, 2 everything else; a defect of the harness is never taken for a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import harness.cli.certify
from harness.evidence.reader import load_run
from harness.run.progress import Progress
from tests.run.endings_plan import ENDINGS, write_plan
from tests.system.commands import CHECKOUT, COMMAND, PYTEST, Here, Outcome, run, start
from tests.system.short_plan import write_latency_plan, write_short_plan

COMMANDS = ("certify", "replay", "verify", "report", "list")


def test_an_unforeseen_error_is_2(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(harness.cli.certify, "certify", broken)
    outcome = here("certify")
    assert outcome.status == 2
    assert "nobody thought of this" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("not run: a defect of tamperbench")


class BrokenProgress(Progress):
    """Fails when the last phase of a test is reported: inside pytest's hooks, after the verdict."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        super().pytest_runtest_logreport(report)
        if report.when == "teardown":
            raise RuntimeError("the harness broke")


@pytest.mark.parametrize(("function", "status"), [("test_passes", 2), ("test_misses_a_limit", 1)])
def test_a_harness_that_breaks_in_the_run_leaves_no_pass(
    here: Here, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, status: int
) -> None:
    monkeypatch.setattr(harness.cli.certify, "Progress", BrokenProgress)
    plan = write_plan(tmp_path / "plan.toml", (function,))
    outcome = here("certify", "--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", "run")
    assert outcome.status == status, outcome.text
    if status == 2:
        assert "the harness broke" in outcome.err
        assert str(tmp_path / "run") in outcome.err


def test_settings_for_pytest_in_general_do_not_change_a_run(image: Path, tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.toml", ("test_misses_a_limit",))
    env = {"PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "no_such_plugin"}
    options = ("--testplans", ENDINGS, "--plan", plan, "--image", image, "--out", tmp_path / "run")
    assert run("certify", *options, cwd=tmp_path, env=env).status == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_the_exit_statuses(here: Here, command: str) -> None:
    outcome = here(command, "--help")
    assert outcome.status == 0
    assert "Exit status" in outcome.out
    assert "2" in outcome.out.split("Exit status")[1]


def test_help_of_all_names_every_command_and_certify_has_examples(here: Here) -> None:
    for command in COMMANDS:
        assert f" {command} " in here("--help").out
    assert "tamperbench certify --image" in here("certify", "--help").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_completion_can_be_made(tmp_path: Path, shell: str) -> None:
    outcome = run(cwd=tmp_path, env={"_TAMPERBENCH_COMPLETE": f"source_{shell}"})
    assert outcome.status == 0
    assert "tamperbench" in outcome.out
    assert COMMAND.name in outcome.out


def test_list_shows_the_tests_with_their_requirements(here: Here) -> None:
    outcome = here("list")
    assert outcome.status == 0
    assert "com-1-case-latency" in outcome.out
    assert "COM-1" in outcome.out


def plain_pytest(plan: Path, image: Path, folder: Path, *more: object) -> Outcome:
    """As an engineer runs it in the checkout."""
    options = ("--plan", plan, "--image", image, "--run-folder", folder, "-p", "no:cacheprovider", "-q", *more)
    return run("testplans", *options, cwd=CHECKOUT, program=PYTEST)


def test_plain_pytest_has_the_verdict_as_its_status(image: Path, tmp_path: Path) -> None:
    plan = write_short_plan(tmp_path / "plan.toml")
    passed = plain_pytest(plan, image, tmp_path / "passed")
    assert passed.status == 0, passed.text
    parallel = plain_pytest(plan, image, tmp_path / "parallel", "-n", 2)
    assert parallel.status == 0, parallel.text
    records = [load_run(tmp_path / name).summary for name in ("passed", "parallel")]
    assert records[0] == records[1] is not None
    failed = plain_pytest(write_latency_plan(tmp_path / "failing.toml", "5 ms"), image, tmp_path / "failed")
    assert failed.status == 1, failed.text
    assert "replay: short/com-1-case-latency@1#" in failed.text


def test_a_part_of_a_plan_is_no_pass(image: Path, tmp_path: Path) -> None:
    plan = write_short_plan(tmp_path / "plan.toml")
    part = plain_pytest(plan, image, tmp_path / "part", "-k", "seal-1")
    assert part.status == 2, part.text
    assert [len(test.attempts) for test in load_run(tmp_path / "part").tests] == [1, 0, 0]


def test_plain_pytest_tells_wrong_input_without_running(tmp_path: Path) -> None:
    wrong = plain_pytest(tmp_path / "none.toml", tmp_path / "none.bin", tmp_path / "run")
    assert wrong.status == pytest.ExitCode.USAGE_ERROR
    assert "none.toml: there is no such file" in wrong.err
    assert "Traceback" not in wrong.text
    assert not (tmp_path / "run").exists()


def test_collecting_writes_nothing(image: Path, tmp_path: Path) -> None:
    listed = plain_pytest(write_short_plan(tmp_path / "plan.toml"), image, tmp_path / "run", "--collect-only")
    assert listed.status == 0, listed.text
    assert listed.out.count("com-1-case-latency") == 1
    assert not (tmp_path / "run").exists()


def test_the_projects_own_tests_are_plain_pytest(tmp_path: Path) -> None:
    """Root conftest.py loads the plugin for them too: it must stay out of the way, and make no run."""
    own = run(CHECKOUT / "tests/measure/test_verdict.py", "-q", "-p", "no:cacheprovider", cwd=tmp_path, program=PYTEST)
    assert own.status == 0, own.text
    assert list(tmp_path.iterdir()) == []


def test_a_run_by_any_other_name_is_found(image: Path, tmp_path: Path, here: Here) -> None:
    """Without ``--out`` the record goes below out/, named after the plan."""
    plan = write_plan(tmp_path / "plan.toml", ("test_passes",))
    outcome: Any = here("certify", "--testplans", ENDINGS, "--plan", plan, "--image", image)
    assert outcome.status == 0, outcome.text
    (folder,) = (tmp_path / "out").iterdir()
    assert folder.name.startswith("plan-")
    assert here("verify", folder).status == 0


def test_ctrl_c_while_the_program_loads_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    import harness.entry

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(harness.cli, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        harness.entry.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_reader_who_goes_away_changes_no_verdict(image: Path, tmp_path: Path) -> None:
    plan = write_latency_plan(tmp_path / "short.toml")
    process = start("certify", "--plan", plan, "--image", image, "--out", tmp_path / "run", cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=120) == 0
    assert (tmp_path / "run" / "report.html").is_file()
