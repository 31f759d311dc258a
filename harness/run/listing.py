"""What there is to choose from, as lines for a terminal: tests, plans, requirements, instruments, drivers, runs."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence

from harness.bench.errors import BenchFileError
from harness.bench.files import load_bench_file
from harness.instruments.registry import DRIVERS, ROLES
from harness.plan.catalogue import load_catalogue
from harness.plan.deviations import REFERENCE, find_deviations
from harness.plan.parts import load_plan
from harness.plan.plan_file import CATALOGUE, Plan, ProfileSection
from harness.plan.profile import recalled_lines
from harness.plan.resolve import ResolvedTest, resolve_plan
from harness.run.durations import BENCH_KEY, in_words, known_seconds
from harness.run.inputs import DEFAULT_PLAN, InputPaths, default_testplans
from harness.run.live_run import OUT
from harness.run.needs import fixture_functions, needs_of
from harness.run.pace import rough
from harness.run.past_runs import past_runs
from harness.run.shipped_times import expected_seconds, load_times
from harness.run.terminal import columns

TEXT_LONGEST = 100
"""Of a requirement's text: enough to know which it is; the whole stands in the catalogue and in every report."""


def make_list(what: str, paths: InputPaths) -> list[str]:
    """The lines of one list; raises BenchFileError for a list that there is not, or for a file that is wrong."""
    if what not in LISTS:
        near = difflib.get_close_matches(what, LISTS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise BenchFileError(f"there is no list {what!r}; {hint}There are: {', '.join(LISTS)}")
    return LISTS[what](paths)


def _tests(paths: InputPaths) -> list[str]:
    catalogue = load_catalogue(paths.testplans / f"{CATALOGUE}.toml")
    plan = load_plan(paths.plan, catalogue, paths.testplans, paths.profile)
    kind = load_bench_file(paths.bench).bench.kind
    known_s = known_seconds(plan.plan.name, kind, (OUT,))
    bench_s = _bench_seconds(plan, kind)
    lines = [f"{plan.plan.name}: {plan.plan.title}", f"requires {', '.join(plan.plan.requires)}"]
    tests = resolve_plan(plan, paths.plan, paths.testplans, catalogue)
    for test in tests:
        took = [f"{in_words(bench_s[test.id])} on the bench"] if test.id in bench_s else []
        took += [f"about {rough(known_s[test.id])} here"] if test.id in known_s else []
        needs = needs_of(test.function)
        lines += columns([(test.id, ", ".join(test.requirements), ", ".join(took))])
        lines += [f"      {test.title}", f"      needs {', '.join(sorted(needs.instruments)) or 'no instrument'}"]
    lines += _deviations(find_deviations(plan, tests, paths.testplans, default_testplans()))
    lines += _recalled(plan.profile)
    lines.append(_sum(tests, bench_s))
    if known_s:
        total_s = sum(known_s.get(test.id, 0.0) for test in tests)
        lines.append(f"{len(tests)} tests, about {rough(total_s)} on {kind} bench, as in the last runs under {OUT}/")
    return lines


def _bench_seconds(plan: Plan, kind: str) -> dict[str, float]:
    """Test id → seconds by the bench's clock: as in the last runs here, or else as the reference meter had it."""
    shipped = default_testplans()
    reference = load_plan(shipped / f"{REFERENCE}.toml", load_catalogue(shipped / f"{CATALOGUE}.toml"))
    expected = expected_seconds(plan, load_times(shipped), reference)
    return expected | known_seconds(plan.plan.name, kind, (OUT,), BENCH_KEY)


def _sum(tests: Sequence[ResolvedTest], bench_s: Mapping[str, float]) -> str:
    timed = [test.id for test in tests if test.id in bench_s]
    if not timed:
        return f"{len(tests)} tests; how long they take on a bench is not known"
    total = in_words(sum(bench_s[test_id] for test_id in timed))
    if len(timed) == len(tests):
        return f"{len(tests)} tests, expected bench time {total}"
    return (
        f"{len(tests)} tests, expected bench time more than {total}: {len(tests) - len(timed)} of them were never timed"
    )


def _deviations(found: Sequence[str]) -> list[str]:
    if not found:
        return []
    return ["this plan differs from the reference plan:", *(f"  {line}" for line in found)]


def _recalled(profile: ProfileSection | None) -> list[str]:
    if profile is None:
        return []
    found = recalled_lines(profile)
    head = f"profile {profile.name}: {profile.title}"
    if found:
        head += "; to be confirmed against the texts by the laboratory:"
    return [head, *(f"  {line}" for line in found)]


def _plans(paths: InputPaths) -> list[str]:
    rows = []
    catalogue = load_catalogue(paths.testplans / f"{CATALOGUE}.toml")
    for file in sorted(paths.testplans.glob("*.toml")):
        if file.stem == CATALOGUE:
            continue
        try:
            plan = load_plan(file, catalogue, paths.testplans)
            rows.append((file.stem, f"{len(plan.test)} tests", plan.plan.title))
        except BenchFileError as error:
            rows.append((file.stem, "", f"can't be read: {error}".splitlines()[0]))
    default = f'without --plan it is "{DEFAULT_PLAN}"; a plan of your own is given by its path: --plan mine.toml'
    return [*columns(rows), default]


def _requirements(paths: InputPaths) -> list[str]:
    lines: list[str] = []
    subject = ""
    catalogue = load_catalogue(paths.testplans / f"{CATALOGUE}.toml")
    shipped = default_testplans()
    reference = load_plan(shipped / f"{REFERENCE}.toml", load_catalogue(shipped / f"{CATALOGUE}.toml"))
    shown = {row.id for row in catalogue.requirement} & set(reference.plan.requires)
    for row in catalogue.requirement:
        if row.subject != subject:
            subject = row.subject
            lines.append(f"{subject}")
        text = row.text if len(row.text) <= TEXT_LONGEST else row.text[: TEXT_LONGEST - 1].rsplit(" ", 1)[0] + " …"
        lines += columns([(f"{row.id:<7}", f"{row.judged:<8}", REFERENCE if row.id in shown else "-", text)])
    return [
        *lines,
        f"{len(catalogue.requirement)} requirements, {len(shown)} of them shown by plan {REFERENCE} "
        f"(marked {REFERENCE}); whole: {paths.testplans / CATALOGUE}.toml",
    ]


def _instruments(paths: InputPaths) -> list[str]:
    file = load_bench_file(paths.bench)
    rows = [
        (role, entry.driver, entry.resource, f"calibrated until {entry.calibrated_until}")
        for role, entry in file.instruments.items()
    ]
    links = [(name, "link", link.address, "") for name, link in file.links.items()]
    return [f"{file.bench.name} ({file.bench.kind}), {paths.bench}", *columns([*rows, *links])]


def _drivers(_paths: InputPaths) -> list[str]:
    roles = {name: [role for role, drivers in ROLES.items() if name in drivers] for name in DRIVERS}
    return columns([(name, ", ".join(roles[name]), _first_line(driver)) for name, driver in sorted(DRIVERS.items())])


def _fixtures(_paths: InputPaths) -> list[str]:
    return columns([(name, _first_line(function)) for name, function in sorted(fixture_functions().items())])


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0].partition("; implements ")[0].rstrip(".")


LISTS: dict[str, Callable[[InputPaths], list[str]]] = {
    "tests": _tests,
    "plans": _plans,
    "requirements": _requirements,
    "instruments": _instruments,
    "drivers": _drivers,
    "fixtures": _fixtures,
    "runs": lambda _paths: past_runs(),
}
