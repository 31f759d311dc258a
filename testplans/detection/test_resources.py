"""SEAL-4: the detection core fits the reference resources.

The image's size is seen; SRAM and clock are what the maker states beside the image (``resources.toml``), which a
laboratory takes as evidence and whose method it may question. Without such a statement the test is inconclusive.
"""

from __future__ import annotations

import pytest
from pydantic import Field

from fixtures.image import Image
from harness.evidence.record import TestRecord
from harness.measure.units import FrequencyHz
from harness.plan.parameters import Parameters


class Resources(Parameters):
    """Bounds of the reference resources: flash of the whole image, SRAM of the detection core with its stack, clock."""

    image_bytes: int = Field(gt=0)
    sram_bytes: int = Field(gt=0)
    clock_Hz: FrequencyHz


@pytest.mark.requirements("SEAL-4")
@pytest.mark.parameters(model=Resources)
def test_detection_core_fits_the_reference_resources(image: Image, record: TestRecord, parameters: Resources) -> None:
    """The image fits the flash; the detection core, by its maker's statement, the SRAM and the clock."""
    record.declare("SRAM of the detection core", "B", at_most=parameters.sram_bytes)
    record.declare("processor clock", "MHz", at_most=parameters.clock_Hz / 1e6)
    record.judge("image", image.size_bytes, "B", at_most=parameters.image_bytes)
    stated = image.statement
    if stated is None:
        record.inconclusive(
            f"no resources.toml of image {image.sha256[:16]} lies beside the image, so what its detection core needs "
            "of the SRAM is not known; have the image's maker state it"
        )
        return
    record.reading("SRAM of the detection core: state", stated.core_static_bytes, "B")
    record.reading("SRAM of the detection core: worst-case stack", stated.core_stack_bytes, "B")
    record.judge(
        "SRAM of the detection core",
        stated.core_static_bytes + stated.core_stack_bytes,
        "B",
        at_most=parameters.sram_bytes,
        explanation=f"as the image's maker states it: {stated.method}",
    )
    record.judge(
        "processor clock", stated.clock_Hz / 1e6, "MHz", at_most=parameters.clock_Hz / 1e6, explanation="as stated"
    )
