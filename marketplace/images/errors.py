"""What can go wrong with names, namespaces and pushed manifests."""

from collections.abc import Collection

from django.utils.translation import gettext, gettext_noop, ngettext

from accounts.organisations.models import BUYING_ROLES, EDITING_ROLES, MANAGING_ROLES, SELLING_ROLES, Role
from common.errors import AccessDenied, ConflictError, DomainError, InvalidInput

_ONLY = {
    frozenset(MANAGING_ROLES): gettext_noop("In this organisation only owners do this. Ask one of them, or an owner for another role."),
    frozenset(EDITING_ROLES): gettext_noop(
        "In this organisation only owners and editors do this. Ask one of them, or an owner for another role."
    ),
    frozenset(BUYING_ROLES): gettext_noop(
        "In this organisation only owners and billing people do this. Ask one of them, or an owner for another role."
    ),
    frozenset(SELLING_ROLES): gettext_noop(
        "In this organisation only owners, editors and billing people do this. Ask one of them, or an owner for another role."
    ),
}


class InvalidName(InvalidInput):
    """The name breaks a rule of its kind; `context["rule"]` says which. 422."""

    code = "invalid_name"
    field = "name"

    def __init__(self, *, rule: str, sentence: str) -> None:
        super().__init__(sentence, rule=str(rule))
        self.rule = rule


class InvalidImageName(InvalidName):
    """The last part of a repository breaks a rule. 422."""

    code = "invalid_image_name"


class InvalidNamespaceName(InvalidName):
    """The first part of a repository breaks a rule. 422."""

    code = "invalid_namespace_name"


class InvalidSlug(InvalidName):
    """The last part of a product's address breaks a rule. 422."""

    code = "invalid_slug"
    field = "slug"


class NotYours(AccessDenied):
    """The actor tries to change something that belongs to somebody else. 403; pages answer 404 before it comes to this."""

    code = "not_yours"

    def __init__(self) -> None:
        super().__init__(gettext("This belongs to somebody else."))


class RoleNotEnough(AccessDenied):
    """The actor belongs to the organisation that sells, in a role that does not do this. 403."""

    code = "role_not_enough"

    def __init__(self, *, roles: Collection[Role]) -> None:
        super().__init__(gettext(_ONLY[frozenset(roles)]))


class SellerIsSuspended(AccessDenied):
    """A suspended seller can neither reserve nor publish. 403."""

    code = "seller_suspended"

    def __init__(self) -> None:
        super().__init__(gettext("Your shop is suspended. Write to us to resolve it. Your buyers keep what they bought."))


class NamespaceTaken(ConflictError):
    """Somebody has the namespace already. 409."""

    code = "namespace_taken"
    field = "name"

    def __init__(self, *, name: str) -> None:
        super().__init__(gettext("{name} is taken. Choose another name.").format(name=name), name=name)


class NamespaceLooksAlike(ConflictError):
    """The namespace looks like one that somebody has. 409; staff may clear the other one's skeleton."""

    code = "namespace_looks_alike"
    field = "name"

    def __init__(self, *, name: str) -> None:
        super().__init__(
            gettext("{name} looks too much like a name that is taken. Choose another name, or write to us.").format(name=name), name=name
        )


class NamespaceQuotaReached(ConflictError):
    """The seller holds as many namespaces as they may. 409."""

    code = "namespace_quota_reached"

    def __init__(self, *, quota: int) -> None:
        message = ngettext(
            "You have one namespace, which is your limit. Write to us if you need more.",
            "You have {quota} namespaces, which is your limit. Write to us if you need more.",
            quota,
        )
        super().__init__(message.format(quota=quota), quota=quota)


class ImageNameAlreadyReserved(ConflictError):
    """The name belongs to somebody, or is a tombstone. 409."""

    code = "image_name_already_reserved"
    field = "name"

    def __init__(self, *, repository: str) -> None:
        super().__init__(gettext("{repository} is taken. Choose another name.").format(repository=repository), repository=repository)


class ImageQuotaReached(ConflictError):
    """The namespace holds as many images as it may. 409."""

    code = "image_quota_reached"

    def __init__(self, *, namespace: str, quota: int) -> None:
        message = ngettext(
            "{namespace} holds {quota} image, which is its limit. Give it up if you do not need it.",
            "{namespace} holds {quota} images, which is its limit. Give up one that you do not need.",
            quota,
        )
        super().__init__(message.format(namespace=namespace, quota=quota), quota=quota)


class ImageStateConflict(ConflictError):
    """The state of the image does not allow this. 409."""

    code = "image_state_conflict"

    def __init__(self, *, repository: str, sentence: str) -> None:
        super().__init__(sentence, repository=repository)


class UnknownTag(InvalidInput):
    """Buyers see no such tag on the image. 422."""

    code = "unknown_tag"
    field = "featured_tag"

    def __init__(self, *, repository: str, tag: str) -> None:
        super().__init__(
            gettext("Buyers see no tag {tag} on {repository}. Choose one of its tags.").format(tag=tag, repository=repository),
            repository=repository,
        )


class ManifestIsReadable(ConflictError):
    """Sellers may remove only what nobody can read: buyers may depend on everything else. 409."""

    code = "manifest_is_readable"

    def __init__(self, *, digest: str) -> None:
        super().__init__(gettext("{digest} can be read, so buyers may have it. Push the tag again to replace it.").format(digest=digest))


class SoldContentKept(ConflictError):
    """Somebody has bought the image, so nothing that was pushed to it is deleted. 409."""

    code = "sold_content_kept"

    def __init__(self, *, repository: str) -> None:
        super().__init__(
            gettext(
                "Somebody has bought {repository}, so nothing of it is deleted. Push the tag again to replace what it points at."
            ).format(repository=repository)
        )


class ImageOnSale(ConflictError):
    """A published product contains the image. 409."""

    code = "image_on_sale"

    def __init__(self, *, repository: str) -> None:
        super().__init__(
            gettext("{repository} is on sale. Withdraw the products that contain it first.").format(repository=repository),
            repository=repository,
        )


class ImageNameFree(DomainError):
    """The image's name was freed, so nothing can be granted on it. 409."""

    code = "image_name_free"
    status = 409

    def __init__(self, *, repository: str) -> None:
        super().__init__(
            gettext("{repository} was given up, and its name is free. Nobody can be given pull access to it.").format(
                repository=repository
            ),
            repository=repository,
        )
