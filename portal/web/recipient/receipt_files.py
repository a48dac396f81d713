"""Receipt downloads: the signed token (JWS), JSON with the texts that were shown, and a PDF with a QR code."""

import json
from datetime import datetime

from flask import Response, current_app
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from portal.core.extensions import limiter
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import ConsentText
from portal.domain.receipts import contents, format_number, tokens
from portal.domain.receipts.contents import ReceiptContents
from portal.services.documents import receipt as receipt_document
from portal.services.documents.receipt import ReceiptContent, Section
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.receipts import absolute_receipt_url, disowned_text, find_act, is_taken_back, words_shown
from portal.web.shared import absolute_urls, decision_status, limits
from portal.web.shared.downloads import attachment
from portal.web.shared.labels import label
from portal.web.shared.signing import get_signing_key

LANGUAGES = {"tr": "tr-TR", "en": "en"}
MERSIS, TCKN = 16, 11  # Digits.


@blueprint.get("/m/<code>/belge.jws")
def receipt_token(code: str) -> Response:
    """The signed token, which anybody can check."""
    act = find_act(code)
    return _download(act, _signed(act), "application/jose", "jws")


@blueprint.get("/m/<code>/belge.json")
def receipt_json(code: str) -> Response:
    """The claims in clear, the token itself, and the texts that were shown, whose digests it holds; none of a sandbox
    brand's, since they name it."""
    act = find_act(code)
    texts = [_text_json(part.text, part.sender) for part in act.parts if part.text and part.sender.number]
    content = {"receipt": _claims(act), "token": _signed(act), "texts": texts}
    return _download(act, json.dumps(content, ensure_ascii=False, indent=2) + "\n", "application/json", "json")


@blueprint.get("/m/<code>/belge.pdf")
@limiter.limit(limits.RECEIPT_PAPER)
def receipt_pdf(code: str) -> Response:
    """In the language of the page."""
    act = find_act(code)
    paper = _pdf_content(act, code, get_locale().language)
    return _download(act, receipt_document.render_pdf(paper), "application/pdf", "pdf")


def _claims(act: ReceiptContents) -> dict:
    return tokens.build_claims(act, current_app.config["MAIN_BASE"])


def _signed(act: ReceiptContents) -> str:
    return tokens.sign_claims(_claims(act), get_signing_key())


def _text_json(text: ConsentText, sender: contents.Sender) -> dict:
    """The fields that the digest covers, in its order; none of a text whose approval was taken back, or that says what
    is no longer said of its sender."""
    note = "onayı geri alındı" if is_taken_back(text) else None
    if sender != contents.sender_of_text(text):
        note = note or "gönderenin iletişim bilgisi artık gösterilmiyor"
    if note:
        return {"version": text.version, "digest": text.digest.hex(), "shown": None, "note": note}
    names = ("sender_title", "sender_mersis", "sender_contact", "brand_name", "title_tr", "body_tr", "title_en",
             "body_en", "notice_url")  # fmt: skip
    shown = {name: getattr(text, name) for name in names}
    return {"version": text.version, "digest": text.digest.hex(), "shown": shown}


def _download(act: ReceiptContents, content: str | bytes, media_type: str, ending: str) -> Response:
    return attachment(content, media_type, f"izinlink-{format_number(act.number)}.{ending}")


def _pdf_content(act: ReceiptContents, code: str, language: str) -> ReceiptContent:
    sections = [section for part in act.parts for section in _sections(part, act)]
    if act.is_sandbox:
        told = (
            _("Bu bir denemedir: karar gerçek İYS'ye bildirilmez."),
            _("Buna güvenip kimseyi aramayın, para ya da bilgi vermeyin."),
        )
        sections.insert(0, Section(_("Deneme"), (), told))
    if disowned := disowned_text(act):
        sections.insert(0, Section(_("Adres"), (), (disowned,)))
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
        sections=tuple(sections),
        address=absolute_receipt_url(act, code),
        beside=(
            _("Belgenin bugünkü durumunu görmek için karekodu telefonunuzla okutun."),
            _("Karekodu okutan, kararınızı değiştirme sayfasına da ulaşır: yalnız güvendiğiniz kişilere gösterin."),
            _("Bu numarayla gerçekten bir belge olup olmadığını herkes denetleyebilir: %(address)s", address=at),
        ),
        foot=f"İzinlink · {number}",
        page_of=_("Sayfa %(page)s", page="{page}"),
    )  # fmt: skip


def _sections(part: contents.BrandDecisions, act: ReceiptContents) -> list[Section]:
    """Sections of one brand: its sender, each decision, and the text that was shown."""
    sender = part.sender
    is_merchant = len(sender.number) == MERSIS
    named = _("MERSİS no") if is_merchant else _("T.C. kimlik no") if len(sender.number) == TCKN else _("Vergi no")
    pairs = ((_("Unvan") if is_merchant else _("Ad soyad"), sender.title), (named, sender.number),
             (_("İletişim"), sender.contact), (_("Aydınlatma metni"), sender.notice_url))  # fmt: skip
    known = tuple((name, text) for name, text in pairs if text)  # A suspended firm has no contact.
    about = Section(part.brand_name, known if sender.number else ())  # A sandbox brand's sender has none.
    lines = [_line(line) for line in part.lines]
    if part.text is None:
        return [about, *lines]
    heading = _("Gösterilen metin (%(number)s. sürüm)", number=part.text.version)
    shown = Section(heading, (), words_shown(part.text, act.language))
    return [about, *lines, shown]


def _line(line: contents.DecisionLine) -> Section:
    kind = f" ({decision_status.merchant_text()})" if line.recipient_type == RecipientType.MERCHANT else ""
    what = decision_status.status_text(line.status, is_annulled=line.annulled_at is not None)
    pairs = [(_("Karar zamanı"), format_moment(line.decided_at) if line.decided_at else _("Bildirilmedi"))]
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


def format_moment(at: datetime) -> str:
    """To the second, in Turkey time."""
    return _("%(moment)s (Türkiye saati)", moment=format_datetime(at, "d MMMM yyyy HH:mm:ss"))
