"""What pages and errors tell a seller to do about each requirement that a product does not meet."""

from marketplace.products.selectors.readiness import Missing, Requirement

_TO_DO = {
    Requirement.TITLE: "Give it a title.",
    Requirement.IMAGES: "Add at least one of your images.",
    Requirement.PRICE: "Set a price; 0 makes it free.",
    Requirement.STRIPE: "Connect to Stripe, so that you can be paid.",
}


def what_to_do(missing: Missing) -> str:
    """Return one sentence that says how to meet the requirement."""
    if missing.requirement is Requirement.PUSH:
        return f"Push {' and '.join(missing.repositories)} with a tag."
    if missing.repositories:
        have = "it has" if len(missing.repositories) == 1 else "they have"
        return f"Remove {' and '.join(missing.repositories)}: {have} been released or taken down."
    return _TO_DO[missing.requirement]
