"""A plan written as one TOML file that stands alone: what a run's folder keeps of a plan that was put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.bench.toml_text import key_text, table, value_text
from harness.plan.plan_file import Plan


def plan_text(plan: Plan, head: str, comments: Sequence[Sequence[str]]) -> bytes:
    """The file. ``head`` is its first line; ``comments`` stand above the tests, in their order."""
    return "\n".join(_lines(plan, head, comments)).encode("utf-8")


def comments_of(text: str) -> list[tuple[str, ...]]:
    """The comment lines directly above each [[test]] of a plan or a part."""
    found: list[tuple[str, ...]] = []
    above: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            above.append(line)
            continue
        if line.strip() == "[[test]]":
            found.append(tuple(above))
        above = []
    return found


def _lines(plan: Plan, head: str, comments: Sequence[Sequence[str]]) -> Iterator[str]:
    yield head
    yield ""
    yield from table("plan", plan.plan.model_dump())
    yield from table("decision", plan.decision.model_dump())
    if plan.profile is not None:
        yield from table("profile", plan.profile.model_dump())
    for place, planned in enumerate(plan.test):
        yield from comments[place] if place < len(comments) else ()
        yield "[[test]]"
        yield f"id = {value_text(planned.id)}"
        yield f"run = {value_text(planned.run)}"
        if planned.parameters:
            pairs = ", ".join(f"{key_text(key)} = {value_text(value)}" for key, value in planned.parameters.items())
            yield f"parameters = {{ {pairs} }}"
        yield ""
