"""Two machines that share no file and only meet in PostgreSQL (through PgBouncer) and Valkey, behind nginx with TLS, by
the files of deploy/. A machine is an address of this one with folders of its own."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import urllib3

from tests.mail_server import certificate
from tests.postgres import running_postgres
from tests.processes import ROOT, Program

DEPLOY = ROOT / "deploy"
MAIN, SHORT = "izin.example.com", "izn.example"
ADDRESSES = ("127.0.0.2", "127.0.0.3")
NEEDED = ("psql", "pgbouncer", "nginx", "valkey-server")
MISSING = [name for name in NEEDED if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
PATIENCE = 300.0  # Seconds, on the busiest machine.


@dataclass(frozen=True)
class Database:
    """A server with the two roles of deploy/postgresql/roles.sql, migrated by the owner."""

    folder: str  # Of its socket.

    def url(self, role: str) -> str:
        return f"postgresql://{role}@/izinlink?host={self.folder}"

    def make(self, secrets: dict[str, str]) -> None:
        """Its roles, and its tables as the owner."""
        passwords = ["-v", "database=izinlink", "-v", "owner_password=o'wner", "-v", "app_password=a'pp"]
        psql = ["psql", "--quiet", "--host", self.folder, "--username", "postgres", *passwords]
        for _again in range(2):
            subprocess.run([*psql, "--file", DEPLOY / "postgresql" / "roles.sql"], check=True)
        environ = os.environ | secrets | {"DATABASE_URL": self.url("izinlink_owner")}
        upgrade = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        subprocess.run(upgrade, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def migrated_database(secrets: dict[str, str]) -> Iterator[Database]:
    with running_postgres() as superuser:
        database = Database(parse_qs(urlsplit(superuser).query)["host"][0])
        database.make(secrets)
        yield database


def wait_until(is_so, what: str) -> float:
    """Seconds that it took."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() < begun + PATIENCE, f"waited too long for {what}"
        time.sleep(0.05)
    return time.monotonic() - begun


@contextlib.contextmanager
def running(command: list, folder: Path, **options) -> Iterator[subprocess.Popen]:
    """A server that ends with the test."""
    with (folder / "servers.log").open("ab") as log:
        process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, stdin=subprocess.DEVNULL, **options)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def pgbouncer(database: Database, port: int, folder: Path) -> Iterator[str]:
    """The URL of deploy's pooler in front of the database."""
    given, own = (DEPLOY / "postgresql" / "pgbouncer.ini").read_text(), Path(database.folder)  # It refuses to be root.
    (own / "userlist.txt").write_text('"izinlink" ""\n')
    wanted = {
        "host=db.internal port=5432": f"host={database.folder} user=izinlink",
        "listen_port = 6432": f"listen_port = {port}\nunix_socket_dir =",
        "auth_type = scram-sha-256": "auth_type = trust",
        "/etc/pgbouncer/userlist.txt": str(own / "userlist.txt"),
        "server_tls_sslmode = verify-full": "server_tls_sslmode = disable",
        "server_tls_ca_file = /etc/pgbouncer/db-ca.pem": "",
        "default_pool_size = 20": "default_pool_size = 12",
    }
    (own / "pgbouncer.ini").write_text(replaced(given, wanted))
    nobody = {"user": pwd.getpwnam("nobody").pw_uid} if os.geteuid() == 0 else {}
    url = f"postgresql://izinlink@127.0.0.1:{port}/izinlink"
    with running(["/usr/sbin/pgbouncer", own / "pgbouncer.ini"], folder, **nobody):
        wait_until(lambda: answers(url), "PgBouncer")
        yield url


def answers(url: str) -> bool:
    with contextlib.suppress(psycopg.Error), psycopg.connect(url, connect_timeout=5):
        return True
    return False


@contextlib.contextmanager
def valkey(port: int, folder: Path) -> Iterator[subprocess.Popen]:
    """It keeps nothing, as in deploy/compose."""
    command = ["valkey-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with running(command, folder) as process:
        yield process


@contextlib.contextmanager
def nginx(webs: list[str], port: int, redirect_port: int, folder: Path) -> Iterator[urllib3.HTTPSConnectionPool]:
    """A client of deploy's nginx in front of these web processes, at the short host."""
    certificate(folder, SHORT)
    wanted = {
        "listen 80 ": f"listen 127.0.0.1:{redirect_port} ",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/izinlink/tls/fullchain.pem": str(folder / "both.pem"),
        "/etc/izinlink/tls/key.pem": str(folder / "both.pem"),
        "/var/log/nginx": str(folder),
        "/run/izinlink-uploads": str(folder / "uploads"),
    }
    (folder / "izinlink.conf").write_text(replaced((DEPLOY / "nginx" / "izinlink.conf").read_text(), wanted))
    servers = "\n".join(f"server {each};" for each in webs)
    upstream = (DEPLOY / "nginx" / "upstream.conf").read_text()
    (folder / "upstream.conf").write_text(replaced(upstream, {"server 127.0.0.1:8000;": servers}))
    user = "user root;" if os.geteuid() == 0 else ""
    others = "".join(f"{each}_temp_path {folder}/{each};" for each in ("proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"{user} pid {folder}/nginx.pid; daemon off; events {{}}\n"
        f"http {{ {others} include {folder}/upstream.conf; include {folder}/izinlink.conf; }}\n"
    )
    with running(["/usr/sbin/nginx", "-c", folder / "nginx.conf", "-e", folder / "nginx-start.log"], folder) as process:
        client = urllib3.HTTPSConnectionPool(
            "127.0.0.1", port, server_hostname=SHORT, assert_hostname=SHORT, ca_certs=str(folder / "both.pem"),
            headers={"Host": SHORT}, retries=False, timeout=PATIENCE,
        )  # fmt: skip
        try:
            yield client
        finally:
            process.terminate()
            process.wait()


def replaced(text: str, wanted: dict[str, str]) -> str:
    """Every one of them must be there, or the file was changed without this."""
    for old, new in wanted.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class Machine:
    """One of the two: its programs know no folder of the other."""

    def __init__(self, address: str, port: int, environ: dict[str, str], folder: Path):
        self.folder = folder / address
        (self.folder / "tmp").mkdir(parents=True)
        own = {"INSTANCE": str(self.folder / "instance"), "TMPDIR": str(self.folder / "tmp")}
        self.web_address, self.environ = f"{address}:{port}", environ | own
        unit = (DEPLOY / "systemd" / "izinlink-web.service").read_text()
        options = unit.split("gunicorn --bind 127.0.0.1:8000 ")[1].split("\n")[0].split()
        self.web = self.program("web", ["-m", "gunicorn", "--bind", self.web_address, *options])
        self.worker = self.program("worker", ["-m", "flask", "--app", "wsgi", "jobs", "work"])
        self.forwarder = self.program("forwarder", ["-m", "flask", "--app", "wsgi", "iys", "forward"])

    def program(self, name: str, words: list[str]) -> Program:
        return Program([sys.executable, *words], self.environ, self.folder / f"{name}.log")

    def log(self) -> str:
        return "".join(each.read_text() for each in self.folder.glob("*.log"))

    def kill(self) -> None:
        for program in (self.web, self.worker, self.forwarder):
            program.kill()
