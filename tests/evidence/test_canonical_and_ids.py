"""Canonical JSON and replay ids."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.evidence.canonical import canonical_json, number_or_reason
from harness.evidence.errors import RecordError, ReplayIdError
from harness.evidence.model import InputFile
from harness.evidence.replay_id import ReplayId, make_replay_id, parse_replay_id
from tests.evidence.runs import header

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_canonical_bytes() -> None:
    assert canonical_json({"b": 1, "a": [0.1, 1e-7, None, "µ"]}) == '{"a":[0.1,1e-07,null,"µ"],"b":1}'.encode()


@given(json_values)
def test_canonical_bytes_are_stable_over_a_round_trip(value: object) -> None:
    try:
        data = canonical_json(value)
    except RecordError:
        return  # a lone surrogate is no text that UTF-8 can hold
    assert canonical_json(json.loads(data)) == data


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}, "\ud800"])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(RecordError, match="convert the value"):
        canonical_json({"value": value})


def test_numbers_that_are_none_become_null_with_a_reason() -> None:
    assert number_or_reason(float("nan")) == (None, "not a number (NaN)")
    assert number_or_reason(float("inf")) == (None, "over range (+infinity)")
    assert number_or_reason(float("-inf")) == (None, "over range (-infinity)")
    assert number_or_reason(3) == (3, "")


def test_an_id_is_pasteable_and_comes_back() -> None:
    made = make_replay_id(header(), "seal-1-opening")
    text = str(made)
    assert text.startswith("smoke/seal-1-opening@7#")
    assert parse_replay_id(f" {text}\n") == made
    shell = subprocess.run(["/bin/sh", "-c", f"printf %s {text}"], check=True, capture_output=True, text=True)
    assert shell.stdout == text


def test_an_id_depends_on_the_inputs_and_not_on_their_order() -> None:
    plan, image = InputFile("plan", "a.toml", "11" * 32), InputFile("image", "b.bin", "22" * 32)
    one = make_replay_id(replace(header(), inputs=(plan, image)), "seal-1-opening")
    assert make_replay_id(replace(header(), inputs=(image, plan)), "seal-1-opening") == one
    changed = replace(plan, sha256="33" * 32)
    assert make_replay_id(replace(header(), inputs=(changed, image)), "seal-1-opening") != one
    assert make_replay_id(replace(header(), image_sha256="cd" * 32, inputs=(plan, image)), "seal-1-opening") != one


@pytest.mark.parametrize("text", ["", "smoke/x@1", "smoke/x@-1#0123456789", "a b/x@1#0123456789", "s/x@01#0123456789"])
def test_what_is_no_id_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(ReplayIdError, match="PLAN/TEST@SEED"):
        parse_replay_id(text)


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+){0,3}", fullmatch=True), st.integers(min_value=0, max_value=2**62))
def test_every_id_comes_back(slug: str, seed: int) -> None:
    made = ReplayId(slug, slug, seed, "0123456789")
    assert parse_replay_id(str(made)) == made
