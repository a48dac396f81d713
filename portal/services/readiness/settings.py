"""Checks of settings that are each valid alone (config.py refuses others)."""

import shutil
from urllib.parse import urlsplit

from flask import current_app

from portal.core.lazy_text import N_
from portal.services.readiness.fault import Fault

PACE_OF_IYS = 10  # Calls a second; who calls faster is shut out.
A_DAY = 24 * 60 * 60  # Seconds.
FREE_SHARE, FREE_BYTES = 0.05, 10**9
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


def check_disk() -> Fault | None:
    """A disk that hangs is not asked."""
    for name in ("INSTANCE", "JOURNAL_DIR"):
        journal = current_app.extensions["journal"] if name == "JOURNAL_DIR" else None
        if not (folder := current_app.config[name]) or not folder.is_dir() or (journal and journal.is_paused):
            continue
        disk = shutil.disk_usage(folder)
        if disk.free < max(FREE_SHARE * disk.total, FREE_BYTES):
            return Fault(
                N_("%(name)s klasörünün diskinde %(megabytes)s MB yer kaldı."),
                N_("Yer açın ya da diski büyütün; dolu disk karar almaz."),
                {"name": name, "megabytes": disk.free // 10**6},
            )  # fmt: skip
    return None


def check_mail() -> Fault | None:
    if current_app.config["SMTP_URL"] or current_app.config["DEVELOPMENT"]:
        return None
    return Fault(N_("SMTP_URL boş; kullanıcılara e-posta gitmiyor."), N_("SMTP_URL ve MAIL_FROM ayarlarını verin."))
