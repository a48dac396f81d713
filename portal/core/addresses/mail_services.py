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
_SERVICES = {domain: service for service, domains in _DOMAINS.items() for domain in domains.split()}


def mail_service(domain: str) -> MailService:
    """The service of a domain in lower case."""
    return _SERVICES.get(domain, MailService.OTHER)
