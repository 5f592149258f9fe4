"""What pages and errors tell a seller to do about each requirement that a product does not meet."""

from django.utils.translation import gettext, gettext_noop, ngettext

from marketplace.products.selectors.readiness import Missing, Requirement

_TO_DO = {
    Requirement.TITLE: gettext_noop("Give it a title."),
    Requirement.IMAGES: gettext_noop("Add at least one of your images."),
    Requirement.PRICE: gettext_noop("Set a price; 0 makes it free."),
    Requirement.STRIPE: gettext_noop("Connect to Stripe, so that you can be paid."),
}


def what_to_do(missing: Missing) -> str:
    """Return one sentence that says how to meet the requirement."""
    images = gettext(" and ").join(missing.repositories)
    if missing.requirement is Requirement.PUSH:
        return gettext("Push {images} with a tag.").format(images=images)
    if missing.currencies:
        currencies = gettext(" and ").join(missing.currencies)
        return gettext("Change or remove the price in {currencies}: Stripe does not charge it for you.").format(currencies=currencies)
    if missing.repositories:
        return ngettext(
            "Remove {images}: it has been released or taken down.",
            "Remove {images}: they have been released or taken down.",
            len(missing.repositories),
        ).format(images=images)
    return gettext(_TO_DO[missing.requirement])
