"""The large mail services, by the domains of their mailboxes.

Any other domain counts as OTHER: the domain of a small firm would nearly name its person, and addresses are encrypted.
"""

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
    MailService.YANDEX: "yandex.com yandex.com.tr yandex.ru ya.ru",
    MailService.ICLOUD: "icloud.com me.com mac.com",
    MailService.MYNET: "mynet.com",
}
# Of each of these services one account has its mailbox at all of the domains.
_SHARED = (
    "gmail.com googlemail.com",
    "yandex.com yandex.com.tr yandex.ru ya.ru yandex.by yandex.kz yandex.ua",
    "icloud.com me.com mac.com",
    "proton.me protonmail.com pm.me",
)
_FIRST = {domain: domains.split()[0] for domains in _SHARED for domain in domains.split()}
_LOCAL = {  # How one account's name may be spelled.
    "gmail.com": lambda local: local.replace(".", ""),
    "yandex.com": lambda local: local.replace("-", "."),
}
_SERVICES = {domain: service for service, domains in _DOMAINS.items() for domain in domains.split()}


def find_account(local: str, domain: str) -> tuple[str, str]:
    """The account of an address in lower case, by the first domain of its service and without what that ignores."""
    first = _FIRST.get(domain, domain)
    box = local.partition("+")[0] or local
    return _LOCAL[first](box) if first in _LOCAL else box, first


def mail_service(domain: str) -> MailService:
    """The service of a domain in lower case."""
    return _SERVICES.get(domain, MailService.OTHER)
