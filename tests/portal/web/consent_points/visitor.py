"""Somebody at a consent point: a poster was scanned, and they go from page to page as the pages lead them."""

import re
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, CampaignKind, ConsentPoint, Message, MessageKind
from portal.domain import consent_points
from portal.domain.campaigns import default_texts
from portal.domain.notifications import messages
from tests import make

SLUG = "ornek-magaza"
FORM = re.compile(r'name="form"[^>]*value="([^"]+)"')
NETWORK = "198.51.100.7"


def opened(
    app, slug: str = SLUG, channels=tuple(Channel), daily_budget: int = 100, published: bool = True, brand_id=None
) -> int:
    """A point of the first brand (of an admitted provider), by its id."""
    with app.app_context():
        of, at = db.session.get(Brand, brand_id) if brand_id else make.brand(), clock.now()
        point = consent_points.open_point(
            db.session,
            of,
            name="Kadıköy kasa",
            channels=channels,
            wording=default_texts.default_wording(of.name, CampaignKind.ASK, make.NOTICE),
            daily_budget=daily_budget,
            at=at,
            today=clock.day(at),
        )
        if published:
            consent_points.publish_point(db.session, point, at)
        point.slug = slug
        db.session.commit()
        return point.id


def sent_codes(app) -> list[tuple[str, str]]:
    """(address, code) of every code that waits to be sent, the newest last."""
    with app.app_context():
        rows = db.session.scalars(select(Message).where(Message.kind == MessageKind.CODE).order_by(Message.id)).all()
        found = []
        for row in rows:
            if row.facts is not None:
                address = vault().read(row.address, Message.ADDRESS, 0, row.id)
                found.append((address, messages.read_facts(vault(), row)["code"]))
        db.session.rollback()
        return found


@dataclass
class Visitor:
    """Holds a telephone; `answer` is the page it shows."""

    app: object
    slug: str = SLUG
    network: str = NETWORK
    language: str = ""
    answer: object = None
    here: str = ""
    browser: object = field(init=False)

    def __post_init__(self):
        self.browser = self.app.test_client()
        self.browser.environ_base["REMOTE_ADDR"] = self.network

    @property
    def page(self) -> str:
        return self.answer.text

    @property
    def form(self) -> str:
        return FORM.search(self.page)[1]

    def opens(self):
        return self._get(f"/b/{self.slug}{self.language}")

    def chooses(self, name: str = "", **choices):
        """Open the point's page and post its form."""
        self.opens()
        named = {"name": name} if name else {}
        return self._post(f"/b/{self.slug}{self.language}", form=self.form, **choices, **named)

    def writes(self, address: str):
        """Post the address of the page shown now, and go where that leads."""
        return self._post(f"/b/{self.slug}/adres{self.language}", form=self.form, address=address)

    def types(self, code: str | None = None, to: str = make.PHONE):
        """Post a code, the one that was sent last to this address unless told, and go where that leads."""
        return self._post(self.here, digits=code or self.code_for(to))

    def posts(self, path: str, **data):
        return self._post(path, **data)

    def code_for(self, address: str) -> str:
        wanted = parse(address).text
        return [code for to, code in sent_codes(self.app) if to == wanted][-1]

    def decides(self, address: str = make.PHONE, **choices):
        """The whole walk for one address."""
        self.chooses(**choices)
        self.writes(address)
        return self.types(to=address)

    def _get(self, path: str):
        return self._arrive(self.browser.get(path), path)

    def _post(self, path: str, **data):
        return self._arrive(self.browser.post(path, data=data), path)

    def _arrive(self, answer, path: str):
        while answer.status_code in (301, 302, 303):
            path = answer.location
            answer = self.browser.get(path)
        self.answer, self.here = answer, path
        return answer


def point_of(app, point_id: int) -> ConsentPoint:
    with app.app_context():
        point = db.session.get_one(ConsentPoint, point_id)
        db.session.expunge(point)
        return point
