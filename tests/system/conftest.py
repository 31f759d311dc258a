"""The image that the runs use, and the command line in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.commands import Here, build_image, here_in


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(tmp_path_factory.mktemp("firmware")).bin


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return here_in(tmp_path, monkeypatch, capsys)
