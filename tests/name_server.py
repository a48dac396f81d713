"""A local DNS server with the records that a test sets."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass
class NameServer:
    """Answers queries for TXT and A; unknown names get NXDOMAIN. Each query for an address gets the next one, the last
    of them again and again."""

    address: str
    texts: dict[str, list[str]] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    rcode: int | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if self.rcode is not None:
            answer.set_rcode(self.rcode)
        elif name in self.texts:
            for text in self.texts[name]:
                answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", f'"{text}"'))
        elif known := self.addresses.get(name):
            address = known.pop(0) if len(known) > 1 else known[0]
            answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", "A", address))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


@contextlib.contextmanager
def running_name_server():
    """Run the server for the duration of the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server_socket:
        server_socket.bind(("127.0.0.1", 0))
        server = NameServer(f"127.0.0.1:{server_socket.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(server_socket, server), daemon=True)
        thread.start()
        yield server
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", server_socket.getsockname())
        thread.join()


def _serve(server_socket: socket.socket, server: NameServer) -> None:
    while True:
        wire, whom = server_socket.recvfrom(4096)
        if not wire:
            return
        server_socket.sendto(server.answer(wire), whom)
