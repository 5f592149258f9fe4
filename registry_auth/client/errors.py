"""What the registry answers instead of what it was asked for."""

from common.errors import DomainError


class RegistryAway(DomainError):
    """Nobody can ask the registry anything: it takes no connection, or there is no token to show. Ends a run."""

    code = "registry_away"
    status = 503


class RegistryFailed(DomainError):
    """The registry took this question and had no answer to it: the same one may succeed later. Says nothing about other questions.

    Attributes:
        kind: how it failed, the same for all questions that fail so.
    """

    code = "registry_failed"
    status = 502

    def __init__(self, kind: str, *, asked: str) -> None:
        super().__init__(f"The registry {kind} to {asked}.")
        self.kind = kind


class RegistryRefused(DomainError):
    """The registry understood and said no: asking again changes nothing."""

    code = "registry_refused"
    status = 502


class ChildrenUnreadable(DomainError):
    """An index names nothing that could be read so far. 502."""

    code = "children_unreadable"
    status = 502

    def __init__(self) -> None:
        super().__init__("None of the manifests that it names can be read.")
