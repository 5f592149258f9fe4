"""Who sells a product."""

from accounts.organisations.models import Membership
from accounts.people.models import User
from marketplace.images.ownership import owns
from marketplace.products.models import Product


def sells(user: User, product: Product) -> bool:
    """Whether the user acts for the product's seller: their own account, or an organisation that they belong to in any role."""
    return owns(user, product.seller_id) or Membership.objects.filter(user=user, account=product.seller_id).exists()
