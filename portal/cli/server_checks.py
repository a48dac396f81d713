"""Checks that call other servers as the programs do: for `flask doctor` alone, since many ask pages and probes."""

import smtplib
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
from flask import current_app

from portal.core.failure_causes import cause_of
from portal.core.lazy_text import N_
from portal.services.messaging.gateways import smtp_connection
from portal.services.messaging.gateways.smtp_connection import Disconnected
from portal.services.readiness import Fault

ANSWERS_WITHIN = 5.0  # Seconds.
PORTS = {"smtp": 587, "smtps": 465, "http": 80, "https": 443}
SANDBOX_CLOCK = "/clock"  # Of the sandbox alone, which shows it to whoever has SANDBOX_KEY.


def check_mail_server() -> Fault | None:
    """EHLO, TLS, login and NOOP, as before a mail."""
    config = current_app.config
    if not config["SMTP_URL"]:
        return None
    name = config["MAIL_FROM"].rpartition("@")[2]
    try:
        with smtp_connection.connect(config["SMTP_URL"], name, is_trusted=True) as server:
            code, _ = server.noop()
    except (Disconnected, smtplib.SMTPException, OSError) as failure:
        return _unreachable("SMTP_URL", cause_of(failure.__context__ or failure))
    return None if code == 250 else _unreachable("SMTP_URL", str(code))


def check_sandbox() -> Fault | None:
    """A request with the key, past the proxies of this machine, as the forwarder's."""
    config = current_app.config
    if not config["SANDBOX_URL"]:
        return None
    headers = {"Authorization": f"Bearer {config['SANDBOX_KEY']}"} if config["SANDBOX_KEY"] else {}
    try:
        with requests.Session() as session:
            session.trust_env = False
            url = config["SANDBOX_URL"] + SANDBOX_CLOCK
            answer = session.get(url, headers=headers, timeout=ANSWERS_WITHIN, allow_redirects=False)
    except requests.RequestException as failure:
        return _unreachable("SANDBOX_URL", cause_of(failure))
    if answer.status_code == 401:
        return Fault(N_("SANDBOX_KEY sandbox'ın anahtarı değil."), N_("İki tarafa aynı anahtarı verin."))
    return None if answer.status_code == 200 else _unreachable("SANDBOX_URL", str(answer.status_code))


def _unreachable(name: str, cause: str) -> Fault:
    server = urlsplit(current_app.config[name])
    return Fault(
        N_("%(name)s ayarındaki sunucu gerektiği gibi cevap vermiyor (%(host)s:%(port)s): %(cause)s."),
        N_("Sunucuyu çalıştırın; adı, kapıyı, sertifikayı, parolayı ve güvenlik duvarını denetleyin."),
        {"name": name, "host": server.hostname, "port": server.port or PORTS[server.scheme], "cause": cause},
    )


ALL: dict[str, Callable[[], Fault | None]] = {"mail_server": check_mail_server, "sandbox": check_sandbox}
