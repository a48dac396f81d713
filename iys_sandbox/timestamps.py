"""An unsigned time stamp in the form of RFC 3161 over the digest of a file; it proves nothing."""

import hashlib
from datetime import UTC, datetime

SHA384 = bytes.fromhex("608648016503040202")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
POLICY = bytes.fromhex("2a0304")  # 1.2.3.4, as in everybody's examples.
INTEGER, OCTETS, NULL, OID, TIME, SEQUENCE, SET, EXPLICIT = 0x02, 0x04, 0x05, 0x06, 0x18, 0x30, 0x31, 0xA0


def timestamp_response(content: bytes, *, made_at: datetime) -> bytes:
    """A granted TimeStampResp whose token names the SHA-384 of `content`, the same for the same content and time."""
    digest = hashlib.sha384(content).digest()
    algorithm = _der(SEQUENCE, _der(OID, SHA384), _der(NULL))
    serial = _der(INTEGER, b"\x01" + digest[:8])
    time = _der(TIME, made_at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())
    imprint = _der(SEQUENCE, algorithm, _der(OCTETS, digest))
    info = _der(SEQUENCE, _der(INTEGER, b"\x01"), _der(OID, POLICY), imprint, serial, time)
    encapsulated = _der(SEQUENCE, _der(OID, TST_INFO), _der(EXPLICIT, _der(OCTETS, info)))
    signed = _der(SEQUENCE, _der(INTEGER, b"\x03"), _der(SET, algorithm), encapsulated, _der(SET))
    token = _der(SEQUENCE, _der(OID, SIGNED_DATA), _der(EXPLICIT, signed))
    granted = _der(SEQUENCE, _der(INTEGER, b"\x00"))
    return _der(SEQUENCE, granted, token)


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body
