"""What an image needs of the meter's microcontroller, as its maker states it beside the image (SEAL-4).

Worst-case stack can't be seen from outside, so it is evidence that whoever builds the image must bring: a file
``resources.toml`` in the image's folder, of that very image. A test judges it and says whose word it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from harness.bench.toml_file import FileModel, load_model

RESOURCES_FILE = "resources.toml"


class ResourceStatement(FileModel):
    """A whole statement."""

    image_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """The image it is about."""
    clock_Hz: int = Field(gt=0)
    """The processor's, as this image sets it."""
    core_static_bytes: int = Field(ge=0)
    """SRAM that keeps the detection core's state."""
    core_stack_bytes: int = Field(ge=0)
    """The deepest stack, with every exception on top that can nest."""
    method: str
    """How the two were found."""


def statement_beside(image: Path) -> Path | None:
    """The statement in the image's folder, if there is one."""
    path = image.with_name(RESOURCES_FILE)
    return path if path.is_file() else None


def load_statement(path: Path) -> ResourceStatement:
    """The statement at ``path``; raises BenchFileError."""
    return load_model(path, ResourceStatement)
