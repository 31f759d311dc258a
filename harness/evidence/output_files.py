"""Names of the files that are made from a finished record and lie beside it in the run's folder.

None is part of the record: each can be made again from it (``tamperbench report RUN``), so no chain covers them. What
covers them is the laboratory's signature (:mod:`harness.evidence.signature`); without one, only making them again does.
"""

from __future__ import annotations

import re
from pathlib import Path

REPORT_FILE = "report.html"
PDF_FILE = "report.pdf"
JUNIT_FILE = "junit.xml"
VALUES_FILE = "values.csv"
TRAFFIC_FILE = "meter-traffic.pcapng"
ALLURE_FOLDER = "allure-results"

OUTPUT_FILES = frozenset({REPORT_FILE, PDF_FILE, JUNIT_FILE, VALUES_FILE, TRAFFIC_FILE})

_ALLURE_FILE = re.compile(rf"{ALLURE_FOLDER}/[A-Za-z0-9][A-Za-z0-9.-]*")


def is_output(name: str) -> bool:
    """Whether a name relative to the run's folder is one of an output; nothing below a folder of a folder is."""
    return name in OUTPUT_FILES or _ALLURE_FILE.fullmatch(name) is not None


def outputs_present(path: Path) -> list[str]:
    """The outputs that lie in the run's folder, sorted by name."""
    beside = [file.name for file in path.iterdir() if file.is_file()]
    folder = path / ALLURE_FOLDER
    inside = [f"{ALLURE_FOLDER}/{file.name}" for file in folder.iterdir() if file.is_file()] if folder.is_dir() else []
    return sorted(name for name in (*beside, *inside) if is_output(name))
