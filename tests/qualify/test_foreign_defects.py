"""A folder of defects from anybody: no name leads out of the result's folder, no patch reads files of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.catalogue import Catalogue, load_catalogue
from harness.qualify.defects import Defect, load_defects
from harness.qualify.errors import QualifyError
from harness.qualify.images import build_image
from harness.qualify.run import SHIPPED_DEFECTS
from harness.run.inputs import default_testplans

SAYS = """title = "t"
vendor_would_have = "v"
violates = ["SEAL-1"]
expected_tests = ["seal-1-open-close"]
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(default_testplans() / "requirements.toml")


@pytest.mark.parametrize("stem", ["..", ".", "-o", "reference", "a\nb", "a b", "x" * 81])
def test_a_name_that_leads_out_of_the_result_is_refused(stem: str, tmp_path: Path, catalogue: Catalogue) -> None:
    (tmp_path / f"{stem}.toml").write_text(SAYS)
    (tmp_path / f"{stem}.patch").write_text("")
    with pytest.raises(QualifyError, match="rename the file"):
        load_defects(tmp_path, catalogue)


def test_a_file_that_never_ends_is_not_read(tmp_path: Path, catalogue: Catalogue) -> None:
    (tmp_path / "one.toml").write_text(SAYS)
    (tmp_path / "one.patch").symlink_to("/dev/zero")
    with pytest.raises(QualifyError, match="at most"):
        load_defects(tmp_path, catalogue)


@pytest.mark.parametrize(
    "line",
    [
        '#include "/etc/passwd"',
        "# include <../../../etc/passwd>",
        '#include "core/../../secret.h"',
        "#include SECRET",
        "#embed </etc/passwd>",
        '__asm(".incbin \\"/etc/passwd\\"");',
    ],
)
def test_a_patch_that_reads_files_is_not_built(line: str, tmp_path: Path, catalogue: Catalogue) -> None:
    (tmp_path / "one.toml").write_text(SAYS)
    context = (SHIPPED_DEFECTS.parent / "core" / "seal.c").read_text().splitlines()[0]
    patch = f"--- a/core/seal.c\n+++ b/core/seal.c\n@@ -1,1 +1,2 @@\n {context}\n+{line}\n"
    (tmp_path / "one.patch").write_text(patch)
    defect: Defect = load_defects(tmp_path, catalogue)[0]
    with pytest.raises(QualifyError, match="reads a file"):
        build_image(defect, SHIPPED_DEFECTS.parent, tmp_path / "image")
