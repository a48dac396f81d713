"""Check what a sender's domain publishes in DNS: SPF (RFC 7208), DKIM keys (RFC 6376), DMARC (RFC 7489), and where
bounces arrive. Large mail systems refuse bulk mail where one of the first three is missing (docs/mail-sending.md)."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from portal.core.addresses.problems import ExplainedProblem
from portal.core.dns_records import LookUp, NoAnswer
from portal.core.lazy_text import N_

MOST_LOOKUPS = 10  # Of one SPF record with all that it includes (RFC 7208, 4.6.4).
MOST_LABELS = 7  # Of a name above the domain that is asked for DMARC.
LEAST_RSA_BITS = 1024
SPF_TERM = re.compile(
    r"[-+?~]?(?:all|(?:include|exists):\S+|(?:a|mx|ptr)(?:[:/]\S+)?|ip[46]:[0-9a-f.:/]+)|[a-z][\w.-]*=\S*",
    re.IGNORECASE,
)
ASKS_DNS = re.compile(r"[-+?~]?(?:include|exists|a|mx|ptr)(?:[:/]|$)|redirect=", re.IGNORECASE)
OTHER_RECORD = re.compile(r"[-+?~]?(?:include:|redirect=)([^%\s]+)", re.IGNORECASE)


class DomainProblem(ExplainedProblem):
    """What is wrong with a record."""

    SPF_MISSING = (
        "spf_missing",
        N_("SPF kaydı yok: e-postaları kimin gönderebileceği yazmıyor."),
        N_("Bu ada TXT türünde v=spf1 ile başlayan bir kayıt ekleyin; sunucunuzu include ile yazıp -all ile bitirin."),
    )
    SPF_SEVERAL = (
        "spf_several",
        N_("Birden çok SPF kaydı var; bu durumda hiçbiri geçerli sayılmaz."),
        N_("Kayıtları tek bir v=spf1 kaydında birleştirin, ötekileri silin."),
    )
    SPF_SYNTAX = (
        "spf_syntax",
        N_("SPF kaydında geçersiz bir öge var."),
        N_("Ögeleri birer boşlukla ayırın; include:, ip4:, ip6:, a, mx ve all dışındakileri silin."),
    )
    SPF_OPEN = (
        "spf_open",
        N_("SPF kaydı herkesin bu ad ile e-posta göndermesine izin veriyor."),
        N_("+all yerine -all yazın."),
    )
    SPF_NEUTRAL = (
        "spf_neutral",
        N_("SPF kaydı, yetkisiz gönderenler için bir karar bildirmiyor."),
        N_("Kaydı -all ya da ~all ile bitirin."),
    )
    SPF_LOOKUPS = (
        "spf_lookups",
        N_("SPF kaydı 10'dan çok DNS sorgusu gerektiriyor; alıcılar kaydı geçersiz sayar."),
        N_("Kullanmadığınız include, a ve mx ögelerini silin ya da yerlerine ip4: ile adresleri yazın."),
    )
    SPF_INCLUDE = (
        "spf_include",
        N_("SPF kaydının gönderme yaptığı bir adda SPF kaydı yok ya da birden çok var."),
        N_("include: ve redirect= ile yazılan adları gönderim hizmetinizin belgesiyle karşılaştırın."),
    )
    DKIM_MISSING = (
        "dkim_missing",
        N_("İmzayı doğrulayacak DKIM anahtarı yayımlanmamış."),
        N_("Bu ada, verilen metinle TXT türünde bir kayıt ekleyin."),
    )
    DKIM_ALIAS = (
        "dkim_alias",
        N_("DKIM kaydı başka bir ada yönlendiriyor, orada ise anahtar yok."),
        N_("CNAME kaydının hedefini gönderim hizmetinizin belgesiyle karşılaştırın."),
    )
    DKIM_SEVERAL = (
        "dkim_several",
        N_("Bu adda birden çok DKIM kaydı var."),
        N_("Yalnız güncel anahtarın kaydını bırakın."),
    )
    DKIM_REVOKED = (
        "dkim_revoked",
        N_("DKIM anahtarı geri alınmış: p= boş."),
        N_("Güncel anahtarın kaydını yayımlayın."),
    )
    DKIM_OTHER_KEY = (
        "dkim_other_key",
        N_("Yayımlanan DKIM anahtarı bizim imzaladığımız anahtar değil."),
        N_("Kaydın metnini buradaki metinle değiştirin."),
    )
    DKIM_BROKEN = (
        "dkim_broken",
        N_("DKIM kaydı okunamıyor; çoğu kez metnin bir bölümü eksik kopyalanmıştır."),
        N_("Metni eksiksiz yapıştırın; 255 karakterden uzunsa panelinizin istediği gibi bölün."),
    )
    DKIM_WEAK = (
        "dkim_weak",
        N_("DKIM anahtarı 1024 bitten kısa; alıcılar onu saymaz."),
        N_("2048 bitlik bir anahtar yayımlayın."),
    )
    DKIM_TESTING = ("dkim_testing", N_("DKIM kaydı deneme kipinde: t=y."), N_("Denemeniz bittiyse t=y ögesini silin."))
    DMARC_MISSING = (
        "dmarc_missing",
        N_("DMARC kaydı yok."),
        N_("Bu ada TXT türünde bir kayıt ekleyin: v=DMARC1; p=none ile başlayıp sonra p=quarantine yapın."),
    )
    DMARC_SEVERAL = (
        "dmarc_several",
        N_("Birden çok DMARC kaydı var; bu durumda hiçbiri geçerli sayılmaz."),
        N_("Tek bir v=DMARC1 kaydı bırakın."),
    )
    DMARC_SYNTAX = (
        "dmarc_syntax",
        N_("DMARC kaydında p= ögesi yok ya da geçersiz."),
        N_("v=DMARC1 ögesinden hemen sonra p=none, p=quarantine ya da p=reject yazın."),
    )
    DMARC_NONE = (
        "dmarc_none",
        N_("DMARC kaydı yalnız izliyor: p=none. Adınızla gönderilen sahte e-postalar engellenmez."),
        N_("Raporlarda kendi e-postalarınız doğrulanıyorsa p=quarantine yapın."),
    )
    MX_MISSING = (
        "mx_missing",
        N_("Geri dönen e-postaları alan bir sunucu yok: bu adda MX kaydı bulunmuyor."),
        N_("Bu ada geri dönüşleri alan sunucuyu gösteren bir MX kaydı ekleyin."),
    )
    NO_ANSWER = (
        "no_answer",
        N_("Ad sunucusu yanıt vermedi; bu kayıt denetlenemedi."),
        N_("Birkaç dakika sonra yeniden deneyin; sürerse alan adınızın ad sunucularını denetleyin."),
    )


HINTS = (DomainProblem.SPF_NEUTRAL, DomainProblem.DKIM_TESTING, DomainProblem.DMARC_NONE, DomainProblem.NO_ANSWER)


@dataclass(frozen=True)
class DomainFinding:
    """One check: of which record (SPF, DKIM, DMARC, MX), under which DNS name, and what is wrong, if anything is."""

    record: str
    name: str
    problem: DomainProblem | None
    published: tuple[str, ...] = ()

    @property
    def is_fault(self) -> bool:
        """Whether mails may be refused for it; a hint otherwise."""
        return self.problem is not None and self.problem not in HINTS


def check_domain(
    domain: str, dkim_records: Mapping[str, str], look_up: LookUp, *, bounce_domain: str = ""
) -> list[DomainFinding]:
    """Check the domain of a sender's mailbox; up to some 25 DNS queries.

    `dkim_records`: by DNS name, the text that we expect, or "" where a relay signs with a key of its own. SPF counts
    for the envelope's sender, which is at `bounce_domain` where there is one.
    """
    findings = [_finding("SPF", bounce_domain or domain, look_up)]
    findings += [_finding("DKIM", name, look_up, expected) for name, expected in dkim_records.items()]
    findings.append(_finding("DMARC", domain, look_up))
    if bounce_domain:
        findings.append(_finding("MX", bounce_domain, look_up))
    return findings


def _finding(record: str, name: str, look_up: LookUp, expected: str = "") -> DomainFinding:
    try:
        if record == "SPF":
            texts = _spf_records(name, look_up)
            return DomainFinding(record, name, _spf_problem(texts, look_up), tuple(texts))
        if record == "DKIM":
            texts = look_up(name, "TXT")
            return DomainFinding(record, name, _dkim_problem(name, texts, expected, look_up), tuple(texts))
        if record == "DMARC":
            name, texts, is_own = _dmarc_records(name, look_up)
            return DomainFinding(record, name, _dmarc_problem(texts, is_own), tuple(texts))
        texts = look_up(name, "MX")
        return DomainFinding(record, name, None if texts else DomainProblem.MX_MISSING, tuple(texts))
    except NoAnswer:
        return DomainFinding(record, name, DomainProblem.NO_ANSWER)


def _spf_records(name: str, look_up: LookUp) -> list[str]:
    return [text for text in look_up(name, "TXT") if text.lower().split(" ")[0] == "v=spf1"]


def _spf_problem(texts: list[str], look_up: LookUp) -> DomainProblem | None:
    """The first problem of a record, or of those that it includes."""
    if len(texts) != 1:
        return DomainProblem.SPF_SEVERAL if texts else DomainProblem.SPF_MISSING
    lookups, waiting, problem = 0, list(texts), DomainProblem.SPF_SYNTAX
    while waiting:
        terms = waiting.pop().split()[1:]
        if not all(SPF_TERM.fullmatch(term) for term in terms):
            return problem
        if any(term.lower() in ("all", "+all") for term in terms):
            return DomainProblem.SPF_OPEN
        lookups += sum(1 for term in terms if ASKS_DNS.match(term))
        if lookups > MOST_LOOKUPS:
            return DomainProblem.SPF_LOOKUPS
        for other in (found[1] for term in terms if (found := OTHER_RECORD.match(term))):
            records = _spf_records(other, look_up)
            if len(records) != 1:
                return DomainProblem.SPF_INCLUDE
            waiting += records
        problem = DomainProblem.SPF_INCLUDE  # Whatever is wrong from here on stands elsewhere.
    ends = [term.lower() for term in texts[0].split()]
    is_settled = any(term in ("-all", "~all") or term.startswith("redirect=") for term in ends)
    return None if is_settled else DomainProblem.SPF_NEUTRAL


def _dkim_problem(name: str, texts: list[str], expected: str, look_up: LookUp) -> DomainProblem | None:
    if len(texts) != 1:
        if texts:
            return DomainProblem.DKIM_SEVERAL
        return DomainProblem.DKIM_ALIAS if look_up(name, "CNAME") else DomainProblem.DKIM_MISSING
    tags = _tags(texts[0])
    key = "".join(tags.get("p", "-").split())
    if not key:
        return DomainProblem.DKIM_REVOKED
    if problem := _key_problem(key, tags.get("k", "rsa")):
        return problem
    if expected and key != _tags(expected)["p"]:
        return DomainProblem.DKIM_OTHER_KEY
    return DomainProblem.DKIM_TESTING if "y" in tags.get("t", "").split(":") else None


def _key_problem(key: str, kind: str) -> DomainProblem | None:
    try:
        raw = base64.b64decode(key, validate=True)
        if kind == "ed25519":
            return None if len(raw) == 32 else DomainProblem.DKIM_BROKEN
        public = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return DomainProblem.DKIM_BROKEN
    is_weak = isinstance(public, RSAPublicKey) and public.key_size < LEAST_RSA_BITS
    return DomainProblem.DKIM_WEAK if is_weak else None


def _dmarc_records(domain: str, look_up: LookUp) -> tuple[str, list[str], bool]:
    """The records that count, their name, and whether it is the domain's own: the nearest name above that has any."""
    for name in _parents(domain):
        texts = [
            text for text in look_up(f"_dmarc.{name}", "TXT") if text.upper().replace(" ", "").startswith("V=DMARC1")
        ]
        if texts:
            return f"_dmarc.{name}", texts, name == domain
    return f"_dmarc.{domain}", [], True


def _parents(domain: str) -> Iterator[str]:
    """A domain and those above it, without the top level."""
    labels = domain.split(".")
    yield domain
    yield from (".".join(labels[start:]) for start in range(max(1, len(labels) - MOST_LABELS), len(labels) - 1))


def _dmarc_problem(texts: list[str], is_own: bool) -> DomainProblem | None:
    if len(texts) != 1:
        return DomainProblem.DMARC_SEVERAL if texts else DomainProblem.DMARC_MISSING
    tags = _tags(texts[0])
    policy = tags.get("p", "").lower()
    if not is_own:
        policy = tags.get("sp", policy).lower()
    if policy not in ("none", "quarantine", "reject"):
        return DomainProblem.DMARC_SYNTAX
    return DomainProblem.DMARC_NONE if policy == "none" else None


def _tags(text: str) -> dict[str, str]:
    """tag=value pairs, as DKIM and DMARC write them."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
