"""What the rules about names, images and products refuse."""

from collections.abc import Mapping

from common.errors import AccessDenied, ConflictError, DomainError, InvalidInput


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
    """The actor acts on what belongs to somebody else. 403; pages answer 404 before it comes to this."""

    code = "not_yours"

    def __init__(self) -> None:
        super().__init__("This belongs to somebody else.")


class NothingToPull(AccessDenied):
    """A credential would be for no image, or for one that it would not open. 403."""

    code = "nothing_to_pull"
    field = "images"

    def __init__(self) -> None:
        super().__init__("Choose images that are yours to pull or push: your own, and those in your library.")


class LimitedTokenUsesNoApi(InvalidInput):
    """The API reaches past the images that a token is limited to. 422."""

    code = "limited_token_uses_no_api"
    field = "images"

    def __init__(self) -> None:
        super().__init__("A token that may use the API is for all images. Leave out the API, or choose no image.")


class SellerIsSuspended(AccessDenied):
    """A suspended seller reserves nothing and publishes nothing. 403."""

    code = "seller_suspended"

    def __init__(self) -> None:
        super().__init__("Your shop is suspended. Write to us to settle it; buyers keep what they bought.")


class NoMoreRoom(ConflictError):
    """The seller stores as much as one seller may. 409."""

    code = "no_more_room"


class NamespaceTaken(ConflictError):
    """The namespace belongs to somebody. 409."""

    code = "namespace_taken"
    field = "name"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"{name} is taken. Choose another name.", name=name)


class NamespaceLooksAlike(ConflictError):
    """The namespace looks like somebody's. 409; staff may clear the other one."""

    code = "namespace_looks_alike"
    field = "name"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"{name} looks too much like a name that is taken. Choose another one, or write to us.", name=name)


class NamespaceQuotaReached(ConflictError):
    """The seller holds as many namespaces as they may. 409."""

    code = "namespace_quota_reached"

    def __init__(self, *, quota: int) -> None:
        held = "a namespace" if quota == 1 else f"{quota} namespaces"
        super().__init__(f"You have {held}, and that is all for now. Write to us if you need more.", quota=quota)


class ImageNameAlreadyReserved(ConflictError):
    """The name belongs to somebody, or is a tombstone. 409."""

    code = "image_name_already_reserved"
    field = "name"

    def __init__(self, *, repository: str) -> None:
        super().__init__(f"{repository} is taken. Choose another name.", repository=repository)


class ImageQuotaReached(ConflictError):
    """The namespace holds as many images as it may. 409."""

    code = "image_quota_reached"

    def __init__(self, *, namespace: str, quota: int) -> None:
        super().__init__(f"{namespace} holds {quota} images, and that is all for now. Release one that you do not need.", quota=quota)


class ImageStateConflict(ConflictError):
    """The image is not in a state that allows the act. 409."""

    code = "image_state_conflict"

    def __init__(self, *, repository: str, sentence: str) -> None:
        super().__init__(sentence, repository=repository)


class UnknownTag(InvalidInput):
    """The image has no such tag that buyers see. 422."""

    code = "unknown_tag"
    field = "featured_tag"

    def __init__(self, *, repository: str, tag: str) -> None:
        super().__init__(f"{repository} has no tag {tag} that buyers see. Choose one of its tags.", repository=repository)


class ManifestIsReadable(ConflictError):
    """Sellers remove only what nobody could read: buyers may depend on the rest. 409."""

    code = "manifest_is_readable"

    def __init__(self, *, digest: str) -> None:
        super().__init__(f"{digest} is in order, and buyers may have it. Push the tag again to replace it.")


class ImageOnSale(ConflictError):
    """A published product contains the image. 409."""

    code = "image_on_sale"

    def __init__(self, *, repository: str) -> None:
        super().__init__(f"{repository} is on sale. Withdraw the products that contain it first.", repository=repository)


class ForeignImage(InvalidInput):
    """A product may contain only its seller's own images. 422."""

    code = "foreign_image"
    field = "images"

    def __init__(self) -> None:
        super().__init__("Choose images of your own: a product may contain no others.")


class ImageNotUsable(ConflictError):
    """The image has ended or is taken down, so that nothing can be sold with it. 409."""

    code = "image_not_usable"
    field = "images"

    def __init__(self, *, repository: str) -> None:
        super().__init__(f"{repository} has been released or taken down. Leave it out.", repository=repository)


class SlugTaken(ConflictError):
    """Another product of the shop has this address. 409."""

    code = "slug_taken"
    field = "slug"

    def __init__(self, *, slug: str) -> None:
        super().__init__(f"You have a product at {slug} already. Choose another address.", slug=slug)


class SlugNamesAnotherImage(ConflictError):
    """The page would stand where buyers expect an image that is not in it. 409."""

    code = "slug_names_another_image"
    field = "slug"

    def __init__(self, *, repository: str) -> None:
        super().__init__(f"{repository} is an image outside this product. Put it in, or choose another address.", repository=repository)


class SlugFixed(ConflictError):
    """People have the address of a product that was ever published. 409."""

    code = "slug_fixed"
    field = "slug"

    def __init__(self) -> None:
        super().__init__("The address stays as it is once a product has been published: people have it.")


class InvalidProduct(InvalidInput):
    """A field of the product does not fit. 422."""

    code = "invalid_product"

    def __init__(self, *, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class ProductStateConflict(ConflictError):
    """The product's state does not lead where it shall go. 409."""

    code = "product_state_conflict"

    def __init__(self, *, state: str, target: str) -> None:
        super().__init__(f"A {state} product cannot become {target}.", state=state, target=target)


class ProductNotReady(ConflictError):
    """Something is missing before the product can be published. 409; `context["missing"]` lists the steps."""

    code = "product_not_ready"

    def __init__(self, *, missing: Mapping[str, str]) -> None:
        super().__init__(" ".join(missing.values()), missing=list(missing))


class InvalidPrice(InvalidInput):
    """The amount or the currency cannot be charged. 422."""

    code = "invalid_price"

    def __init__(self, *, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class PictureRefused(InvalidInput):
    """The file is no picture that we show. 422."""

    code = "picture_refused"
    field = "file"


class TooManyPictures(ConflictError):
    """The product has as many pictures as it may. 409."""

    code = "too_many_pictures"
    field = "file"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"A product shows {most} pictures at most. Remove one first.", most=most)


class ProductNotOnOffer(ConflictError):
    """The product cannot be had at this moment. 409."""

    code = "product_not_on_offer"

    def __init__(self) -> None:
        super().__init__("This product is not on offer at the moment. What you own stays in your library.")


class ProductNotFree(ConflictError):
    """The product has a price by now. 409."""

    code = "product_not_free"

    def __init__(self) -> None:
        super().__init__("This product has a price now. Reload its page to see it.")


class OwnProduct(ConflictError):
    """Sellers do not buy or get what is theirs, for whomever: they can pull it, and a sale to oneself only looks like one. 409."""

    code = "own_product"

    def __init__(self) -> None:
        super().__init__("This product is your own: you can pull its images already.")


class ImageNameFree(DomainError):
    """The image's name is free again: nothing can be granted on it. 409."""

    code = "image_name_free"
    status = 409

    def __init__(self, *, repository: str) -> None:
        super().__init__(f"{repository} was given up and its name is free. Nobody can be given it.", repository=repository)


class EntitlementIsBought(ConflictError):
    """Staff cannot take back what was paid for. 409."""

    code = "entitlement_is_bought"

    def __init__(self) -> None:
        super().__init__("This was paid for. Refund the order: a full refund ends the right to pull.")


class EntitlementIsRevoked(ConflictError):
    """It has ended already. 409."""

    code = "entitlement_is_revoked"

    def __init__(self) -> None:
        super().__init__("This has been revoked already. Nothing is left to take back.")
