"""What the worker does, in loops: each second it looks for what waits as rows, and the rest it does by the clock."""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

from flask import Flask, current_app

from portal.core import clock, leases
from portal.core.extensions import db, read_session
from portal.core.loops import Loop
from portal.core.models import Mail
from portal.domain import address_proofs
from portal.domain.identity import api_calls, login_throttle
from portal.jobs import (
    admissions,
    campaign_steps,
    confirmation_alarms,
    desk_notifications,
    difference_alarms,
    gateway_alarms,
    host_alarms,
    key_alarms,
    lapse_alarms,
    mailboxes,
    package_events,
    readiness_alarms,
    reassignments,
    reply_number_alarms,
    submission_alarms,
    webhook_care,
)
from portal.jobs.independent_steps import independent_step
from portal.services import backups, domains, event_sequencer, launches, row_tallies
from portal.services.imports import waiting_lists, worker
from portal.services.messaging import mail_sender

SECOND, MINUTE, TEN_MINUTES, HOUR = 1.0, 60.0, 600.0, 3600.0
REST = timedelta(minutes=1)  # For what could not be done, such as mails to a server that is down.
NIGHT = 3  # The hour in Istanbul in which old rows are deleted.


def init_app(app: Flask) -> None:
    """Keep the loops of this app, for the command that runs them."""
    mails, imports = MailTurns(), ImportTurns()
    app.extensions["worker"] = (
        Loop("mails", mails.send, idle=SECOND),
        Loop("imports", imports.work, threads=2, idle=SECOND),
        Loop("audiences", read_audiences, idle=SECOND),
        Loop("launches", run_launches, threads=2, idle=SECOND),
        Loop("every-minute", do_minutely, idle=MINUTE),
        Loop("every-ten-minutes", do_every_ten_minutes, idle=TEN_MINUTES),
        Loop("reassignments", reassignments.ReassignmentTurns().work, idle=TEN_MINUTES),
        Loop("admissions", admissions.RepetitionTurns().work, idle=TEN_MINUTES),
        Loop("mailboxes", mailboxes.index_next_mailboxes, idle=TEN_MINUTES),
        Loop("old-rows", delete_old_rows, idle=HOUR),
    )


class MailTurns:
    """Sends mails that are due. Where none of them can be sent, they rest."""

    def __init__(self) -> None:
        self._rests_until: datetime | None = None

    def send(self) -> bool:
        """Whether any was sent."""
        is_resting = self._rests_until is not None and clock.now() < self._rests_until
        if is_resting or not _has_due_mail():
            return False
        done = 0
        with independent_step("mails.failed"):
            done = mail_sender.send_due()
        self._rests_until = clock.now() + REST if not done and _has_due_mail() else None
        return done > 0


def _has_due_mail() -> bool:
    return leases.is_any_due(read_session(), Mail, clock.now())


class ImportTurns:
    """Gives files of consents slices of the worker's time in turn. A file that meets a fault of ours rests."""

    def __init__(self) -> None:
        self._lock = Lock()  # Two threads that look at once would both hold a file.
        self._waiting: deque[int] = deque()
        self._in_hand: set[int] = set()
        self._rest_until: dict[int, datetime] = {}

    def work(self) -> bool:
        """Whether a file was worked on."""
        with self._lock:
            self._waiting.extend(each for each in worker.unfinished_batches() if self._is_new(each))
            if not self._waiting:
                return False
            batch_id = self._waiting.popleft()
            self._in_hand.add(batch_id)
        has_more = False
        with independent_step("import.failed", batch=batch_id):
            has_more = worker.work(batch_id)
        is_left = not has_more and batch_id in worker.unfinished_batches()
        with self._lock:
            self._in_hand.remove(batch_id)
            if has_more:
                self._waiting.append(batch_id)
            elif is_left:
                self._rest_until[batch_id] = clock.now() + REST
        return True

    def _is_new(self, batch_id: int) -> bool:
        if self._rest_until.get(batch_id, clock.now()) > clock.now():
            return False
        self._rest_until.pop(batch_id, None)
        return batch_id not in self._waiting and batch_id not in self._in_hand


def read_audiences() -> bool:
    """A list that meets a fault of ours keeps its lease for minutes and is tried again after it."""
    for list_id in waiting_lists.unfinished():
        with independent_step("audience.failed", list=list_id):
            waiting_lists.read(list_id)
    return False


def run_launches() -> bool:
    """A launch that fails holds up no other; once its lease is over it is tried again."""
    for campaign_id in launches.unfinished():
        with independent_step("launch.failed", campaign=campaign_id):
            launches.run(campaign_id, current_app.config["LINK_SALT"])
    return False


def do_minutely() -> bool:
    """Launch what is planned, tell of budgets that are used up, note which campaigns have ended, append what a journal
    lacks, fold what changed in counts, and look at checks."""
    campaign_steps.launch_planned()
    campaign_steps.tell_of_budgets()
    launches.finish_sent(clock.now())
    with independent_step("journal.gap_not_closed"):
        backups.close_gap()
    with independent_step("row_tallies.not_folded"):
        row_tallies.fold_changes()
    readiness_alarms.notify_of_checks()
    return False


def do_every_ten_minutes() -> bool:
    """Look hosts of brands up, and mail desks and owners what is new. A step that fails holds up no other."""
    for step in (
        domains.check_due,
        desk_notifications.notify_desks,
        submission_alarms.notify_owners_of_submissions,
        lapse_alarms.notify_owners_of_lapses,
        difference_alarms.notify_owners_of_differences,
        host_alarms.notify_owners_of_hosts,
        gateway_alarms.notify_owners_of_gateways,
        reply_number_alarms.notify_owners_of_reply_numbers,
        confirmation_alarms.notify_of_confirmations,
        key_alarms.notify_owners_of_keys,
        webhook_care.care_for_webhooks,
    ):
        with independent_step("step.failed"):
            step()
    return False


def delete_old_rows() -> bool:
    """At night: what is kept no longer; and record which packages are nearly full."""
    if clock.istanbul(clock.now()).hour != NIGHT:
        return False
    for step in (
        _delete_tries,
        webhook_care.delete_old_deliveries,
        lambda: event_sequencer.delete_old_events(clock.now()),
        package_events.record_low_packages,
    ):
        with independent_step("step.failed"):
            step()
    return False


def _delete_tries() -> None:
    """Of sign-ins, codes and test keys."""
    login_throttle.delete_old_hits(db.session, clock.now())
    address_proofs.delete_old_proofs(db.session, clock.now())
    api_calls.delete_old(db.session, clock.now())
    db.session.commit()
