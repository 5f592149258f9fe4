"""What goes wrong with organisations' robots."""

from django.utils.translation import gettext

from common.errors import ConflictError, InvalidInput, RetryLater


class InvalidRobotName(InvalidInput):
    """A robot's name follows the rules of user names, for docker shows it. 422."""

    code = "invalid_robot_name"
    field = "name"

    def __init__(self, *, longest: int) -> None:
        super().__init__(
            gettext("Use up to {longest} lower-case letters and digits, with single . _ or - between them.").format(longest=longest)
        )


class RobotNameTaken(ConflictError):
    """A live robot of the organisation has this name. 409."""

    code = "robot_name_taken"
    field = "name"

    def __init__(self, *, username: str) -> None:
        message = gettext("There is already a robot {username}. Choose another name, or replace or revoke that one.")
        super().__init__(message.format(username=username), username=username)


class TooManyRobots(ConflictError):
    """The organisation already has the most live robots that one may have. 409."""

    code = "too_many_robots"

    def __init__(self, *, most: int) -> None:
        message = gettext("There are {most} live robots, the most that an organisation may have. Revoke one that nobody uses.")
        super().__init__(message.format(most=most), most=most)


class TooManyNewRobots(RetryLater):
    """All owners get a mail about each new robot, and nobody may flood their mailboxes. 429 with Retry-After."""

    code = "too_many_new_robots"
    status = 429
    retry_after = 3600

    def __init__(self, *, most: int) -> None:
        message = gettext("{most} robots were made or replaced within a day, which is the limit. Try again tomorrow; revoking still works.")
        super().__init__(message.format(most=most), most=most)


class PushingRobotNeedsImages(InvalidInput):
    """A robot pushes only to images that its owners have named. 422."""

    code = "pushing_robot_needs_images"
    field = "images"

    def __init__(self) -> None:
        super().__init__(gettext("Choose the images that the robot may push. A robot for all images can only pull."))


class RobotEnded(ConflictError):
    """It has been revoked or replaced, or has expired: there is nothing to replace. 409."""

    code = "robot_ended"

    def __init__(self, *, username: str) -> None:
        super().__init__(
            gettext("{username} has already ended or been replaced. Make a new robot.").format(username=username), username=username
        )
