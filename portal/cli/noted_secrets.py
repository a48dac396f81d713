"""`flask secrets note`: by which values the database knows VAULT_KEYS and LINK_SALT again, corrected."""

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import delete, func, select, update

import shortlinks
from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Complaint, KeyGeneration, NotedSetting, Receipt
from portal.domain import audit
from portal.services import key_rotation, readiness
from portal.services.readiness import heartbeats

NOT_WRITTEN = "Nothing was changed. Write it with --write --reason “…”, while no program runs."
PUT_BACK = "Put back the secret that was noted. Where links may break for good, --break-links takes another LINK_SALT."
LEADS_SOMEWHERE = (shortlinks.Link, Receipt, Complaint)
SUBJECT: Any = {"subject": "secret", "provider_id": None}

group = AppGroup("secrets", help="By which values the database knows secrets again.")


@group.command()
@click.option("--write", is_flag=True, help="Note them; without it, only say what would be noted.")
@click.option("--reason", default="", help="Why, for the audit log.")
@click.option("--break-links", is_flag=True, help="Take another LINK_SALT although what is out will lead nowhere.")
def note(write: bool, reason: str, break_links: bool) -> None:
    """Note the secrets of this process where wrong ones were noted. A key only where it opens all that is sealed with
    its generation, or nothing is.

    For a key or salt that was wrong when the first program started. A key is changed by “vault rotate”.
    """
    if write and (running := [each for each in readiness.running_programs(read_session()) if "command" not in each]):
        raise click.ClickException(f"Stop every program first: {', '.join(running)}.")
    noted = dict(read_session().execute(select(KeyGeneration.generation, KeyGeneration.check_value)).all())
    own = vault().check_values()
    changed = [each for each, value in sorted(noted.items()) if own.get(each) != value]
    is_salt_wrong = heartbeats.is_salt_wrong(read_session())
    refusals = [_refuses_key(each, is_known=each in own) for each in changed]
    if is_salt_wrong:
        refusals.append(_refuses_salt(break_links))
    if any(refusals):
        raise click.ClickException(PUT_BACK)
    if not changed and not is_salt_wrong:
        click.echo("Noted are the secrets of this process.")
    elif not write:
        click.echo(NOT_WRITTEN)
    else:
        _write(changed, own, is_salt_wrong, _checked(reason))


def _refuses_key(generation: int, *, is_known: bool) -> bool:
    found = list(key_rotation.find_unopened(generation))
    count, shut = sum(each.changed for each in found), [each for each in found if each.unopened]
    becomes = "this process's is noted instead" if is_known else "it is forgotten"
    click.echo(f"Generation {generation}: another key is noted; {count} values are sealed with it; {becomes}.")
    for each in shut:
        some = ", ".join(map(str, each.unopened[:5]))
        click.echo(f"{each.place}: {len(each.unopened)} cannot be opened, of the rows {some} …", err=True)
    return bool(shut)


def _refuses_salt(break_links: bool) -> bool:
    counts = {each.__tablename__: read_session().scalar(select(func.count(each.id))) for each in LEADS_SOMEWHERE}
    out = ", ".join(f"{count} {name}" for name, count in counts.items())
    click.echo(f"LINK_SALT: another is noted, by which these lead somewhere: {out}.")
    return any(counts.values()) and not break_links


def _checked(reason: str) -> str:
    if not (text := " ".join(reason.split())) or len(text) > 300 or not text.isprintable():
        raise click.BadParameter("1 to 300 printable characters", param_hint="--reason")
    return addresses.redact_addresses(text)


def _write(generations: list[int], own: dict[int, str], is_salt_wrong: bool, reason: str) -> None:
    at = clock.now()
    for each in generations:
        of_it = KeyGeneration.generation == each
        change: Any = update(KeyGeneration).values(check_value=own[each]) if each in own else delete(KeyGeneration)
        db.session.execute(change.where(of_it))
        audit.note(db.session, "secret.noted", subject_id=each, at=at, facts={"reason": reason}, **SUBJECT)
    if is_salt_wrong:
        salt = update(NotedSetting).where(NotedSetting.name == NotedSetting.LINK_SALT)
        db.session.execute(salt.values(check_value=heartbeats.salt_check_value()))
        audit.note(db.session, "salt.noted", subject_id=0, at=at, facts={"reason": reason}, **SUBJECT)
    db.session.commit()
    click.echo("Noted.")
