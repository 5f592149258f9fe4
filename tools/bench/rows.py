"""Rows for measurements, as the shop's services would leave them. Nobody signs in here, so nobody has a password: argon2 takes its time."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import count

from django.conf import settings
from django.utils import timezone

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.secrets import HINT_LENGTH, new_secret, secret_hash
from common.ids import new_id
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, LayerList, Manifest, Namespace, Tag
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.versions import version_key
from marketplace.products.models import Price, Product, ProductImage

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_numbers = count()


def digest_of(text: str) -> str:
    """Return a digest that looks like one, the same for the same text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def make_user(username: str = "") -> User:
    """Make a user with their person account."""
    name = username or f"person-{next(_numbers)}"
    return User.objects.create_user(name, f"{name}@example.test")


def make_access_token() -> tuple[User, str]:
    """Make a user with an access token for all scopes; return them and its secret."""
    user, secret = make_user(), new_secret()
    scopes = [scope.value for scope in TokenScope]
    hashed = {"secret_hash": secret_hash(secret), "hint": secret[-HINT_LENGTH:]}
    AccessToken.objects.create(user=user, name="bench", scopes=scopes, **hashed)
    return user, secret


def make_namespace(name: str = "", *, display_name: str = "Bench", image_quota: int = 0) -> Namespace:
    """Make a namespace of a new seller, whom Stripe pays."""
    number = next(_numbers)
    owner = make_user(name).account
    ready = {"charges_enabled": True, "payouts_enabled": True, "details_submitted": True, "stripe_account_id": f"acct_{number:016}"}
    SellerProfile.objects.create(account=owner, display_name=display_name, namespace_quota=1, **ready)
    quota = image_quota or settings.LAYERSTORE_IMAGES_PER_NAMESPACE
    return Namespace.objects.create(owner=owner, name=name or f"shop-{number}", skeleton=None, image_quota=quota)


def make_image(namespace: Namespace, name: str = "", *, pushed: bool = False) -> Image:
    """Reserve a name; one that is pushed to has no tags yet."""
    name = name or f"image-{next(_numbers)}"
    return Image.objects.create(
        namespace=namespace,
        owner=namespace.owner,
        name=name,
        repository=f"{namespace.name}/{name}",
        reserved_by=User.objects.get(account=namespace.owner),
        expires_at=timezone.now() + settings.LAYERSTORE_RESERVATION_LIFETIME,
        first_pushed_at=timezone.now() if pushed else None,
    )


def make_manifest(image: Image, *, platforms: Sequence[str] = ("linux/amd64",), children: Sequence[str] = ()) -> Manifest:
    """Make a described manifest: of an image, or an index where it has children."""
    return Manifest.objects.create(
        image=image,
        digest=digest_of(f"manifest {next(_numbers)}"),
        media_type=MANIFEST_TYPE,
        kind=Manifest.Kind.INDEX if children else Manifest.Kind.IMAGE,
        size=3_000_000,
        platforms=list(platforms),
        children=list(children),
        described_at=timezone.now(),
    )


def make_tag(manifest: Manifest, name: str = "1.0") -> Tag:
    """Point a tag at a manifest."""
    tag = Tag.objects.create(image=manifest.image, name=name, version=version_key(name), manifest=manifest)
    update_leading_tag(manifest.image)
    return tag


def make_pushed_image(namespace: Namespace) -> Image:
    """Make an image with one tag on a manifest of three layers."""
    image = make_image(namespace, pushed=True)
    manifest = make_tag(make_manifest(image)).manifest
    layers = [[digest_of(f"{manifest.digest} {number}"), 1_000_000, "RUN make"] for number in range(3)]
    LayerList.objects.create(manifest=manifest, rows=layers)
    return image


def make_product(
    namespace: Namespace, images: Sequence[Image], *, amount: int = 0, slug: str = "", texts: Mapping[str, str] | None = None
) -> Product:
    """Publish a product of these images, in euro; free unless it has an amount, in minor units."""
    number = next(_numbers)
    page = {"title": f"Product {number}", "summary": "Does what it says."} | dict(texts or {})
    shelf = {"slug": slug or f"product-{number}", "state": Product.State.PUBLISHED, "published_at": timezone.now()}
    product = Product.objects.create(namespace=namespace, seller=namespace.owner.seller, **shelf, **page)
    for position, image in enumerate(images):
        ProductImage.objects.create(product=product, image=image, owner_id=product.seller_id, position=position)
    Price.objects.create(product=product, amount=amount, currency="eur")
    return product


def make_entitlement(holder: Account, image: Image) -> Entitlement:
    """Let somebody pull an image, because of an order that lies elsewhere."""
    return Entitlement.objects.create(holder=holder, image=image, source_kind=Entitlement.Source.ORDER, source_id=new_id())
