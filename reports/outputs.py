"""Every form of a run's report, from one reading of its record: what ``certify`` and ``report`` write.

All forms are made from the same :class:`reports.content.Content`, so none can say what another does not. Each lies in
the run's folder under a fixed name (:mod:`harness.evidence.output_files`), or in a folder of the user's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import SignatureError
from harness.evidence.output_files import (
    ALLURE_FOLDER,
    JUNIT_FILE,
    PDF_FILE,
    REPORT_FILE,
    TRAFFIC_FILE,
    VALUES_FILE,
    is_output,
    outputs_present,
)
from harness.evidence.reader import Run, load_run
from harness.evidence.signature import signed_output_digests, signed_report_digest
from harness.evidence.verify import Problem
from reports.allure import render_allure
from reports.content import Content, build_content
from reports.errors import ReportError, ReportWriteError
from reports.html import render_html
from reports.junit import render_junit
from reports.meter_traffic import render_traffic
from reports.pdf import render_pdf
from reports.values_csv import render_values
from reports.write import replace_file

_MAKERS: Mapping[str, Callable[[Content], dict[str, bytes]]] = {
    "html": lambda content: {REPORT_FILE: render_html(content).encode()},
    "pdf": lambda content: {PDF_FILE: render_pdf(content)},
    "junit": lambda content: {JUNIT_FILE: render_junit(content)},
    "csv": lambda content: {VALUES_FILE: render_values(content.run)},
    "pcapng": lambda content: {TRAFFIC_FILE: render_traffic(content.run)},
    "allure": render_allure,
}
FORMATS = tuple(_MAKERS)
"""Names of the forms, in the order in which they are told."""
_PLACES = dict(zip(FORMATS, (REPORT_FILE, PDF_FILE, JUNIT_FILE, VALUES_FILE, TRAFFIC_FILE, ALLURE_FOLDER), strict=True))


class UnknownFormatError(ReportError):
    """A form of the report that there is not."""


def write_outputs(
    run_folder: Path,
    formats: Sequence[str] = FORMATS,
    *,
    into: Path | None = None,
    signer: str | None = None,
    problems: Sequence[Problem] | None = None,
    read: Run | None = None,
) -> list[Path]:
    """Write the forms named in ``formats`` and return their files, in the order named (Allure: its folder).

    ``into`` is a folder (made if need be) instead of the run's own. ``signer`` is the fingerprint of the key that will
    sign (None: that of the signature lying there, if any). ``problems`` are what verifying the folder has just found
    (None: verified here), ``read`` is the run as just read from it (None: read here; a whole run takes 25 MB). Raises
    ReadError if the folder is no run, SignatureError if an output that was signed would be replaced by another,
    ReportError if a form can't be made or written.
    """
    for name in formats:
        if name not in _MAKERS:
            raise UnknownFormatError(f"{name!r} is no form of the report; there are: {', '.join(FORMATS)}")
    content = build_content(load_run(run_folder) if read is None else read, signer, problems)
    made = make_outputs(content, formats)
    target = run_folder if into is None else into
    if into is None:
        _keep_signed(run_folder, made)
    for name, data in made.items():
        _make_folder((target / name).parent)
        replace_file(target / name, data)
    if "allure" in formats:
        _remove_older(target, set(made))
    return [target / _PLACES[name] for name in formats]


def make_outputs(content: Content, formats: Sequence[str] = FORMATS) -> dict[str, bytes]:
    """The files of these forms by their names relative to the run's folder."""
    return {name: data for one in formats for name, data in _MAKERS[one](content).items()}


def check_outputs(run_folder: Path, problems: Sequence[Problem] | None = None) -> list[Problem]:
    """Make the outputs that lie in the folder again and compare; for a record whose signature does not cover them.

    What differs was changed, or made by another version. An output that is not there is no problem.
    """
    present = outputs_present(run_folder)
    if not present:
        return []
    formats = [name for name in FORMATS if any(_belongs(file, name) for file in present)]
    expected = make_outputs(build_content(load_run(run_folder), None, problems), formats)
    found = []
    for name in sorted({*present, *expected}):
        text = _difference(run_folder / name, name in present, expected.get(name))
        if text:
            found.append(Problem(name, None, text))
    return found


def _difference(file: Path, present: bool, expected: bytes | None) -> str:
    if expected is None:
        return "is not among what this version makes of the record; it was put in, or made by another version"
    if not present:
        return "is missing among the files that it belongs to; make them again: tamperbench report RUN"
    if file.read_bytes() == expected:
        return ""
    return (
        "is not what this version makes of the record: it was changed, or made by another version, or volatile.json, "
        "which it quotes, was. The record itself fits; make it again: tamperbench report RUN"
    )


def _belongs(file: str, form: str) -> bool:
    place = _PLACES[form]
    return file == place or file.startswith(f"{place}/")


def _keep_signed(run_folder: Path, made: Mapping[str, bytes]) -> None:
    """Refuse to put another file in the place of one that was signed, or beside those that were."""
    report, others = signed_report_digest(run_folder), signed_output_digests(run_folder)
    if report is None or others is None:
        return
    signed = {REPORT_FILE: report, **others}
    for name, data in made.items():
        if signed.get(name) != sha256_hex(data):
            raise SignatureError(
                f"{run_folder / name}: this version does not make the file that was signed, so the signature would no "
                "longer fit; write it elsewhere with --out"
            )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportWriteError(f"{folder}: can't be made: {error.strerror}; choose another folder") from error


def _remove_older(target: Path, made: set[str]) -> None:
    """Results of an earlier making have other names, and Allure would show both."""
    for file in (target / ALLURE_FOLDER).iterdir():
        name = f"{ALLURE_FOLDER}/{file.name}"
        if name not in made and is_output(name) and file.is_file():
            file.unlink()
