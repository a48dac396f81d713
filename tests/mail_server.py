"""A real SMTP server that answers as a test tells it, and remembers what it took."""

import asyncio
import logging
import ssl
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.core import clock

logging.getLogger("mail.log").propagate = False  # The server's own log is not ours.


class MailServer:
    """Handler of aiosmtpd. `answers` are by command, or by recipient; to DATA, "DROP" hangs up and "SILENT" waits."""

    def __init__(self):
        self.taken, self.answers, self.options = [], {}, []
        self.password = "secret"

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        self.options += options
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer := self.answers.get("RCPT") or self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        self.options += options
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answers.get("DATA") == "DROP":
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
            server.transport.close()
        elif self.answers.get("DATA") == "SILENT":
            await asyncio.sleep(3600)
        elif "DATA" in self.answers:
            return self.answers["DATA"]
        else:
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, credentials):
        is_right = credentials.password == self.password.encode()
        return AuthResult(success=is_right, handled=(is_right and None) or False)


class Listening(Controller):
    """On a port that the system chooses."""

    def __init__(self, server: MailServer, **options):
        super().__init__(server, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        """The library greets its own server here, and must know where it listens."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def certificate(folder: Path, host: str = "127.0.0.1", *more: str) -> ssl.SSLContext:
    """A server's TLS context with a certificate for hosts that it issued itself, kept as both.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    is_address = host.replace(".", "").isdigit()
    named = x509.IPAddress(IPv4Address(host)) if is_address else x509.DNSName(host)
    day = timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.add_extension(x509.SubjectAlternativeName([named, *map(x509.DNSName, more)]), critical=False)
    made = made.not_valid_before(clock.now() - day).not_valid_after(clock.now() + day).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(private + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context
