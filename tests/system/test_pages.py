"""The pages for people: every link leads somewhere, every command there is, the shown run is a run of today's plan."""

from __future__ import annotations

import re

import pytest
import typer.main

from harness.cli.app import app
from harness.plan.catalogue import load_catalogue
from harness.plan.parts import load_plan
from tests.system.commands import CHECKOUT

PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("firmware_ref/*.md")])
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page) -> None:
    text = page.read_text(encoding="utf-8")
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", text):
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name} links to {target}"
        if heading and there.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            marks = {"#" + re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
            assert heading in marks, f"{page.name} links to {target}{heading}"


def test_every_command_that_the_pages_name_is_there() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?:`|^ {4})tamperbench ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) >= 10
    assert named <= known


def test_every_target_of_make_that_the_pages_name_is_there() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))}
    assert len(named) >= 5
    assert named <= known


def test_every_folder_that_the_readme_tells_of_is_there() -> None:
    rows = re.findall(r"^\| ((?:`[\w/]+/`(?:, )?)+) \|", README, re.MULTILINE)
    folders = [folder for row in rows for folder in re.findall("`([^`]+)`", row)]
    assert len(folders) > 10
    assert [folder for folder in folders if not (CHECKOUT / folder).is_dir()] == []


def test_the_run_that_the_readme_shows_has_as_many_tests_as_its_plan() -> None:
    plan = load_plan(
        CHECKOUT / "testplans" / "smoke.toml", load_catalogue(CHECKOUT / "testplans" / "requirements.toml")
    )
    tests, requires = len(plan.test), len(plan.plan.requires)
    assert f"{tests} of {tests} tests passed, {requires} of {requires} requirements shown" in README
    assert f"{tests}/{tests}  pass" in README
    assert f"plan      smoke: {plan.plan.title}" in README
