"""Checks of settings that are each valid alone (config.py refuses others), and of the servers that they name."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

from flask import current_app

from portal.core.lazy_text import N_
from portal.services.readiness.fault import Fault

PACE_OF_IYS = 10  # Calls a second; who calls faster is shut out.
A_DAY = 24 * 60 * 60  # Seconds.
ANSWERS_WITHIN = 2.0  # Seconds.
PORTS = {"smtp": 587, "smtps": 465, "http": 80, "https": 443}
OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def check_hosts() -> Fault | None:
    config = current_app.config
    if not config["HOSTS"]:
        return Fault(N_("HOSTS boş; kimseye cevap verilmiyor."), N_("HOSTS, LINK_BASE ve PROXY_HOPS ayarlarını verin."))
    if both := config["HOSTS"] & config["SHORT_HOSTS"]:
        return Fault(
            N_("%(host)s hem HOSTS hem SHORT_HOSTS içinde; orada yalnızca bağlantılar açılıyor."),
            N_("Kısa adres için ayrı bir alan adı kullanın."), {"host": min(both)},
        )  # fmt: skip
    return None


def check_links() -> Fault | None:
    link, config = urlsplit(current_app.config["LINK_BASE"]), current_app.config
    if link.hostname not in config["HOSTS"] | config["SHORT_HOSTS"]:
        return Fault(
            N_("LINK_BASE %(host)s adresini gösteriyor; orada bu portal cevap vermiyor."),
            N_("LINK_BASE, HOSTS ya da SHORT_HOSTS içindeki bir adresle başlasın."), {"host": link.hostname or "–"},
        )  # fmt: skip
    if link.scheme != "https" and not config["DEVELOPMENT"]:
        return Fault(N_("LINK_BASE http ile başlıyor; kararlar açıktan gider."), N_("LINK_BASE https:// ile başlasın."))
    return None


def check_development() -> Fault | None:
    public = sorted(each for each in current_app.config["HOSTS"] if each not in OF_THIS_MACHINE)
    if not (public and current_app.config["DEVELOPMENT"]):
        return None
    return Fault(
        N_("DEVELOPMENT=1, ama %(host)s bu makine değil; çerezler şifresiz gidebilir."),
        N_("DEVELOPMENT ayarını kaldırın."), {"host": public[0]},
    )  # fmt: skip


def check_pace() -> Fault | None:
    config = current_app.config
    if config["DEVELOPMENT"] or 0 < config["IYS_REQUESTS_PER_SECOND"] <= PACE_OF_IYS:
        return None
    return Fault(
        N_("IYS_REQUESTS_PER_SECOND %(pace)s (0: sınırsız); İYS saniyede 10 isteğe izin verir, aşanı kapatır."),
        N_("8 yapın ya da ayarı kaldırın."), {"pace": config["IYS_REQUESTS_PER_SECOND"]},
    )  # fmt: skip


def check_undo() -> Fault | None:
    for name in ("UNDO_SECONDS", "IMPORT_UNDO_SECONDS"):
        if current_app.config[name] > A_DAY:
            return Fault(
                N_("%(name)s bir günden uzun; onaylar İYS'ye geç kalır."), N_("Saniye olarak verin: 300 gibi."),
                {"name": name},
            )  # fmt: skip
    return None


def check_operator() -> Fault | None:
    config = current_app.config
    missing = [name for name in ("OPERATOR_TITLE", "OPERATOR_ADDRESS", "OPERATOR_NOTICE_URL") if not config[name]]
    if config["DEVELOPMENT"] or not missing:
        return None
    return Fault(
        N_("%(names)s boş; yetki belgesinde ya da kayıtta kimin adına olduğu yazmaz."),
        N_("İş ortağının unvanını, adresini ve aydınlatma metnini verin."), {"names": ", ".join(missing)},
    )  # fmt: skip


def check_mail() -> Fault | None:
    if current_app.config["SMTP_URL"] or current_app.config["DEVELOPMENT"]:
        return None
    return Fault(N_("SMTP_URL boş; kullanıcılara e-posta gitmiyor."), N_("SMTP_URL ve MAIL_FROM ayarlarını verin."))


def check_mail_server() -> Fault | None:
    return _check_server("SMTP_URL")


def check_sandbox() -> Fault | None:
    return _check_server("SANDBOX_URL")


def _check_server(name: str) -> Fault | None:
    """Whether anybody answers there."""
    if not (url := current_app.config[name]):
        return None
    server = urlsplit(url)
    address = server.hostname or "", server.port or PORTS[server.scheme]
    with suppress(OSError), socket.create_connection(address, timeout=ANSWERS_WITHIN):
        return None
    return Fault(
        N_("%(name)s ayarındaki sunucu cevap vermiyor (%(host)s:%(port)s)."),
        N_("Sunucuyu çalıştırın; adı, kapıyı ve güvenlik duvarını denetleyin."),
        {"name": name, "host": address[0], "port": address[1]},
    )  # fmt: skip
