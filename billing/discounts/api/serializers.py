"""What programs read and send of a seller's discounts."""

from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.organisations.models import BUYING_ROLES, Membership
from accounts.sellers.models import SellerProfile
from billing.discounts.models import LONGEST_CODE, Discount
from billing.discounts.recurring import LONGEST_MONTHS
from billing.discounts.selectors import MOST_PRODUCTS, Uses, uses_of
from billing.discounts.services import Terms
from common.currencies import LARGEST_CHARGE
from common.money import Money
from marketplace.products.api.serializers import OwnProductField
from marketplace.products.models import Edition, Product


def sellers_seen_by(user_id: Any) -> QuerySet[SellerProfile]:
    """Return those whose money the user sees: themselves, and organisations of which they are owner or billing person."""
    theirs = Membership.objects.filter(user=user_id, role__in=BUYING_ROLES).values("account")
    return SellerProfile.objects.filter(account__user=user_id) | SellerProfile.objects.filter(account__in=theirs)


class RevenueSerializer(serializers.Serializer[Money]):
    """What buyers have paid and not got back."""

    amount = serializers.IntegerField(help_text="Minor units.")
    currency = serializers.CharField()


class DiscountSerializer(serializers.ModelSerializer[Discount]):
    """A code, or an offer to one buyer, and what came of it. Its terms never change."""

    seller = serializers.CharField(source="seller.account.handle", help_text="Handle of whose it is: you, or an organisation.")
    addressee = serializers.CharField(help_text="Whose offer it is: an address or a handle; empty for a code.")
    state = serializers.ChoiceField(choices=Discount.State.choices)
    products: serializers.Field[Any, Any, Any, Any] = serializers.PrimaryKeyRelatedField(
        many=True, read_only=True, help_text="For which alone it counts; none for all."
    )
    uses = serializers.SerializerMethodField(help_text="Uses that count, purchases under way included.")
    revenue = serializers.SerializerMethodField(help_text="By currency.")

    class Meta:
        model = Discount
        fields = (
            "id",
            "seller",
            "code",
            "addressee",
            "kind",
            "percent",
            "amount",
            "currency",
            "products",
            "edition",
            "duration",
            "months",
            "most_uses",
            "most_per_customer",
            "starts_at",
            "ends_at",
            "state",
            "uses",
            "revenue",
            "created_at",
        )
        read_only_fields = fields

    def _uses(self, discount: Discount) -> Uses:
        known = cast("dict[str, Any]", self.context)
        if "uses" not in known:  # of the whole page at once
            rows = self.parent.instance if isinstance(self.parent, serializers.ListSerializer) else [discount]
            known["uses"] = uses_of([row.pk for row in rows or ()])
        found: Uses = known["uses"][discount.pk]
        return found

    def get_uses(self, discount: Discount) -> int:
        return self._uses(discount).count

    @extend_schema_field(RevenueSerializer(many=True))
    def get_revenue(self, discount: Discount) -> list[dict[str, Any]]:
        return [{"amount": money.minor, "currency": money.currency} for money in self._uses(discount).revenue]


class NewDiscountSerializer(serializers.Serializer[Discount]):
    """What a code gives: a percentage, or an amount off the prices in its currency."""

    seller = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=39, help_text="Handle of the organisation that gives it; left out, you do."
    )
    code = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_CODE,
        help_text="Left out, one is made. Upper and lower case are the same.",
    )
    percent = serializers.IntegerField(required=False, default=0, min_value=0, max_value=100)
    amount = serializers.IntegerField(required=False, default=0, min_value=0, max_value=LARGEST_CHARGE, help_text="Minor units.")
    currency = serializers.ChoiceField(
        choices=settings.LAYERSTORE_CURRENCIES, required=False, allow_blank=True, default="", help_text="Of the amount."
    )
    products = serializers.ListField(
        child=OwnProductField(queryset=Product.objects.all()),
        required=False,
        default=list,
        max_length=MOST_PRODUCTS,
        help_text="None for all.",
    )
    duration = serializers.ChoiceField(
        choices=Discount.Duration.choices,
        required=False,
        default="",
        help_text="Which payments of subscriptions it reduces: the first (`once`), those of some `months` (`repeating`) or every one"
        " (`forever`); left out, it is for single purchases alone.",
    )
    months = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=LONGEST_MONTHS, help_text="From the first payment on."
    )
    most_uses = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=10**6)
    most_per_customer = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=10**6)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="Left out, now.")
    ends_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="Left out, when you end it.")

    def validate_seller(self, handle: str) -> SellerProfile:
        """Find whose it is among those whose money the caller sees; anybody else is as if they did not exist."""
        user = self.context["request"].user
        found = sellers_seen_by(user.pk).filter(account__handle=handle or user.account.handle).first()
        if found is None:
            raise serializers.ValidationError("You do not sell as this account.", code="does_not_exist")
        return found

    def terms(self) -> Terms:
        """Return what was sent."""
        data = dict(self.validated_data)
        money = Money(data.pop("amount"), data.pop("currency") or settings.LAYERSTORE_CURRENCIES[0])
        del data["seller"]
        return Terms(money=money if money.minor else None, **data | {"products": tuple(data["products"])})


class NewOfferSerializer(serializers.Serializer[Discount]):
    """A price of its own for one buyer, which they accept once, until it ends."""

    product = OwnProductField(queryset=Product.objects.all())
    edition = serializers.PrimaryKeyRelatedField(
        queryset=Edition.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        help_text="One of the product’s, where it has some.",
    )
    email = serializers.CharField(max_length=254, help_text="An e-mail address, or the handle of an account. They get a mail with a link.")
    amount = serializers.IntegerField(min_value=0, max_value=LARGEST_CHARGE, help_text="What they pay, in minor units; 0 gives it to them.")
    currency = serializers.ChoiceField(choices=settings.LAYERSTORE_CURRENCIES, help_text="One in which the product has a price.")
    ends_at = serializers.DateTimeField()
