"""The laboratory's signature over a finished record and its outputs: who answers for them.

The hash chains show that nothing was changed since the record was joined; only a signature shows who joined it. It is
ECDSA on P-256 with SHA-256 over the record's digest, the SHA-256 of ``report.html`` and of every other output in the
folder (PDF, JUnit, values, ...): what people and programs read and what no chain covers. It is deterministic (RFC
6979), so the same record, outputs and key give the same bytes. The private key is a PEM file that nobody but its owner
can read; it never gets into a record.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from harness.evidence.canonical import sha256_hex
from harness.evidence.errors import ReadError, SignatureError
from harness.evidence.output_files import REPORT_FILE, outputs_present
from harness.evidence.reader import SUMMARY_FILE, read_json
from harness.evidence.verify import SIGNATURE_FILE, Problem

ALGORITHM = "ECDSA P-256, SHA-256, r and s of 32 octets each"
CONTEXT = "tamperbench record and outputs/2\n"
"""Put before the digests, so that a signature made for anything else can't be taken for one of a record."""

NO_REPORT = "none"
"""In the place of the report's digest: the record was signed without a report, so none may pass for signed."""

PrivateKey = ec.EllipticCurvePrivateKey
"""The laboratory's key as it is handed round."""

_COORDINATE_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_key(path: Path) -> Path:
    """Make a private key at ``path`` (mode 600, never over an existing file); returns the public key's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = path.with_name(f"{path.name}.pub")
    if public.exists():
        raise SignatureError(f"{public}: is there already; a key is never overwritten: choose another name")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SignatureError(f"{path}: the key can't be made there: {error.strerror}; choose another name") from error
    with os.fdopen(handle, "wb") as stream:
        stream.write(private)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def load_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The laboratory's key; raises SignatureError if it is none, or if others than its owner may read it."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise SignatureError(
            f"{path}: the key can't be read: {error.strerror}; make one: tamperbench key FILE"
        ) from error
    if mode & _OTHERS:
        raise SignatureError(f"{path}: others than its owner may read this key (mode {mode & 0o777:o}); chmod 600 it")
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise SignatureError(f"{path}: is no unencrypted PEM private key; make one: tamperbench key FILE") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SignatureError(f"{path}: is a key of another kind; expected ECDSA on P-256: tamperbench key FILE")
    return key


def load_public_key(path: Path) -> ec.EllipticCurvePublicKey:
    """A laboratory's public key in PEM; raises SignatureError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise SignatureError(f"{path}: the public key can't be read: {error.strerror}; check the path") from error
    except ValueError as error:
        raise SignatureError(f"{path}: is no PEM public key; ask the laboratory for its FILE.pub") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SignatureError(f"{path}: is a key of another kind; expected ECDSA on P-256")
    return key


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 (hex) of the key's uncompressed point: what two people compare over the telephone."""
    return sha256_hex(_point(key))


def sign_run(path: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    """Sign the finished record in ``path`` with the outputs that lie there; returns the signature's file."""
    digest, report, outputs = _record_digest(path), report_digest(path), other_digests(path)
    message = _signed(digest, report, outputs)
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))
    body = {
        "algorithm": ALGORITHM,
        "record_digest": digest,
        "report_sha256": report,
        "outputs_sha256": outputs,
        "public_key": _point(key.public_key()).hex(),
        "signature": r.to_bytes(_COORDINATE_BYTES, "big").hex() + s.to_bytes(_COORDINATE_BYTES, "big").hex(),
    }
    file = path / SIGNATURE_FILE
    try:
        file.write_text(json.dumps(body, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise SignatureError(f"{file}: can't be written: {error.strerror}; the record is whole, not signed") from error
    return file


def check_signature(path: Path, expected: ec.EllipticCurvePublicKey | None) -> tuple[str, list[Problem]]:
    """Who signed the record, in words, and what is wrong with that.

    Without ``expected`` a signature shows only that whoever holds the key named in it signed these bytes.
    """
    if not (path / SIGNATURE_FILE).is_file():
        missing = [Problem(SIGNATURE_FILE, None, "is missing: the record is not signed")] if expected else []
        return "not signed", missing
    try:
        body = read_json(path / SIGNATURE_FILE)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(body["public_key"]))
        raw = bytes.fromhex(body["signature"])
        r, s = int.from_bytes(raw[:_COORDINATE_BYTES], "big"), int.from_bytes(raw[_COORDINATE_BYTES:], "big")
        signed_report = str(body["report_sha256"])
        signed_outputs = {str(name): str(digest) for name, digest in body["outputs_sha256"].items()}
        form_fits = len(raw) == 2 * _COORDINATE_BYTES and body["algorithm"] == ALGORITHM
        message = _signed(_record_digest(path), signed_report, signed_outputs)
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except (AttributeError, KeyError, TypeError, ValueError, InvalidSignature, ReadError, SignatureError):
        form_fits = False
    if not form_fits:
        return "signature does not fit", [Problem(SIGNATURE_FILE, None, "does not fit the record; one was changed")]
    if signed_report != report_digest(path):
        return "signature does not fit the report", [Problem(REPORT_FILE, None, _report_text(path, signed_report))]
    changed = _changed_outputs(path, signed_outputs)
    if changed:
        return "signature does not fit the outputs", changed
    if expected is not None and _point(expected) != _point(key):
        text = f"is by key {fingerprint(key)[:16]}, not by the key you gave, {fingerprint(expected)[:16]}"
        return "signed by another key", [Problem(SIGNATURE_FILE, None, text)]
    known = "the key you gave" if expected is not None else "a key you have not named (--public-key FILE)"
    return f"signed by {known}, fingerprint {fingerprint(key)[:16]}", []


def report_digest(path: Path) -> str:
    """SHA-256 (hex) of the report in the run's folder; NO_REPORT if there is none."""
    file = path / REPORT_FILE
    try:
        return sha256_hex(file.read_bytes()) if file.exists() else NO_REPORT
    except OSError as error:
        raise SignatureError(f"{file}: the report can't be read: {error.strerror}; check who may read it") from error


def other_digests(path: Path) -> dict[str, str]:
    """SHA-256 (hex) of every output in the run's folder but the report, by its name."""
    try:
        return {name: sha256_hex((path / name).read_bytes()) for name in outputs_present(path) if name != REPORT_FILE}
    except OSError as error:
        raise SignatureError(
            f"{error.filename}: the output can't be read: {error.strerror}; check who may read it"
        ) from error


def signed_output_digests(path: Path) -> dict[str, str] | None:
    """The digests of the outputs but the report that the signature in the folder names; None without a signature."""
    if not (path / SIGNATURE_FILE).is_file():
        return None
    named = read_json(path / SIGNATURE_FILE).get("outputs_sha256")
    return {str(name): str(digest) for name, digest in named.items()} if isinstance(named, dict) else {}


def signer_of(path: Path) -> str:
    """Fingerprint of the key that the signature in the run's folder names, unchecked; empty without a signature."""
    if not (path / SIGNATURE_FILE).is_file():
        return ""
    try:
        return sha256_hex(bytes.fromhex(str(read_json(path / SIGNATURE_FILE).get("public_key", ""))))
    except ValueError as error:
        raise SignatureError(f"{path / SIGNATURE_FILE}: names no public key; the file was changed") from error


def signed_report_digest(path: Path) -> str | None:
    """The digest of the report that the signature in the run's folder names; None if there is no signature."""
    if not (path / SIGNATURE_FILE).is_file():
        return None
    return str(read_json(path / SIGNATURE_FILE).get("report_sha256", NO_REPORT))


def _report_text(path: Path, signed: str) -> str:
    if not (path / REPORT_FILE).exists():
        return "is missing; the signature names one: make it again with tamperbench report RUN"
    if signed == NO_REPORT:
        return "was put in after the record was signed without a report"
    return "is not the report that was signed; it was changed or made again otherwise"


def _changed_outputs(path: Path, signed: dict[str, str]) -> list[Problem]:
    present = other_digests(path)
    texts = dict.fromkeys(present.keys() - signed.keys(), "was put in after the record was signed")
    texts |= dict.fromkeys(signed.keys() - present.keys(), "is missing; the signature names it")
    for name in present.keys() & signed.keys():
        if present[name] != signed[name]:
            texts[name] = "is not the one that was signed; it was changed or made again otherwise"
    return [Problem(name, None, texts[name]) for name in sorted(texts)]


def _record_digest(path: Path) -> str:
    digest = read_json(path / SUMMARY_FILE).get("record_digest")
    if not isinstance(digest, str):
        raise SignatureError(f"{path / SUMMARY_FILE}: names no record digest; the run was not finished")
    return digest


def _signed(record_digest: str, report: str, outputs: dict[str, str]) -> bytes:
    others = "".join(f"{outputs[name]} {name}\n" for name in sorted(outputs))
    return f"{CONTEXT}{record_digest}\n{report}\n{others}".encode()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
