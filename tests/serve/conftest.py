"""The image that served meters run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.commands import build_image


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(tmp_path_factory.mktemp("firmware")).bin
