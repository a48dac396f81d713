"""All vendors that a form offers: the known ones, one by its description, and a mail server."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from portal.core import former_words
from portal.core.addresses import AddressKind
from portal.core.lazy_text import N_
from portal.domain.notifications.gateways import DOMESTIC, GENERIC, ROUTE
from portal.services.messaging.gateways import description_checks, description_fields, dkim
from portal.services.messaging.gateways.generic_http import GenericHttpGateway
from portal.services.messaging.gateways.mail_message import split_mailbox
from portal.services.messaging.gateways.mailbox import PORT, Mailbox
from portal.services.messaging.gateways.smtp import SmtpGateway
from portal.services.messaging.gateways.vendors import VENDORS, CredentialField, Vendor

SECRET = "secret."  # Before the name of a value that only the description knows.
CALLBACK_URL = "callback_url"  # Among the values of an account that is opened: where its vendor is to report to.
SECRET_LABELS = {"username": N_("Kullanıcı adı"), "password": N_("Şifre"), "token": N_("API anahtarı")}
DKIM_KEY, SELECTOR = "dkim_key", "izinlink"
FORMER_DOMAINS = "former_bounce_domains"  # A line each.


@dataclass(frozen=True)
class DescribedVendor(Vendor):
    """Its description is one of the values."""

    def fields_for(self, values: Mapping[str, str]) -> tuple[CredentialField, ...]:
        names: list[str] = []
        with suppress(description_checks.BadDescription):
            description = description_checks.parse_description(values.get("description") or "")
            names = description_checks.secret_names(description)
        return self.fields + tuple(secret_field(name) for name in names)

    def destination(self, values: Mapping[str, str]) -> object:
        """The address and the call; how answers and pushes are read may change without the secrets."""
        with suppress(description_checks.BadDescription):
            description = description_checks.parse_description(values.get("description") or "")
            call = description["send"] | {"url": description_fields.whole_url(description)}
            return call, description.get("basic"), values.get(f"{SECRET}username")
        return None

    def needs_test(self, before: Mapping[str, str], values: Mapping[str, str]) -> bool:
        return _without_labels(before) != _without_labels(values)

    def open(
        self, values: Mapping[str, str], *, base_url: str = "", header: str = "", is_trusted: bool = False,
        token_keys: Sequence[bytes] = (), name: str = "localhost",
    ) -> GenericHttpGateway:  # fmt: skip
        secrets = {each.removeprefix(SECRET): text for each, text in values.items() if each.startswith(SECRET)}
        description = description_checks.parse_description(values["description"])
        url = values.get(CALLBACK_URL, "")
        return GenericHttpGateway(description, secrets, base_url=base_url, callback_url=url, is_trusted=is_trusted)


@dataclass(frozen=True)
class MailServer(Vendor):
    """An SMTP server. The key that signs is ours, and is made once."""

    carries: ClassVar[AddressKind] = AddressKind.EMAIL

    def fields_for(self, values: Mapping[str, str]) -> tuple[CredentialField, ...]:
        return self.fields + FEEDBACK_FIELDS.get(values.get("feedback", ""), ())

    def inbox_identity(self, values: Mapping[str, str]) -> str:
        host = values.get("imap_host", "").partition(":")[0].casefold()
        return f"{values.get('imap_username', '')} {host}" if values.get("feedback") == "imap" else ""

    def completed(self, values: Mapping[str, str]) -> dict[str, str]:
        """With a key that signs, unless it has one or signs itself."""
        needs_key = values.get("signs") == "portal" and DKIM_KEY not in values
        return {**values, **({DKIM_KEY: dkim.generate_rsa_key().decode()} if needs_key else {})}

    def with_former(self, stored: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
        """With the domains to which bounces and refusals by mail came until now."""
        former = former_words.with_former(stored.get(FORMER_DOMAINS, ""), stored.get("bounce_domain", ""))
        return {**values, FORMER_DOMAINS: former}

    def open(
        self, values: Mapping[str, str], *, base_url: str = "", header: str = "", is_trusted: bool = False,
        token_keys: Sequence[bytes] = (), name: str = "localhost",
    ) -> SmtpGateway:  # fmt: skip
        login = f"{quote(values['username'], '')}:{quote(values['password'], '')}@" if values.get("username") else ""
        port = f":{quote(values['port'], '')}" if values.get("port") else ""
        feedback = values.get("feedback", "post")
        return SmtpGateway(
            f"{values['security']}://{login}{quote(values['host'], '[]:')}{port}", token_keys,
            bounce_domain=values.get("bounce_domain", ""), keys=dkim_keys(values, header), name=name,
            is_trusted=is_trusted, feedback=feedback, topic=values.get("topic", ""),
            mailbox=_mailbox(values, is_trusted=is_trusted) if feedback == "imap" else None,
        )  # fmt: skip


def bounce_domains(values: Mapping[str, str]) -> set[str]:
    """To which a mail server's bounces and refusals by mail come, or came."""
    return {values.get("bounce_domain", ""), *values.get(FORMER_DOMAINS, "").splitlines()} - {""}


def secret_field(name: str) -> CredentialField:
    """The field of a {{secret.…}} of a description. A user name is shown."""
    return CredentialField(SECRET + name, SECRET_LABELS.get(name, name), is_secret=name != "username")


def _without_labels(values: Mapping[str, str]) -> dict[str, Any]:
    """The secrets and the description, without what changes no call and no answer."""
    parsed = {"name": None, "samples": None}
    with suppress(description_checks.BadDescription):
        parsed |= description_checks.parse_description(values.get("description") or "")
    secrets = {name: each for name, each in values.items() if name.startswith(SECRET)}
    return secrets | {name: each for name, each in parsed.items() if name not in ("name", "samples")}


def _mailbox(values: Mapping[str, str], *, is_trusted: bool) -> Mailbox:
    host, _, port = values["imap_host"].partition(":")
    port_number = int(port) if port.isdecimal() and len(port) < 6 else PORT
    return Mailbox(host, values["imap_username"], values["imap_password"], is_trusted=is_trusted, port=port_number)


def dkim_keys(values: Mapping[str, str], mailbox: str) -> list[dkim.DkimKey]:
    """The key that signs mails from this mailbox; none where the server signs."""
    pem = values.get(DKIM_KEY) if values.get("signs") == "portal" else None
    return [dkim.DkimKey(mailbox_domain(mailbox), SELECTOR, pem.encode())] if pem else []


def mailbox_domain(mailbox: str) -> str:
    return split_mailbox(mailbox)[1].rpartition("@")[2].lower()


DESCRIBED = DescribedVendor(
    GENERIC,
    N_("Başka bir SMS firması"),
    (
        CredentialField(
            "description",
            N_("Firmanın arayüzü (JSON)"),
            hint=N_("Firmanın API belgesindeki adres, alanlar ve hata sözcükleri; parola buraya yazılmaz."),
            is_long=True,
        ),
        CredentialField(
            ROUTE,
            N_("Türkiye'den mi gönderiyor?"),
            hint=N_("Yurt dışından gelen, bağlantılı SMS'ler Türkiye'de iletilmez; firmaya sorun."),
            choices=(("", N_("Belirtilmedi")), (DOMESTIC, N_("Evet")), ("abroad", N_("Hayır, yurt dışından"))),
            is_optional=True,
        ),
    ),
    N_("Yanıtı alınamayan gönderimi bu firmaya soramayız: yeniden gönderilip gönderilmeyeceğine siz karar verirsiniz."),
    N_("Firmanın panelinde API erişimini açın; IP kısıtı varsa bu siteyi işletenden isteyeceğiniz adresi ekleyin."),
)
SMTP = MailServer(
    "smtp",
    N_("E-posta sunucusu (SMTP)"),
    (
        CredentialField("host", N_("Sunucu"), hint=N_("smtp.firmaniz.com gibi.")),
        CredentialField(
            "security", N_("Bağlantı"), choices=(("smtps", N_("TLS (kapı 465)")), ("smtp", N_("STARTTLS (kapı 587)")))
        ),
        CredentialField("port", N_("Kapı"), hint=N_("Boşsa 465 ya da 587."), is_optional=True),
        CredentialField("username", N_("Kullanıcı adı")),
        CredentialField("password", N_("Şifre"), is_secret=True),
        CredentialField(
            "bounce_domain",
            N_("Geri dönen iletilerin alan adı"),
            hint=N_(
                "Ulaşmayan iletiler buraya döner: doğruladığınız bir alan adı ya da hemen altındaki bir ad, "
                "posta.firmaniz.com gibi. Boşsa gönderen kutusuna döner."
            ),
            is_optional=True,
        ),
        CredentialField(
            "feedback",
            N_("Geri dönenler, şikâyetler ve retler"),
            choices=(
                ("", N_("Okunmasın")),
                ("imap", N_("Posta kutusundan okunsun (IMAP)")),
                ("ses", N_("Amazon SES bildiriyor")),
                ("brevo", N_("Brevo bildiriyor")),
                ("post", N_("Sunucum bu portala aktarıyor")),
            ),
        ),
        CredentialField(
            "signs", N_("DKIM imzası"), choices=(("portal", N_("Biz imzalayalım")), ("relay", N_("Sunucum imzalıyor")))
        ),
    ),
    N_("Yanıtı alınamayan ileti aynı kimlikle yeniden gönderilir; çoğu posta kutusu ikincisini göstermez."),
    N_("Gönderen alan adında SPF, DKIM ve DMARC kayıtları olmalı; aşağıda denetleyebilirsiniz."),
)
# What to ask for on top, by how we hear what became of mails.
FEEDBACK_FIELDS = {
    "imap": (
        CredentialField(
            "imap_host",
            N_("IMAP sunucusu"),
            hint=N_(
                "TLS ile 993 numaralı kapıdan bağlanılır. Kutu yalnız okunur; hiçbir ileti değişmez ya da silinmez."
            ),
        ),
        CredentialField("imap_username", N_("Posta kutusu")),
        CredentialField("imap_password", N_("Kutunun şifresi"), is_secret=True),
    ),
    "ses": (
        CredentialField(
            "topic", N_("SNS konusunun ARN'si"), hint=N_("arn:aws:sns:… Yalnız bu konudan gelene inanılır.")
        ),
    ),
}
OFFERED: dict[str, Vendor] = {**VENDORS, DESCRIBED.name: DESCRIBED, SMTP.name: SMTP}
