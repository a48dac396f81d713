"""Text of the receipt PDF: the state of an act at a stated moment."""

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core.iys_protocol import RecipientType, Status
from portal.domain.receipts import contents, format_number
from portal.domain.receipts.contents import ReceiptContents
from portal.services.documents.receipt import ReceiptContent, Section
from portal.web.recipient.receipt_page import absolute_receipt_url, shown_text
from portal.web.shared import absolute_urls, decision_status
from portal.web.shared.labels import label

LANGUAGES = {"tr": "tr-TR", "en": "en"}
MERSIS, TCKN = 16, 11  # Digits.


def build_paper(session: Session, act: ReceiptContents, code: str, language: str) -> ReceiptContent:
    sections = [section for part in act.parts for section in _sections(part, act)]
    number, at = format_number(act.number), absolute_urls.absolute_url("verification.verify")
    return ReceiptContent(
        language=LANGUAGES[language],
        title=_("Ticari ileti izni belgesi"),
        under=_("Bu belge %(moment)s anındaki durumu gösterir.", moment=format_moment(act.as_of)),
        author="İzinlink",
        pairs=(
            (_("Belge no"), number),
            (_("Kayıt zamanı"), format_moment(act.decided_at)),
            (_("Adres"), act.address),
            (_("Nasıl karar verildi"), decision_status.origin_text(act.origin)),
        ),
        sections=(*_notices(act), *sections),
        address=absolute_receipt_url(session, act, code),
        beside=(
            _("Belgenin bugünkü durumunu görmek için karekodu telefonunuzla okutun."),
            _("Karekodu okutan, kararınızı değiştirme sayfasına da ulaşır: yalnız güvendiğiniz kişilere gösterin."),
            _("Bu numarayla gerçekten bir belge olup olmadığını herkes denetleyebilir: %(address)s", address=at),
        ),
        foot=f"İzinlink · {number}",
        page_of=_("Sayfa %(page)s", page="{page}"),
    )  # fmt: skip


def _notices(act: ReceiptContents) -> list[Section]:
    if act.is_sandbox:
        return [Section(_("Deneme"), (), (_("Bu bir denemedir: karar gerçek İYS'ye bildirilmez."),))]
    return []


def _sections(part: contents.BrandDecisions, act: ReceiptContents) -> list[Section]:
    """Sections of one brand: its sender, each decision, and the text that was shown."""
    sender = part.sender
    is_merchant = len(sender.number) == MERSIS
    named = _("MERSİS no") if is_merchant else _("T.C. kimlik no") if len(sender.number) == TCKN else _("Vergi no")
    pairs = ((_("Unvan") if is_merchant else _("Ad soyad"), sender.title), (named, sender.number),
             (_("İletişim"), sender.contact), (_("Aydınlatma metni"), sender.notice_url))  # fmt: skip
    lines = [_line(line) for line in part.lines]
    if part.text is None:
        return [Section(part.brand_name, pairs), *lines]
    shown = shown_text(part.text, act.language)
    heading = _("Gösterilen metin (%(number)s. sürüm)", number=shown.version)
    return [Section(part.brand_name, pairs), *lines, Section(heading, (), (shown.title, shown.body))]


def _line(line: contents.DecisionLine) -> Section:
    kind = f" ({decision_status.merchant_text()})" if line.recipient_type == RecipientType.MERCHANT else ""
    what = decision_status.status_text(line.status, is_annulled=line.annulled_at is not None)
    pairs = [(_("Karar zamanı"), format_moment(line.decided_at))]
    if line.annulled_at:
        pairs.append((_("Geri alındığı an"), format_moment(line.annulled_at)))
    if line.outcome:
        pairs.append((_("İYS'deki durumu"), decision_status.iys_state_text(line.outcome, line.status)))
    if line.transaction_id:
        pairs.append((_("İYS işlem no"), line.transaction_id))
    if line.accepted_at:
        pairs.append((_("İYS kayıt zamanı"), format_moment(line.accepted_at)))
    told = (_("Ret, karar zamanından itibaren geçerlidir."),) if line.status == Status.REFUSED else ()
    return Section(f"{label(line.channel)}{kind}: {what}", tuple(pairs), told)


def format_moment(at) -> str:
    """To the second, in Turkey time."""
    return _("%(moment)s (Türkiye saati)", moment=format_datetime(at, "d MMMM yyyy HH:mm:ss"))
