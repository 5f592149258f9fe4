"""What can go wrong with reports."""

from django.utils.translation import gettext

from common.errors import AccessDenied, ConflictError


class AlreadyReported(ConflictError):
    """The same person's report about the same thing still waits. 409."""

    code = "already_reported"

    def __init__(self) -> None:
        super().__init__(gettext("You have reported this already. We answer by mail once it has been looked at."))


class ReportStateConflict(ConflictError):
    """The state of the report does not allow this. 409."""

    code = "report_state_conflict"

    def __init__(self, *, state: str) -> None:
        super().__init__(gettext("This report is {state}, which does not allow it. Reload its page.").format(state=state), state=state)


class NotConcerned(AccessDenied):
    """Only somebody who acts for the account that a report is about appeals. 403; pages answer 404 before it comes to this."""

    code = "not_concerned"

    def __init__(self) -> None:
        super().__init__(gettext("This report is not about you."))
