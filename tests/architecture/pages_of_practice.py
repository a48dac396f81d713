"""The pages of who practises or is exempt, with things to show."""

from collections.abc import Callable

from portal.core.models import CredentialKind


def pages_of_practice(connection: Callable[..., dict]) -> dict:
    """The connection page as those see it, drawn from what the others see."""

    def practising() -> dict:
        page = connection()
        page["connected"].kind, page["connected"].integrator_code = CredentialKind.SANDBOX, None
        return page | {"in_sandbox_mode": True}

    return {
        ("dashboard/iys/connection.html", "who practises"): practising,
        ("dashboard/iys/connection.html", "who is exempt"): lambda: connection(connected=None) | {"is_exempt": True},
    }
