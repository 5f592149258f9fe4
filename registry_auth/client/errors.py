"""How a request to the registry fails."""

from django.utils.translation import gettext_noop

from common.errors import DomainError


class RegistryAway(DomainError):
    """The registry cannot be used at all: it takes no connection, or we get no token for it. Ends a run."""

    code = "registry_away"
    status = 503


class RegistryFailed(DomainError):
    """The registry took this request and failed: the same one may succeed later. Says nothing about other requests.

    Attributes:
        kind: how it failed; the same text for all requests that fail in this way.
    """

    code = "registry_failed"
    status = 502

    def __init__(self, kind: str, *, request: str) -> None:
        super().__init__(f"The registry {kind} to {request}.")
        self.kind = kind


class RegistryRefused(DomainError):
    """The registry understood the request and refused it: repeating it changes nothing."""

    code = "registry_refused"
    status = 502


class ChildrenUnreadable(DomainError):
    """None of the manifests that an index names could be read so far. 502."""

    code = "children_unreadable"
    status = 502

    def __init__(self) -> None:
        super().__init__(gettext_noop("None of the manifests that it names can be read."))  # stored, and read on the page of the image
