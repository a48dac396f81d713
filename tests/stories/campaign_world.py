"""People, campaigns, the sender and downloads in random order, drawn from a seed. What leaves is held against what
stands at that moment, read from the consents themselves."""

import random
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func, or_, select

from portal.core import addresses, clock
from portal.core.addresses import without_plus
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import (
    AudienceEntry,
    Campaign,
    CampaignKind,
    Consent,
    DecisionOrigin,
    Delivery,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageKind,
    ReceivedVia,
    Recipient,
)
from portal.domain import campaigns, consents
from portal.domain.campaigns import lifecycle
from portal.domain.consents import bulk_import, movement_rows, movements, recipients, refusals
from portal.domain.consents.link_contexts import load_link_context
from portal.domain.notifications import gateways
from portal.services import launches
from tests import grants, make
from tests.portal.domain.consents.import_entries import entry, import_run
from tests.portal.domain.consents.iys_movements import row

BOTH = (Status.GRANTED, Status.REFUSED, Status.REFUSED)
PAUSES = [timedelta(hours=hours) for hours in (1, 1, 2, 9, 30, 24 * 20)]
NINETY_DAYS = timedelta(days=90)


class CampaignWorld:
    """One brand and its people; `gateway` takes what the sender hands over."""

    def __init__(self, app, gateway, traveller, seed: int, people: int):
        self.app, self.gateway, self.traveller, self.dice = app, gateway, traveller, random.Random(seed)
        texts = [*grants.phones(people), *(f"kisi{number}@example.com" for number in range(people // 2))]
        self.addresses = [addresses.parse(text) for text in [*texts, "+902123456789"]]
        self.files, self.seen, self.counts = 0, 0, Counter()
        self.asked: dict[tuple[int, Channel], set[int]] = defaultdict(set)  # Campaigns that asked an address.
        self.offered: dict[tuple, list] = defaultdict(list)  # When other campaigns reached a person, and which.
        with app.app_context():
            brand = make.brand()
            self.brand_id, self.provider_id = brand.id, brand.provider_id
            found = recipients.gather(db.session, vault(), brand.provider_id, self.addresses, clock.now())
            self.ids = {address.text: found[address.text] for address in self.addresses}
            self.gateway_id = gateways.add_gateway(
                db.session, vault(), provider_id=None, vendor="verimor", carries=addresses.AddressKind.PHONE,
                header="DENEME", credentials={}, per_second=1, at=clock.now(),
            ).id  # fmt: skip
            db.session.commit()
        self.acts = {
            self.campaign: 5, self.send: 9, self.download: 5, self.pass_time: 4, self.halt: 1, self.decide: 6,
            self.mail_program: 2, self.staff: 2, self.not_me: 0.5, self.file: 3, self.iys: 4, self.doubt: 1,
            self.read_reply: 1,
        }  # fmt: skip

    def run(self, acts: int) -> None:
        with self.app.app_context():
            for kind in (CampaignKind.ASK, CampaignKind.REFUSE):
                self._launch(kind, [Channel.SMS], Delivery.GATEWAY, self.addresses[:3])
            self.send()  # While nobody has refused, so that each history has a message of both.
        for act in self.dice.choices(list(self.acts), list(self.acts.values()), k=acts):
            with self.app.app_context():
                act()
                db.session.rollback()
            self.traveller.shift(timedelta(seconds=70))

    # What people do, and what is said of them.

    def decide(self) -> None:
        entries = db.session.scalars(select(AudienceEntry).where(AudienceEntry.link_id.is_not(None))).all()
        if not entries:
            return
        context, at = load_link_context(db.session, self.dice.choice(entries).link_id), clock.now()
        choices = {channel: self.dice.choice(BOTH) for channel in context.channels if self.dice.random() < 0.6}
        form = consents.ServedForm(context.text_id, "tr", at, self.dice.randbytes(32))
        with suppress(consents.TooSoon, consents.TooMany):
            consents.decide(
                db.session, vault(), context, choices or {context.channels[0]: Status.REFUSED}, form,
                is_live=context.closure is None, language="tr", request_metadata="", at=at,
            )  # fmt: skip
            db.session.commit()

    def mail_program(self) -> None:
        recipient, address = self._person()
        part = refusals.RefusalScope(recipient, address, [make.brand()], [Channel.EMAIL])
        if Channel.EMAIL in address.channels:
            refusals.withdraw(
                db.session, vault(), [part], origin=DecisionOrigin.ONE_CLICK, language="tr", request_metadata="",
                at=clock.now(),
            )  # fmt: skip
            db.session.commit()

    def staff(self) -> None:
        recipient, address = self._person()
        refusals.refuse(
            db.session, vault(), recipient, [make.brand()], [self.dice.choice(address.channels)], address=address,
            source=Source.CALL_CENTRE, user_id=1, at=clock.now(),
        )  # fmt: skip
        db.session.commit()

    def not_me(self) -> None:
        recipient, address = self._person()
        refusals.refuse_not_mine(
            db.session, vault(), recipient, address, language="tr", request_metadata="", at=clock.now()
        )  # fmt: skip
        db.session.commit()

    def file(self) -> None:
        lines = []
        for address in self.dice.sample(self.addresses, 5):
            said = clock.now() - timedelta(hours=self.dice.choice((1, 50)))
            lines.append(
                entry(address.text, self.dice.choice(BOTH), said, channel=self.dice.choice(address.channels))
            )  # fmt: skip
        self.files += 1
        bulk_import.apply_import(db.session, vault(), make.brand(), lines, import_run(batch_id=self.files))
        db.session.commit()

    def iys(self) -> None:
        address = self.dice.choice(self.addresses)
        told = row(
            self.dice.choice(BOTH).value, ago=timedelta(seconds=30), recipient=address.text,
            type=self.dice.choice(address.channels).value,
        )  # fmt: skip
        brand, told = make.brand(), movement_rows.read_row(told, clock.now())
        movements.apply_movements(db.session, vault(), brand, told, by=ReceivedVia.PULL, feed=None, at=clock.now())
        db.session.commit()

    def doubt(self) -> None:
        """A reply that may refuse comes in."""
        event_id = new_id()
        db.session.add(
            GatewayEvent(
                id=event_id, provider_id=self.provider_id, gateway_id=self.gateway_id, kind=EventKind.REPLY,
                outcome=EventOutcome.LIKELY_REFUSAL, digest=event_id.to_bytes(32, "big"), received_at=clock.now(),
                recipient_id=self._person()[0].id,
            )
        )  # fmt: skip
        db.session.commit()

    def read_reply(self) -> None:
        waiting = db.session.scalars(select(GatewayEvent).where(GatewayEvent.settled_at.is_(None))).first()
        if waiting:
            waiting.settled_at = clock.now()
            db.session.commit()

    # What the provider does.

    def campaign(self) -> None:
        some = self.dice.sample(self.addresses, self.dice.randint(3, len(self.addresses)))
        self._launch(
            self.dice.choice(list(CampaignKind)),
            self.dice.sample(list(Channel), self.dice.randint(1, 3)),
            self.dice.choice((Delivery.GATEWAY, Delivery.GATEWAY, Delivery.CSV)),
            some,
        )

    def _launch(
        self, kind: CampaignKind, channels: list[Channel], delivery: Delivery, people: list[addresses.Address]
    ) -> None:  # fmt: skip
        made = make.campaign(kind, channels, delivery)
        campaigns.add_addresses(
            db.session, made, {address.text: self.ids[address.text] for address in people}, people, {}
        )  # fmt: skip
        is_free = AudienceEntry.campaign_id == made.id, AudienceEntry.left_out.is_(None)
        if db.session.scalar(select(AudienceEntry.id).where(*is_free).limit(1)) is not None:  # May be asked.
            make.launch(made, self.app.config["LINK_SALT"])

    def halt(self) -> None:
        """A campaign is closed, or opened again, with what it had not sent."""
        found = db.session.scalars(select(Campaign).where(Campaign.linked_at.is_not(None))).all()
        if found:
            one = self.dice.choice(found)
            (lifecycle.reopen if one.closed_at else lifecycle.close)(db.session, one, clock.now())
            db.session.commit()

    def pass_time(self) -> None:
        self.traveller.shift(self.dice.choice(PAUSES))

    def send(self) -> None:
        """Some turns of the sender; each message that it handed over is looked at before anything else happens."""
        for _ in range(self.dice.randint(1, 4)):
            make.send(self.gateway.url)
            handed = [message for call in self.gateway.calls for message in call]
            for each in handed[self.seen :]:
                self._look_at_message(each)
            self.seen = len(handed)

    def download(self) -> None:
        found = db.session.scalars(select(Campaign).where(Campaign.linked_at.is_not(None))).all()
        if found:
            campaign = self.dice.choice(found)
            written = {without_plus(address.text): self.ids[address.text] for address in self.addresses}
            lines = launches.link_lines(db.session, campaign, self.app.config["LINK_SALT"], "http://localhost/k")
            for address, *_ in list(lines):
                self.counts["lines"] += 1
                self._require_lawful(campaign, written[address])

    # What must be true.

    def _look_at_message(self, handed: dict) -> None:
        message = db.session.get_one(Message, handed["id"], populate_existing=True)
        if message.kind != MessageKind.INVITATION:
            return
        campaign = db.session.get_one(Campaign, message.campaign_id)
        self.counts[campaign.kind] += 1
        self._require_lawful(campaign, message.recipient_id)
        entry = db.session.scalars(select(AudienceEntry).where(AudienceEntry.link_id == message.link_id)).one()
        if campaign.kind == CampaignKind.ASK:
            for channel in entry.channels.split(","):
                self.asked[message.recipient_id, channel].add(campaign.id)
                assert len(self.asked[message.recipient_id, channel]) == 1, "asked twice"
        else:
            at = clock.now()
            reached = self.offered[campaign.kind, message.recipient_id]
            assert all(at - day >= NINETY_DAYS for day, which in reached if which != campaign.id), "twice in 90 days"
            reached.append((at, campaign.id))

    def _require_lawful(self, campaign: Campaign, recipient_id: int) -> None:
        """Nothing over a channel that is refused, here or at İYS, and no question about one."""
        recipient = db.session.get_one(Recipient, recipient_id, populate_existing=True)
        refused = set(
            db.session.scalars(
                select(Consent.channel).where(
                    Consent.brand_id == self.brand_id, Consent.recipient_id == recipient_id,
                    or_(Consent.status == "RET", Consent.iys_status == "RET"),
                )
            )
        )  # fmt: skip
        carrier = Channel.EMAIL if recipient.kind == addresses.AddressKind.EMAIL else Channel.SMS
        assert carrier not in refused, f"{campaign.kind} over {carrier}, which is refused"
        unread = select(func.count()).where(
            GatewayEvent.recipient_id == recipient_id, GatewayEvent.settled_at.is_(None),
            GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL,
        )  # fmt: skip
        assert db.session.scalar(unread) == 0, "a reply that may refuse is unread"
        if campaign.kind == CampaignKind.RECONFIRM:
            held = select(Consent.id).where(
                Consent.brand_id == self.brand_id, Consent.recipient_id == recipient_id, Consent.channel == carrier,
                Consent.status == "ONAY", Consent.iys_status == "ONAY",
            )  # fmt: skip
            assert db.session.scalar(held.limit(1)), "reconfirmed where no message may be sent"
        if campaign.kind != CampaignKind.REFUSE:
            assert not refused & set(campaign.offered), "asked for a channel that is refused"
            assert self._is_meant(recipient), "asked who is not the person meant"

    def _is_meant(self, recipient: Recipient) -> bool:
        """Not by "this is not me", unless whoever has the address now granted since, such as at İYS."""
        if recipient.reassigned_at is None:
            return True
        granted = select(Consent.id).where(
            Consent.brand_id == self.brand_id, Consent.recipient_id == recipient.id, Consent.status == "ONAY",
            Consent.effective_at > recipient.reassigned_at,
        )  # fmt: skip
        return db.session.scalar(granted.limit(1)) is not None

    def _person(self) -> tuple[Recipient, addresses.Address]:
        address = self.dice.choice(self.addresses)
        return db.session.get_one(Recipient, self.ids[address.text]), address
