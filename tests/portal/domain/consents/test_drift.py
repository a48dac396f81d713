"""A sweep compares what İYS holds with our consents: it learns, lists what differs, and overrules nobody."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.models import Consent, Difference, DifferenceKind, Outcome, Settlement, Submission
from portal.domain.consents import drift
from tests import grants, make

HOUR = timedelta(hours=1)


@pytest.fixture
def consents(app):
    """Three grants of an hour ago that İYS accepted, and what the first brand's sweep finds, in one transaction."""
    with app.app_context():
        at = clock.now().replace(microsecond=0)
        grants.insert_decisions(make.brand(), grants.phones(3), at - HOUR, held="ONAY")
        db.session.query(Submission).update({"outcome": Outcome.ACCEPTED, "due_at": None})
        yield db.session.query(Consent).order_by(Consent.id).all()
        db.session.rollback()


def sweep(holds, asked_at=None) -> int:
    at = clock.now().replace(microsecond=0)
    found = drift.record_drifts(db.session, make.brand(), holds, asked_at or at, at)
    db.session.expire_all()
    return found


def found() -> list[Difference]:
    return db.session.query(Difference).order_by(Difference.kind != DifferenceKind.DRIFT, Difference.consent_id).all()


def test_what_iys_holds_is_learned_as_of_the_question(consents):
    asked_at = clock.now().replace(microsecond=0) - timedelta(seconds=5)

    sweep({consents[0].id: True, consents[1].id: False}, asked_at)

    assert [(each.iys_status, each.iys_as_of == asked_at) for each in consents] == [
        ("ONAY", True), ("RET", True), ("ONAY", False),
    ]  # fmt: skip


def test_what_was_never_known_to_be_there_is_not_learned_to_be_refused(consents):
    consents[0].iys_status = consents[0].iys_as_of = None

    assert sweep({consents[0].id: False}) == 1
    assert (consents[0].iys_status, consents[0].iys_as_of) == (None, None)


def test_each_difference_says_what_both_sides_hold(consents):
    consents[1].status = "RET"

    assert sweep({each.id: number > 0 for number, each in enumerate(consents)}) == 2
    ours = make.brand()
    assert {(each.provider_id, each.brand_id, each.kind, each.settled_at) for each in found()} == {
        (ours.provider_id, ours.id, DifferenceKind.DRIFT, None)
    }
    assert [(each.consent_id, each.facts) for each in found()] == [
        (consents[0].id, {"status": ["ONAY", None]}),
        (consents[1].id, {"status": ["RET", "ONAY"]}),
    ]


@pytest.mark.parametrize(("outcome", "differences"), [(Outcome.ACCEPTED, 1), (Outcome.PARKED, 0)])
def test_of_a_consent_that_was_told_twice_the_submission_of_its_decision_counts(consents, outcome, differences):
    current, earlier = (db.session.query(Submission).filter_by(consent_id=consents[place].id).one() for place in (0, 2))
    current.outcome, earlier.consent_id = outcome, consents[0].id

    assert sweep({consents[0].id: False}) == differences


def test_a_difference_that_is_listed_is_not_listed_again(consents):
    holds = {consents[0].id: False}

    assert (sweep(holds), sweep(holds | {consents[1].id: False}), len(found())) == (1, 1, 2)


def test_a_difference_that_a_person_explained_is_not_listed_again_until_something_changes(consents):
    unheld = {each.id: False for each in consents}
    sweep(unheld)
    db.session.query(Difference).update({"settled_at": clock.now(), "settlement": Settlement.EXPLAINED})
    assert sweep(unheld) == 0

    consents[0].effective_at = clock.now()  # The person decided anew.
    assert sweep({consents[1].id: True}) == 0
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        assert sweep(unheld) == 2
    assert {each.consent_id for each in found() if each.settled_at is None} == {consents[0].id, consents[1].id}


def test_a_refusal_of_before_that_is_recorded_after_an_explanation_is_a_difference_at_once(consents):
    sweep({consents[0].id: False})
    db.session.query(Difference).update({"settled_at": clock.now(), "settlement": Settlement.EXPLAINED})
    consents[0].status, consents[0].effective_at = "RET", clock.now() - HOUR
    db.session.query(Submission).filter_by(decision_id=consents[0].decision_id).update({"outcome": Outcome.ACCEPTED})

    assert sweep({consents[0].id: True}) == 1


def test_where_both_agree_again_the_difference_is_gone_and_no_other(consents):
    sweep({consents[0].id: False, consents[1].id: False})
    file = Difference(
        id=new_id(), provider_id=make.brand().provider_id, brand_id=make.brand().id, consent_id=consents[0].id,
        kind=next(each for each in DifferenceKind if each != DifferenceKind.DRIFT), facts={}, found_at=clock.now(),
    )  # fmt: skip
    db.session.add(file)

    assert sweep({consents[0].id: True}) == 0
    gone, other, other_kind = found()
    assert (gone.settlement, gone.settled_at is not None) == (Settlement.GONE, True)
    assert (other.settlement, other.settled_at, other_kind.settled_at) == (None, None, None)


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED, Outcome.PARKED, Outcome.EXPIRED])
def test_what_the_forwarding_page_explains_is_no_difference(consents, outcome):
    its = db.session.query(Submission).filter_by(decision_id=consents[0].decision_id).one()
    its.outcome = outcome

    assert sweep({consents[0].id: False, consents[1].id: False}) == 1
    assert found()[0].consent_id == consents[1].id


@pytest.mark.parametrize(
    ("change", "differences"), [({}, 0), ({"closed_at": clock.now()}, 1), ({"lenient_deadline": clock.now() - HOUR}, 1)]
)
def test_a_parked_refusal_is_a_difference_once_it_cannot_be_sent_any_more(consents, change, differences):
    consents[0].status = "RET"
    db.session.query(Submission).filter_by(decision_id=consents[0].decision_id).update(
        {"outcome": Outcome.PARKED} | change
    )

    assert sweep({consents[0].id: True}) == differences


@pytest.mark.parametrize(("due_at", "differences"), [(clock.now(), 0), (None, 1)])
def test_an_expired_refusal_is_a_difference_where_nobody_renews_it(consents, due_at, differences):
    consents[0].status = "RET"
    db.session.query(Submission).filter_by(decision_id=consents[0].decision_id).update(
        {"outcome": Outcome.EXPIRED, "due_at": due_at}
    )

    assert sweep({consents[0].id: True}) == differences


def test_a_refusal_that_iys_did_not_need_is_told_again_where_it_holds_a_grant(consents):
    """İYS is the judge (H178), as where a movement tells of the grant."""
    moved_at = clock.now().replace(microsecond=0)
    for consent in consents:
        consent.status = "RET"
    consents[1].effective_at = moved_at
    db.session.query(Submission).update({"outcome": Outcome.NOT_NEEDED})

    assert sweep({consents[0].id: True, consents[1].id: True, consents[2].id: False}, moved_at) == 0
    sent = [db.session.query(Submission).filter_by(decision_id=each.decision_id).one() for each in consents]
    assert [(each.outcome, each.due_at is None) for each in sent] == [
        (Outcome.WAITING, False), (Outcome.NOT_NEEDED, True), (Outcome.NOT_NEEDED, True),
    ]  # fmt: skip
    assert (consents[0].iys_status, found()) == ("ONAY", [])


def test_a_consent_that_moved_since_iys_was_asked_is_left_out(consents):
    """And nothing differs where no decision stands: what İYS holds is learned."""
    consents[0].effective_at = asked_at = clock.now().replace(microsecond=0) - timedelta(minutes=1)
    consents[1].effective_at = asked_at - timedelta(seconds=1)
    consents[2].status = None

    assert sweep({each.id: False for each in consents}, asked_at) == 1
    assert found()[0].consent_id == consents[1].id
    assert [each.iys_status for each in consents] == ["ONAY", "RET", "RET"]
