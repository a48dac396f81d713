"""The large mail services, by the domains of their mailboxes.

Any other domain counts as OTHER: the domain of a small firm would nearly name its person, and addresses are encrypted.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum


class MailService(StrEnum):
    GMAIL = "gmail"
    MICROSOFT = "microsoft"
    YAHOO = "yahoo"
    YANDEX = "yandex"
    ICLOUD = "icloud"
    MYNET = "mynet"
    OTHER = "other"


_DOMAINS = {
    MailService.GMAIL: "gmail.com googlemail.com",
    MailService.MICROSOFT: "hotmail.com hotmail.com.tr outlook.com outlook.com.tr live.com windowslive.com msn.com",
    MailService.YAHOO: "yahoo.com yahoo.com.tr ymail.com rocketmail.com",
    MailService.YANDEX: (
        "yandex.com yandex.com.tr yandex.ru ya.ru yandex.az yandex.by yandex.co.il yandex.com.am yandex.com.ge "
        "yandex.ee yandex.fr yandex.kg yandex.kz yandex.lt yandex.lv yandex.md yandex.tj yandex.tm yandex.ua yandex.uz"
    ),
    MailService.ICLOUD: "icloud.com me.com mac.com",
    MailService.MYNET: "mynet.com",
}
# Of each of these services one account has its mailbox at all of the domains.
_SHARED = (
    *(_DOMAINS[service] for service in (MailService.GMAIL, MailService.YANDEX, MailService.ICLOUD)),
    "proton.me protonmail.com pm.me protonmail.ch",
)
_FIRST = {domain: domains.split()[0] for domains in _SHARED for domain in domains.split()}
# Signs that names of accounts leave out, or take for one.
_ALIKE: dict[str, Mapping[int, int | None]] = {
    "gmail.com": str.maketrans("", "", "."),
    "yandex.com": str.maketrans("-", "."),
    "proton.me": str.maketrans("", "", "._-"),
}
# Another one for other domains or signs: what is stored of recipients by find_account's answers is made anew; codes of
# before are counted by the former ones, for a day. Who changes find_account itself must change this, too.
RULE = hashlib.sha256(repr((_SHARED, _ALIKE)).encode()).hexdigest()[:7]
_SERVICES = {domain: service for service, domains in _DOMAINS.items() for domain in domains.split()}


def find_account(local: str, domain: str) -> tuple[str, str]:
    """The account of an address in lower case, by the first domain of its service and without what that ignores."""
    first = _FIRST.get(domain, domain)
    box = local.partition("+")[0] or local
    return box.translate(_ALIKE.get(first, {})) or box, first


def mail_service(domain: str) -> MailService:
    """The service of a domain in lower case."""
    return _SERVICES.get(domain, MailService.OTHER)
