"""What goes wrong with organisations' robots."""

from common.errors import ConflictError, InvalidInput, RetryLater


class InvalidRobotName(InvalidInput):
    """A robot is called like a user: docker shows it. 422."""

    code = "invalid_robot_name"
    field = "name"

    def __init__(self, *, longest: int) -> None:
        super().__init__(f"Use up to {longest} lower-case letters and digits, with single . _ or - between them.")


class RobotNameTaken(ConflictError):
    """A live robot of the organisation is called so. 409."""

    code = "robot_name_taken"
    field = "name"

    def __init__(self, *, username: str) -> None:
        super().__init__(f"There is a robot {username}. Choose another name, or replace or revoke that one.", username=username)


class TooManyRobots(ConflictError):
    """The organisation has as many live robots as one may have. 409."""

    code = "too_many_robots"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"There are {most} live robots, which is all one organisation may have. Revoke one that nothing uses.", most=most)


class TooManyNewRobots(RetryLater):
    """Each is told to all owners by mail, and nobody fills their mailboxes. 429 with Retry-After."""

    code = "too_many_new_robots"
    status = 429
    retry_after = 3600

    def __init__(self, *, most: int) -> None:
        super().__init__(
            f"{most} robots were made or replaced within a day, which is all. Try again tomorrow; revoking works at once.", most=most
        )


class RobotEnded(ConflictError):
    """It is revoked, expired or replaced: there is nothing to replace. 409."""

    code = "robot_ended"

    def __init__(self, *, username: str) -> None:
        super().__init__(f"{username} has ended or been replaced already. Make a new robot.", username=username)
