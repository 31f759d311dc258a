"""An entry as its line in the record, with the link of the chain that the line carries.

Nine entries in ten are traffic, and a run has tens of thousands of them, each written once and checked once: their
canonical JSON is put together here, field by field. Every other kind goes through :mod:`harness.evidence.canonical`,
which decides what is right: a test holds the two to each other.
"""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring

from harness.evidence.canonical import canonical_json
from harness.evidence.model import Body, Kind, Traffic, entry_json, next_link

_TRAFFIC = Kind.TRAFFIC.value


def entry_line(previous: str, n: int, at_ns: int, body: Body) -> tuple[str, bytes]:
    """The link of an entry that follows ``previous``, and its line without the line end; raises RecordError."""
    if type(body) is Traffic and type(at_ns) is int:
        try:
            return _traffic_line(previous, n, at_ns, body)
        except (ValueError, TypeError):
            return _line(previous, n, at_ns, body)  # says what is wrong with it
    return _line(previous, n, at_ns, body)


def _line(previous: str, n: int, at_ns: int, body: Body) -> tuple[str, bytes]:
    entry = entry_json(n, at_ns, body)
    link = next_link(previous, entry)
    return link, canonical_json({**entry, "chain": link})


def _traffic_line(previous: str, n: int, at_ns: int, body: Traffic) -> tuple[str, bytes]:
    rest = (
        f'"channel":{encode_basestring(body.channel)},"data":{encode_basestring(body.data)},'
        f'"direction":{encode_basestring(body.direction)},"encoding":{encode_basestring(body.encoding)},'
        f'"kind":"{_TRAFFIC}","n":{n}}}'
    ).encode()
    begin = b'{"at_ns":%d,' % at_ns
    link = hashlib.sha256(bytes.fromhex(previous) + begin + rest).hexdigest()
    return link, b'%s"chain":"%s",%s' % (begin, link.encode(), rest)
