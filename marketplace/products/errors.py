"""What can go wrong with products, prices and pictures."""

from collections.abc import Mapping

from django.utils.translation import gettext, ngettext, pgettext_lazy

from common.errors import ConflictError, InvalidInput

_STATES = {
    "draft": pgettext_lazy("a product that is", "draft"),
    "published": pgettext_lazy("a product that is", "published"),
    "withdrawn": pgettext_lazy("a product that is", "withdrawn"),
    "suspended": pgettext_lazy("a product that is", "suspended"),
}


class NoMoreRoom(ConflictError):
    """The seller has reached one of the limits that each seller has. 409."""

    code = "no_more_room"


class ForeignImage(InvalidInput):
    """A product may contain only its seller's own images. 422."""

    code = "foreign_image"
    field = "images"

    def __init__(self) -> None:
        super().__init__(gettext("Choose images of your own. A product cannot contain those of somebody else."))


class ImageNotUsable(ConflictError):
    """The image has ended or is taken down, so that nothing can be sold with it. 409."""

    code = "image_not_usable"
    field = "images"

    def __init__(self, *, repository: str) -> None:
        super().__init__(
            gettext("{repository} has been released or taken down. Remove it from the product.").format(repository=repository),
            repository=repository,
        )


class SlugTaken(ConflictError):
    """Another product in the namespace has this address. 409."""

    code = "slug_taken"
    field = "slug"

    def __init__(self, *, slug: str) -> None:
        super().__init__(gettext("You have a product at {slug} already. Choose another address.").format(slug=slug), slug=slug)


class SlugNamesAnotherImage(ConflictError):
    """The address is that of an image which buyers would not get here. 409."""

    code = "slug_names_another_image"
    field = "slug"

    def __init__(self, *, repository: str) -> None:
        super().__init__(
            gettext("{repository} is an image that is not in this product. Add it, or choose another address.").format(
                repository=repository
            ),
            repository=repository,
        )


class SlugFixed(ConflictError):
    """The address of a product cannot change once it has been published. 409."""

    code = "slug_fixed"
    field = "slug"

    def __init__(self) -> None:
        super().__init__(gettext("The address of a product that has been published cannot change, because people use it."))


class InvalidProduct(InvalidInput):
    """A field of the product is invalid. 422."""

    code = "invalid_product"

    def __init__(self, *, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class EditedMeanwhile(ConflictError):
    """The product was saved by somebody else, or in another tab, after the editor had been opened. 409."""

    code = "edited_meanwhile"

    def __init__(self, *, revision: int) -> None:
        super().__init__(
            gettext("This product was saved elsewhere since you opened it. Both texts are below: take what you need, then save again."),
            revision=revision,
        )


class UnsavedElsewhere(ConflictError):
    """The same unsaved text is open in another tab, which has kept it meanwhile. 409."""

    code = "unsaved_elsewhere"

    def __init__(self) -> None:
        super().__init__(gettext("This text is open in another tab too. What you type here is kept apart from it."))


class UnsavedTooLong(InvalidInput):
    """What was typed is longer than anything that could be saved. 422."""

    code = "unsaved_too_long"

    def __init__(self) -> None:
        super().__init__(gettext("This is too long to be kept. Make it shorter."))


class ProductStateConflict(ConflictError):
    """The product cannot go from its state to the one that was asked for. 409."""

    code = "product_state_conflict"

    def __init__(self, *, state: str, target: str) -> None:
        super().__init__(
            gettext("A {state} product cannot become {target}.").format(state=_STATES[state], target=_STATES[target]),
            state=state,
            target=target,
        )


class ProductNotReady(ConflictError):
    """The product does not meet a requirement for publication. 409; `context["missing"]` lists the requirements."""

    code = "product_not_ready"

    def __init__(self, *, missing: Mapping[str, str]) -> None:
        super().__init__(" ".join(missing.values()), missing=list(missing))


class InvalidPrice(InvalidInput):
    """The amount or the currency cannot be charged. 422.

    Attributes:
        row: which of several prices it is, counted from 0.
    """

    code = "invalid_price"

    def __init__(self, *, field: str, sentence: str, row: int = 0) -> None:
        super().__init__(sentence)
        self.field, self.row = field, row


class InvalidEdition(InvalidInput):
    """A field of an edition is invalid. 422."""

    code = "invalid_edition"

    def __init__(self, *, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class EditionLeftEmpty(ConflictError):
    """An edition would be left without an image. 409."""

    code = "edition_left_empty"
    field = "images"

    def __init__(self, *, name: str) -> None:
        super().__init__(gettext("The edition {name} would be left with nothing. Change or retire it first.").format(name=name), name=name)


class EditionNameTaken(ConflictError):
    """Another edition of the product has this name. 409."""

    code = "edition_name_taken"
    field = "name"

    def __init__(self, *, name: str) -> None:
        super().__init__(gettext("There is an edition {name} already. Choose another name.").format(name=name), name=name)


class TooManyEditions(ConflictError):
    """The product has as many editions as it may have. 409."""

    code = "too_many_editions"

    def __init__(self, *, most: int) -> None:
        super().__init__(gettext("A product has at most {most} editions. Retire one first.").format(most=most), most=most)


class EditionRetired(ConflictError):
    """The edition is no longer sold, and stays as it is. 409."""

    code = "edition_retired"

    def __init__(self) -> None:
        super().__init__(gettext("This edition was retired. Add a new one."))


class SoldInEditions(ConflictError):
    """The product has editions, each of which has a price of its own. 409."""

    code = "sold_in_editions"

    def __init__(self) -> None:
        super().__init__(gettext("This product is sold in editions. Set the price of each of them."))


class PriceChanged(ConflictError):
    """The price that the buyer was shown is not one of the product's any more. 409."""

    code = "price_changed"

    def __init__(self) -> None:
        super().__init__(gettext("The price has changed since you opened the page. Nothing was charged. Look at the new one, then buy."))


class BundleAcrossNamespaces(ConflictError):
    """A product sells images of two namespaces, which cannot have two owners. 409."""

    code = "bundle_across_namespaces"

    def __init__(self, *, title: str) -> None:
        super().__init__(
            gettext("{title} sells images of this namespace and of another one. Take one of them out of it first.").format(title=title)
        )


class PictureRefused(InvalidInput):
    """The file is not a picture that we can show. 422."""

    code = "picture_refused"
    field = "file"


class TooManyPictures(ConflictError):
    """The product has as many pictures as it may have. 409."""

    code = "too_many_pictures"
    field = "file"

    def __init__(self, *, most: int) -> None:
        message = ngettext(
            "A product can have {most} picture at most. Remove it first.",
            "A product can have {most} pictures at most. Remove one first.",
            most,
        )
        super().__init__(message.format(most=most), most=most)


class PictureGone(ConflictError):
    """The picture was removed meanwhile. 409."""

    code = "picture_gone"

    def __init__(self) -> None:
        super().__init__(gettext("This picture has been removed. Reload the page."))


class ProductNotOffered(ConflictError):
    """The product cannot be had at the moment. 409."""

    code = "product_not_offered"

    def __init__(self) -> None:
        super().__init__(gettext("This product is not on offer at the moment. What you own stays in your library."))
