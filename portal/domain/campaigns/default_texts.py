"""The default text of a campaign, which a provider may change before it is shown."""

from dataclasses import dataclass, replace

from portal.core.models import CampaignKind


@dataclass(frozen=True)
class Wording:
    """What recipients read, in both languages; the Turkish text prevails."""

    title_tr: str
    body_tr: str
    title_en: str
    body_en: str
    notice_url: str


WORDINGS = {
    CampaignKind.ASK: Wording(
        title_tr="{brand} size ileti gönderebilir mi?",
        body_tr="Kampanyalarımızı ve yeniliklerimizi size bildirmek için izninizi soruyoruz. "
        "Her kanal için ayrı ayrı karar verebilirsiniz.",
        title_en="May {brand} send you messages?",
        body_en="We ask for your consent to tell you about our campaigns and news. "
        "You can decide for each channel on its own.",
        notice_url="",
    ),
    CampaignKind.RECONFIRM: Wording(
        title_tr="{brand}: izninizi teyit eder misiniz?",
        body_tr="Size ileti göndermemiz için daha önce verdiğiniz izni teyit etmenizi rica ediyoruz; istemiyorsanız "
        "reddedebilirsiniz. Yanıtlamazsanız bir şey değişmez.",
        title_en="{brand}: do you confirm your consent?",
        body_en="Please confirm the consent to our messages that you gave earlier, or refuse if you don't want them. "
        "If you don't answer, nothing changes.",
        notice_url="",
    ),
    CampaignKind.REFUSE: Wording(
        title_tr="{brand} iletilerini reddedin",
        body_tr="Size ticari ileti (reklam, kampanya, kutlama) göndermemizi buradan reddedebilirsiniz: "
        "yalnız bir kanal için ya da hepsi için.",
        title_en="Refuse messages from {brand}",
        body_en="Here you can refuse our commercial messages (advertising, campaigns, greetings): "
        "on one channel only, or on all.",
        notice_url="",
    ),
}


def default_wording(brand_name: str, kind: CampaignKind, notice_url: str) -> Wording:
    """The text for a brand, with the address of its provider's privacy notice."""
    pattern = WORDINGS[kind]
    titles = {name: getattr(pattern, name).format(brand=brand_name) for name in ("title_tr", "title_en")}
    return replace(pattern, **titles, notice_url=notice_url)
