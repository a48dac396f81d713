"""The vendors that a provider can choose from: what to ask for, and what each lets us promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from portal.core.addresses import AddressKind
from portal.core.lazy_text import N_
from portal.services.messaging.gateways.iletimerkezi import IletiMerkezi
from portal.services.messaging.gateways.netgsm import Netgsm
from portal.services.messaging.gateways.protocol import Gateway
from portal.services.messaging.gateways.vendor_gateway import VendorGateway
from portal.services.messaging.gateways.verimor import Verimor


@dataclass(frozen=True)
class CredentialField:
    """A field of a vendor's credentials. `label` and `hint` are msgids; `default` may be left as it is."""

    name: str
    label: str
    is_secret: bool = False
    hint: str = ""
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # Values and their msgids.
    is_optional: bool = False
    is_long: bool = False


@dataclass(frozen=True)
class Vendor:
    """A vendor. `promise` says what becomes of a message whose acceptance was not heard of, `setup` what the vendor's
    panel needs; both are msgids."""

    name: str
    title: str
    fields: tuple[CredentialField, ...]
    promise: str
    setup: str
    carries: ClassVar[AddressKind] = AddressKind.PHONE

    def fields_for(self, _values: Mapping[str, str]) -> tuple[CredentialField, ...]:
        """The fields to ask for, where these values are given."""
        return self.fields

    def destination(self, values: Mapping[str, str]) -> object:
        """Where these values send the secrets among them, to compare: stored secrets go nowhere else."""
        return [values.get(each.name, "") for each in self.fields_for(values) if not each.is_secret]

    def inbox_identity(self, values: Mapping[str, str]) -> str:
        """Whose inbox we read with these values, to compare; empty for none."""
        return ""

    def needs_test(self, _before: Mapping[str, str], _values: Mapping[str, str]) -> bool:
        """Whether only a test message can tell that these values are as good as those of before."""
        return False

    def completed(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values with what we make ourselves."""
        return dict(values)

    def with_former(self, _stored: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
        """The values with those stored before by which something may still come."""
        return dict(values)

    def open(
        self, values: Mapping[str, str], *, base_url: str = "", header: str = "", is_trusted: bool = False,
        token_keys: Sequence[bytes] = (), name: str = "localhost",
    ) -> Gateway:  # fmt: skip
        """A gateway with these credentials; empty values become defaults. `is_trusted` as of http_call.call();
        `token_keys` and `name` (ours) as of SmtpGateway."""
        raise NotImplementedError


@dataclass(frozen=True)
class KnownVendor(Vendor):
    """One with an adapter of its own."""

    gateway: type[VendorGateway]

    def inbox_identity(self, values: Mapping[str, str]) -> str:
        return values.get(self.fields[0].name, "")  # The login. Another secret may be of the same account.

    def open(
        self, values: Mapping[str, str], *, base_url: str = "", header: str = "", is_trusted: bool = False,
        token_keys: Sequence[bytes] = (), name: str = "localhost",
    ) -> VendorGateway:  # fmt: skip
        given = {each.name: values.get(each.name) or each.default for each in self.fields}
        return self.gateway(given, base_url=base_url, header=header, is_trusted=is_trusted)


PASSWORD = CredentialField("password", N_("API şifresi"), is_secret=True)
VENDORS = {
    vendor.name: vendor
    for vendor in (
        KnownVendor(
            "verimor",
            "Verimor",
            (
                CredentialField("username", N_("Abone numarası"), hint=N_("Başında 90 ile, 908501234567 gibi.")),
                PASSWORD,
            ),
            N_("Yanıtı alınamayan gönderim Verimor'a sorulur; aynı metin aynı numaraya 24 saat içinde iki kez gitmez."),
            N_("Panelde API erişimini açın; bu siteyi işletenden isteyeceğiniz IP adresini izinli adreslere ekleyin."),
            Verimor,
        ),
        KnownVendor(
            "netgsm",
            "NetGSM",
            (
                CredentialField("username", N_("API kullanıcısı")),
                PASSWORD,
                CredentialField(
                    "inbox_date_format",
                    N_("Gelen SMS sorgusunun tarih biçimi"),
                    hint=N_("NetGSM başka bir biçim bildirmediyse değiştirmeyin."),
                    default="%d%m%Y%H%M%S",
                ),
            ),
            N_(
                "Yanıtı alınamayan gönderim saatine ve numaralarına göre aranır; belli olmazsa karar size bırakılır. "
                "Seyrek de olsa bir mesaj iki kez gidebilir."
            ),
            N_(
                "Panelde API yetkili bir alt kullanıcı açın; IP kısıtı varsa bu siteyi işletenden isteyeceğiniz adresi "
                "ekleyin."
            ),
            Netgsm,
        ),
        KnownVendor(
            "iletimerkezi",
            "İleti Merkezi",
            (
                CredentialField("key", N_("API anahtarı")),
                CredentialField("hash", N_("API özeti (hash)"), is_secret=True, hint=N_("Panelden kopyalayın.")),
            ),
            N_(
                "Yanıtı alınamayan gönderim siparişlerde aranır; aynı metin aynı numaraya 10 dakika içinde iki kez "
                "gitmez."
            ),
            N_(
                "Panelde API erişimini açın ve ONAY, EVET, RET sözcüklerini RECORD_ONLY olarak tanımlayın: "
                "tanımsız bir sözcük yazan kişi kara listeye girer."
            ),
            IletiMerkezi,
        ),
    )
}
