"""A decision and its state at İYS in people's words, for receipts: on their page, on paper, and where one is checked.
The dashboard has its own, shorter ones (labels)."""

from flask_babel import gettext as _

from portal.core.iys_protocol import Status
from portal.core.models import DecisionOrigin, Outcome
from portal.web.shared.labels import label

UNSETTLED = (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED)  # As one, like in a signed receipt.


def status_text(status: Status, *, is_annulled: bool, to_them: bool = True) -> str:
    """What was decided. `to_them` addresses the person who decided; without it, whoever is shown a receipt."""
    if is_annulled:
        return _("onay geri alındı")
    if status == Status.GRANTED:
        return _("onay verdiniz") if to_them else _("onay verildi")
    return _("reddettiniz") if to_them else _("reddedildi")


def origin_text(origin: DecisionOrigin) -> str:
    """How it was decided. What a provider calls a consent point is the brand's page to everybody else."""
    return _("Markanın izin sayfası, adres kodla doğrulanarak") if origin == DecisionOrigin.POINT else label(origin)


def disowned_text() -> str:
    """For the receipt of an address whose line was closed, or that somebody else said is theirs."""
    return _(
        "Bu adres artık başkasının olabilir. Belge, o günkü kararınızı kanıtlar; adresle ilgili sonraki hiçbir şeyi"
        " göstermez."
    )


def earlier_link_text() -> str:
    """For a receipt since the address changed hands, by a link from before."""
    return _(
        "Bu belge eski bir bağlantıyla alındı: başka kararları ve sonradan olanları göstermez. Bugünkü durumu"
        " İzinlerim'de görürsünüz."
    )


def merchant_text() -> str:
    """For an address with recipient type TACIR."""
    return _("iş adresi: tacir ya da esnaf")


def iys_state_text(outcome: Outcome | None, status: Status) -> str:
    """State of a decision at İYS, as a sentence. None: it is not sent to İYS."""
    is_refusal = status == Status.REFUSED
    sentence = {
        None: _("İYS'ye bildirilmez."),
        **dict.fromkeys(
            UNSETTLED,
            _("Ret kaydedildi ve geçerli; İYS'de bir onay varsa oraya da bildirilecek.")
            if is_refusal else _("Karar kaydedildi, İYS'ye bildirilecek."),
        ),
        Outcome.ACCEPTED: _("İYS'ye bildirildi, İYS kabul etti."),
        Outcome.VERIFIED: _("İYS'ye bildirildi, İYS kabul etti; kaydı İYS'de ayrıca gördük."),
        Outcome.NOT_NEEDED: _("İYS'de geri alınacak bir onay yok; ret burada kayıtlı ve geçerli.")
        if is_refusal else _("Bu onay İYS'de zaten kayıtlı."),
        Outcome.OVERTAKEN: _("İYS'de daha yeni bir karar var; geçerli olan odur."),
        Outcome.ANNULLED: _("İYS'ye bildirilmedi."),
        Outcome.EXPIRED: _("Ret geçerli; İYS'ye yeniden bildirilecek.")
        if is_refusal else _("Bu onay İYS'ye süresinde kaydedilemedi; bu onayla ileti gönderilmez."),
        Outcome.PARKED: _("Karar kaydedildi; İYS'ye bildirilmeden önce bir görevli inceleyecek."),
    }[outcome]  # fmt: skip
    waits = outcome in UNSETTLED or outcome == Outcome.PARKED
    not_yet = _("İYS kabul edene kadar bu onayla ileti gönderilmez.")
    return f"{sentence} {not_yet}" if waits and not is_refusal else sentence
