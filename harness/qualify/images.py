"""The images of the meters that are put through the plan; built once for the same sources and patch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from harness.bench.errors import BenchError
from harness.qualify.defects import Defect
from harness.qualify.errors import QualifyError

_READS = re.compile(r'incbin|[#:]\s*embed|__has_|[#:]\s*include(?!\s*[<"][A-Za-z])|[#:]\s*include.*\.\.')
"""What makes the compiler read a file from outside the firmware's folder into the image or its messages."""


def _check_what_it_reads(text: str, patch: Path) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("+") and _READS.search(line):
            raise QualifyError(
                f"{patch}: line {number}: {line[1:].strip()!r} reads a file; a defect may include no more than "
                "the firmware's own headers, by their path in its folder"
            )


def check_patches(defects: Iterable[Defect], source: Path) -> None:
    """Raise QualifyError, with every one that there is, for patches that are not of the sources as they stand."""
    try:
        from firmware_ref.tool.errors import PatchError  # noqa: PLC0415 - only here is the build tool needed
        from firmware_ref.tool.patch import patched_files  # noqa: PLC0415
    except ImportError as error:
        raise _needs_the_extra(error) from error
    wrong: list[str] = []
    for defect in defects:
        if defect.patch is None:
            continue
        try:
            text = defect.patch.read_text(encoding="utf-8")
            _check_what_it_reads(text, defect.patch)
            patched_files(text, source, str(defect.patch))
        except UnicodeDecodeError as error:
            wrong.append(f"{defect.patch}: is no text: {error}")
        except (PatchError, QualifyError) as error:
            wrong.append(str(error))
    if wrong:
        raise QualifyError("\n".join(wrong) + f"\npaths in a patch begin in {source}")


def _needs_the_extra(error: ImportError) -> BenchError:
    return BenchError(
        f"building a defect's firmware needs the extra 'emulation' ({error.name} is missing): "
        "pip install 'tamperbench[emulation]'"
    )


def build_image(defect: Defect | None, source: Path, folder: Path) -> Path:
    """The image of the defect (None or without a patch: of the reference meter); raises QualifyError."""
    try:
        from firmware_ref.tool.build import build  # noqa: PLC0415 - only here is the build tool needed
        from firmware_ref.tool.errors import FirmwareError  # noqa: PLC0415
        from firmware_ref.tool.patch import apply_patch  # noqa: PLC0415
        from firmware_ref.tool.workshop import changeable_copy, copies_for  # noqa: PLC0415
    except ImportError as error:
        raise _needs_the_extra(error) from error
    try:
        if defect is None or defect.patch is None:
            return build(source, folder / "reference").bin
        text = defect.patch.read_text(encoding="utf-8")
        with changeable_copy(source, copies_for(text, folder.parent)) as copy:
            _check_what_it_reads(text, defect.patch)
            apply_patch(text, copy, defect.patch.name)
            return build(copy, folder / defect.name).bin
    except (FirmwareError, OSError, UnicodeDecodeError) as error:
        raise QualifyError(f"{defect.name if defect else 'the reference'}: was not built: {error}") from error
