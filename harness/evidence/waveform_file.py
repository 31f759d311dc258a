"""Waveforms as files beside a record: a zlib stream of the raw codes, followed by the stream's own SHA-256.

The record's chain holds the digest of the *codes*, since zlib's versions compress differently and the same run must
give the same record everywhere. The 32 bytes after the stream make any change of the file visible, also one that
zlib would overlook; plain zlib tools ignore them.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from pathlib import Path
from typing import cast

import numpy as np

from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import ReadError
from harness.evidence.model import WaveformEntry
from harness.measure.errors import MeasureError
from harness.measure.waveform import Waveform, WaveformUnit

WAVEFORMS_FOLDER = "waveforms"

_DIGEST_BYTES = 32
_FILE = re.compile(rf"{WAVEFORMS_FOLDER}/[0-9]+-[a-z0-9-]+\.zlib")


def write_waveform(folder: Path, number: int, name: str, waveform: Waveform) -> tuple[str, str]:
    """Write the codes under ``folder``; returns the file's name relative to it and the SHA-256 of the codes."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "waveform"
    file = f"{WAVEFORMS_FOLDER}/{number:03}-{slug}.zlib"
    (folder / WAVEFORMS_FOLDER).mkdir(exist_ok=True)
    codes = waveform.samples.tobytes()
    # Noise repeats nothing: Huffman coding alone is both smaller and 20 times faster than looking for repeats.
    packer = zlib.compressobj(strategy=zlib.Z_HUFFMAN_ONLY)
    stream = packer.compress(codes) + packer.flush()
    (folder / file).write_bytes(stream + hashlib.sha256(stream).digest())
    return file, sha256_hex(codes)


def read_waveform(folder: Path, entry: WaveformEntry) -> Waveform:
    """The waveform of ``entry``, kept under its attempt's ``folder``; ReadError if file and entry do not fit."""
    path = folder / entry.file
    if not _FILE.fullmatch(entry.file):  # a record from elsewhere must not lead a reader to other files
        raise ReadError(f"{path}: is no name of a waveform's file; expected {WAVEFORMS_FOLDER}/NNN-NAME.zlib")
    codes = _read_codes(path)
    if len(codes) != entry.samples or sha256_hex(codes) != entry.sha256:
        raise ReadError(f"{path}: the codes are not those that entry {entry.name!r} names; the file was changed")
    try:
        return Waveform(
            samples=np.frombuffer(codes, dtype=np.uint8),
            y_increment=entry.y_increment,
            y_origin=entry.y_origin,
            y_reference=entry.y_reference,
            x_increment_ns=entry.x_increment_ns,
            x_origin_ns=entry.x_origin_ns,
            channel_label=entry.channel_label,
            unit=cast(WaveformUnit, entry.unit),  # checked by the waveform itself
        )
    except MeasureError as error:
        raise ReadError(f"{path}: entry {entry.name!r} does not describe a waveform: {error}") from error


def _read_codes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(f"{path}: can't be read: {error.strerror}; the record names it, so it must be there") from error
    stream, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if hashlib.sha256(stream).digest() != digest:
        raise ReadError(f"{path}: its content does not have the digest at its end; the file was changed or cut")
    try:
        return zlib.decompress(stream)
    except zlib.error as error:
        raise ReadError(f"{path}: is no zlib stream: {error}") from error
