"""What programs called the API with test keys, so that their author sees what was sent and answered. Nothing of live
keys is kept here: their writes are evidence (ApiRequest)."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.models import ApiCall
from portal.core.vault import Vault
from portal.domain.identity.api_keys import Caller

KEPT = timedelta(days=7)
SHOWN = 50
MAX_CALLS = 500  # Of a provider.
LONGEST = 10_000  # Letters of a body or an answer that are kept.


@dataclass(frozen=True)
class CallContent:
    """What may name addresses: the path with its query, the body and the answer, each cut at LONGEST letters."""

    path: str
    body: str
    answer: str


def record(
    session: Session, vault: Vault, caller: Caller, method: str, content: CallContent, *, status: int, code: str | None,
    at: datetime,
) -> None:  # fmt: skip
    """Keep a call of a test key, in place of the oldest of MAX_CALLS; `code` is its problem's."""
    call_id = new_id()
    theirs = ApiCall.provider_id == caller.provider_id
    oldest = session.scalar(
        select(ApiCall.called_at).where(theirs).order_by(ApiCall.called_at.desc()).offset(MAX_CALLS - 1).limit(1)
    )
    if oldest is not None:
        session.execute(delete(ApiCall).where(theirs, ApiCall.called_at <= oldest))
    cut = {name: text[:LONGEST] for name, text in asdict(content).items()}
    sealed = vault.seal(zlib.compress(json.dumps(cut).encode()), ApiCall.PLACE, caller.provider_id, call_id)
    session.add(
        ApiCall(
            id=call_id, provider_id=caller.provider_id, key_id=caller.key_id, method=method, status=status, code=code,
            content=sealed, called_at=at,
        )
    )  # fmt: skip


def list_calls(session: Session, vault: Vault, provider_id: int) -> Sequence[tuple[ApiCall, CallContent]]:
    """A provider's last calls with what they held, the newest first."""
    theirs = select(ApiCall).where(ApiCall.provider_id == provider_id)
    found = session.scalars(theirs.order_by(ApiCall.called_at.desc(), ApiCall.id.desc()).limit(SHOWN))
    return [(each, _open(vault, each)) for each in found]


def delete_old(session: Session, at: datetime) -> None:
    """Delete calls after a week."""
    session.execute(delete(ApiCall).where(ApiCall.called_at < at - KEPT))


def _open(vault: Vault, call: ApiCall) -> CallContent:
    sealed = vault.open(call.content, ApiCall.PLACE, call.provider_id, call.id)
    return CallContent(**json.loads(zlib.decompress(sealed)))
