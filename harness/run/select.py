"""Choosing some of a plan's tests, by id or by an expression as people know it from pytest's ``-k``."""

from __future__ import annotations

from collections.abc import Sequence

from _pytest.mark.expression import Expression

from harness.bench.errors import BenchFileError
from harness.plan.plan_file import Plan
from harness.plan.resolve import ResolvedTest


def select_tests(
    plan: Plan, tests: Sequence[ResolvedTest], test_ids: Sequence[str], keyword: str = ""
) -> tuple[str, ...]:
    """Ids of the tests that are meant, in plan order; raises BenchFileError for an unknown id or for none at all."""
    for test_id in test_ids:
        plan.planned(test_id)
    chosen = [test for test in tests if not test_ids or test.id in test_ids]
    if keyword.strip():
        expression = _compile(keyword)
        chosen = [test for test in chosen if expression.evaluate(_Matcher(test))]
    if not chosen:
        known = ", ".join(test.id for test in tests if not test_ids or test.id in test_ids)
        raise BenchFileError(f"no test of plan {plan.plan.name!r} matches -k {keyword!r}; there are: {known}")
    return tuple(test.id for test in chosen)


def _compile(keyword: str) -> Expression:
    # pytest's own parser of -k, though not in its documented interface: a second dialect would be worse.
    try:
        return Expression.compile(keyword)
    except SyntaxError as error:
        raise BenchFileError(
            f"-k {keyword!r}: {error.msg}; expected words joined by 'and', 'or', 'not' and parentheses"
        ) from None


class _Matcher:
    """Whether a word of the expression is part of what names a test, in either case."""

    def __init__(self, test: ResolvedTest) -> None:
        self._names = [name.lower() for name in (test.id, test.planned.run, *test.requirements)]

    def __call__(self, name: str, /, **_: object) -> bool:
        return any(name.lower() in known for known in self._names)
