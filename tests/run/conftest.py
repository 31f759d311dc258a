"""The image that the runs use, and the folder of planned tests that is no test of the project's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.commands import build_image

collect_ignore = ["endings"]


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(tmp_path_factory.mktemp("firmware")).bin
