"""What every refused making of a credential must leave behind: nothing."""

from collections.abc import Callable

import pytest

from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from common.errors import DomainError
from outbox.mail.models import OutgoingMail


def makes_no_token(error: type[DomainError], make: Callable[[], object]) -> None:
    """Hold that the act is refused so, and that no token, trail or mail comes of it."""
    before = list(AccessToken.objects.values())
    with pytest.raises(error):
        make()
    assert list(AccessToken.objects.values()) == before
    assert not AuditEvent.objects.exists()
    assert not OutgoingMail.objects.exists()
