"""A user name and a secret, as the token endpoint takes them. Pure: knows no Django."""

from dataclasses import dataclass, field

# Docker's credential helpers and go-containerregistry send this name when the secret is an identity token.
IDENTITY_TOKEN_USER = "<token>"  # noqa: S105  a user name, not a secret


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a secret, neither checked yet."""

    username: str
    secret: str = field(repr=False)

    @property
    def names_nobody(self) -> bool:
        """Whether no user is named, so that the secret alone must identify one: only an identity token can."""
        return self.username in {"", IDENTITY_TOKEN_USER}
