"""Which of the shipped defects every `make test` puts through the plan: a stratified sample, always the same."""

from __future__ import annotations

from harness.plan.catalogue import load_catalogue
from harness.qualify.defects import Defect, load_defects, sample
from harness.qualify.run import SHIPPED_DEFECTS
from harness.run.inputs import default_testplans

COUNT = 24
"""At least one for each violated requirement, whatever stands here; the expected tests cost some 5 s of one core."""

THERE = load_defects(SHIPPED_DEFECTS, load_catalogue(default_testplans() / "requirements.toml"))
CHOSEN: tuple[Defect, ...] = sample(THERE, COUNT)
NAMES = tuple(defect.name for defect in CHOSEN)
LEFT_OUT = tuple(defect.name for defect in THERE if defect not in CHOSEN)
