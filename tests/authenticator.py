"""A software WebAuthn authenticator: it answers a page's options as a browser would (Level 3, 6.1)."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, NEW_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """An authenticator with one key. `verifies`: the user was verified; `counts`: it counts signatures."""

    origin: str = "http://localhost"
    verifies: bool = True
    counts: bool = True
    count: int = 0
    name: bytes = b"a key of Ayse's telephone"
    key: object = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def makes(self, options: str) -> str:
        """The response to a registration."""
        asked = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        about = b"\0" * 16 + len(self.name).to_bytes(2, "big") + self.name + cose
        data = self._data(asked["rp"]["id"], NEW_KEY) + about
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"attestationObject": _text(statement)}, self._client("webauthn.create", asked))

    def shows(self, options: str) -> str:
        """The response to a sign-in."""
        asked = json.loads(options)
        self.count += self.counts
        data, client = self._data(asked["rpId"]), self._client("webauthn.get", asked)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer({"authenticatorData": _text(data), "signature": _text(signature)}, client)

    def _data(self, host: str, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, what: str, asked: dict) -> bytes:
        return json.dumps({"type": what, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def _answer(self, response: dict, client: bytes) -> str:
        response["clientDataJSON"] = _text(client)
        return json.dumps(
            {"id": _text(self.name), "rawId": _text(self.name), "type": "public-key", "response": response}
        )


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
