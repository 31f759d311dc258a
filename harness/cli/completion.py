"""What a shell may offer for a value: plans, a plan's tests, runs. Whatever is wrong with a file, it offers less."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from harness.evidence.errors import EvidenceError
from harness.evidence.reader import HEADER_FILE, read_header
from harness.evidence.replay_id import make_replay_id
from harness.plan.catalogue import load_catalogue
from harness.plan.parts import load_plan
from harness.plan.plan_file import CATALOGUE, find_plan
from harness.plan.profile import FOLDER as PROFILES
from harness.run.inputs import DEFAULT_PLAN, default_testplans
from harness.run.live_run import OUT

LATEST_RUNS = 5
"""Of which replay ids are offered: a header is read for each while someone waits for a key."""
Offer = Iterable[tuple[str, str]]
"""Value and what it is; shells that show help show the second."""


def complete_plan(ctx: typer.Context, incomplete: str) -> Offer:
    """Plans by name with their titles, and files ending in .toml as the path goes."""
    folder = _testplans(ctx)
    plans = [(path.stem, _plan_table(path).get("title", "")) for path in _plan_files(folder)]
    return [(name, title) for name, title in plans if name.startswith(incomplete)] + _files(incomplete, ".toml")


def complete_profile(ctx: typer.Context, incomplete: str) -> Offer:
    """Profiles by name with their titles, and files ending in .toml as the path goes."""
    files = sorted((_testplans(ctx) / PROFILES).glob("*.toml"))
    tables = [(file.stem, _read(file).get("profile", {})) for file in files]
    named = [(name, str(table.get("title", ""))) for name, table in tables if isinstance(table, dict)]
    return [(name, title) for name, title in named if name.startswith(incomplete)] + _files(incomplete, ".toml")


def complete_test(ctx: typer.Context, incomplete: str) -> Offer:
    """The tests of the plan that is asked for so far."""
    plan = ctx.params.get("plan") or DEFAULT_PLAN
    folder = _testplans(ctx)
    try:
        path = find_plan(str(plan), folder)
    except Exception:  # noqa: BLE001 - a wrong plan is told by the command itself, not between two keystrokes
        return []
    try:
        tests = load_plan(path, load_catalogue(folder / f"{CATALOGUE}.toml"), folder).test
        found = [(test.id, test.run) for test in tests]
    except Exception:  # noqa: BLE001 - not yet a whole plan: the tests that stand in the file itself
        own = [test for test in _read(path).get("test", []) if isinstance(test, dict)]
        found = [(str(test.get("id", "")), str(test.get("run", ""))) for test in own]
    return [(name, where) for name, where in found if name.startswith(incomplete)]


def complete_run(incomplete: str) -> Offer:
    """Runs below out/, newest first, and whatever folder the path names."""
    runs = sorted((file.parent for file in OUT.glob(f"*/{HEADER_FILE}")), reverse=True)
    offered = [(str(run), "run") for run in runs if str(run).startswith(incomplete) or run.name.startswith(incomplete)]
    return offered or _files(incomplete, None)


def complete_replay(ctx: typer.Context, incomplete: str) -> Offer:
    """Replay ids of the latest runs, newest first."""
    given = ctx.params.get("runs")
    where = Path(str(given)) if given else OUT
    alone = where / HEADER_FILE
    headers = [alone] if alone.is_file() else sorted(where.glob(f"*/{HEADER_FILE}"), reverse=True)[:LATEST_RUNS]
    found: dict[str, str] = {}
    for folder in (file.parent for file in headers):
        with suppress(EvidenceError):  # another version's run, or none: there is nothing of it to run again
            header = read_header(folder)
            for test in header.tests:
                found.setdefault(str(make_replay_id(header, test.test_id)), folder.name)
    return [(replay_id, name) for replay_id, name in found.items() if replay_id.startswith(incomplete)]


def complete_word(words: Iterable[str], incomplete: str) -> Offer:
    """Those of ``words`` that begin so."""
    return [(word, "") for word in words if word.startswith(incomplete)]


def _testplans(ctx: typer.Context) -> Path:
    given = ctx.params.get("testplans")
    return Path(str(given)) if given else default_testplans()


def _plan_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.toml") if path.stem != CATALOGUE)


def _plan_table(path: Path) -> dict[str, Any]:
    table = _read(path).get("plan", {})
    return table if isinstance(table, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _files(incomplete: str, suffix: str | None) -> list[tuple[str, str]]:
    """Files of that suffix (None: folders alone), and the folders on the way to them."""
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    names = [f"{entry}/" if entry.is_dir() else str(entry) for entry in entries]
    wanted = [name for name in names if name.endswith("/") or (suffix is not None and name.endswith(suffix))]
    return [(name, "") for name in wanted if name.startswith(incomplete) and not Path(name).name.startswith(".")]


def complete_image(incomplete: str) -> Offer:
    """Files ending in .bin."""
    return _files(incomplete, ".bin")


def complete_toml(incomplete: str) -> Offer:
    """Files ending in .toml."""
    return _files(incomplete, ".toml")


def complete_defect(incomplete: str) -> Offer:
    """The known-bad variants that are shipped."""
    names = sorted(file.stem for file in (default_testplans().parent / "firmware_ref" / "defects").glob("*.patch"))
    return complete_word(names, incomplete)
