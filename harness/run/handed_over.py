"""What ``certify`` and the pytest session that it starts in its own process hand each other.

Reading the inputs takes a quarter of a second, reading a record of minutes as long: neither is done twice. A session
that somebody else starts, and a worker in a process of its own, find nothing here and read for themselves.
"""

from __future__ import annotations

import pytest

from harness.evidence.reader import Run
from harness.run.inputs import RunInputs
from harness.run.live_run import LiveRun

RUN = pytest.StashKey[LiveRun]()
"""Where a session keeps its run."""


class HandedOver:
    """A pytest plugin: it brings the checked inputs along and takes the finished run away."""

    def __init__(self, inputs: RunInputs) -> None:
        self.inputs = inputs
        self.finished: Run | None = None
        """None if the run was not finished."""

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """The session is over."""
        run = config.stash.get(RUN, None)
        self.finished = None if run is None else run.folder.finished


def inputs_at_hand(config: pytest.Config) -> RunInputs | None:
    """The inputs that whoever started this session has read already."""
    plugins = config.pluginmanager.get_plugins()
    return next((plugin.inputs for plugin in plugins if isinstance(plugin, HandedOver)), None)
