"""Orders for programs: what you bought, and buying."""

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.organisations.buying import buyer_named, buyers_of
from accounts.people.requests import asker
from billing.checkout.amounts import Wish
from billing.checkout.concurrency import open_checkout_exclusively
from billing.checkout.placing import place_order
from billing.credits.models import Credit
from billing.discounts.models import LONGEST_CODE
from billing.discounts.trying import try_code
from billing.gifts.models import OrderGift
from billing.gifts.services import GiftWish
from billing.orders.models import Order, OrderImage
from billing.orders.selectors import orders_of_buyers, orders_seen_by
from billing.refunds.api import RefundSerializer
from common.api.requests import checked
from common.currencies import LARGEST_CHARGE
from common.text import normal_email
from marketplace.gifts.models import LONGEST_MESSAGE
from marketplace.products.models import Product


class ListedImageSerializer(serializers.ModelSerializer[OrderImage]):
    """An image that was sold."""

    class Meta:
        model = OrderImage
        fields: tuple[str, ...] = ("repository", "featured_tag", "tag_count")
        read_only_fields = fields


class OrderImageSerializer(ListedImageSerializer):
    """An image as it was sold."""

    digests = serializers.DictField(
        child=serializers.CharField(), help_text="Tag → digest at the sale: the version that its page led with, and the newest tags."
    )

    class Meta(ListedImageSerializer.Meta):
        fields = (*ListedImageSerializer.Meta.fields, "digests")
        read_only_fields = fields


class WishSerializer(serializers.Serializer[OrderGift]):
    """For whom something is bought."""

    email = serializers.EmailField(
        required=False,
        allow_blank=True,
        default="",
        max_length=254,
        help_text="Where the link to claim it goes once it is paid; left out, it is mailed to you, to pass on.",
    )
    message = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST_MESSAGE, help_text="The recipient reads it, with your name."
    )

    def validate_email(self, email: str) -> str:
        return normal_email(email)


class CreditSerializer(serializers.ModelSerializer[Credit]):
    """An earlier order that made this one cheaper."""

    order = serializers.UUIDField(source="earlier_id")

    class Meta:
        model = Credit
        fields = ("order", "amount")
        read_only_fields = fields


class ListedOrderSerializer(serializers.ModelSerializer[Order]):
    """A purchase, as lists show it: digests, refunds and where to pay are with the order itself only."""

    number = serializers.CharField(help_text="A short name for people.")
    buyer = serializers.CharField(source="buyer.handle", help_text="Handle of who bought: you, or an organisation.")
    placed_by = serializers.CharField(source="placed_by.username", help_text="User name of who placed it.")
    seller = serializers.CharField(source="seller.display_name")
    images = ListedImageSerializer(many=True)

    class Meta:
        model = Order
        fields: tuple[str, ...] = (
            "id",
            "number",
            "buyer",
            "placed_by",
            "product",
            "product_title",
            "seller",
            "state",
            "amount",
            "currency",
            "discount_amount",
            "discount_code",
            "credit_amount",
            "refunded_amount",
            "images",
            "created_at",
            "paid_at",
            "closed_at",
        )
        read_only_fields = fields


class OrderSerializer(ListedOrderSerializer):
    """A purchase, as it was made."""

    images = OrderImageSerializer(many=True)
    refunds = RefundSerializer(many=True)
    credits = CreditSerializer(many=True)
    gift = WishSerializer(read_only=True, allow_null=True, help_text="For whom it was bought; null for the buyer.")
    checkout_url = serializers.SerializerMethodField(help_text="Where to pay, in a browser; empty once there is nothing to pay.")

    class Meta(ListedOrderSerializer.Meta):
        fields = (*ListedOrderSerializer.Meta.fields, "refunds", "credits", "gift", "checkout_url")
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_checkout_url(self, order: Order) -> str:
        return order.checkout_url if order.state == Order.State.PENDING else ""


class NewOrderSerializer(serializers.Serializer[Order]):
    """What you buy, at which of the product's prices, or with a code for less. What you paid for a part of it before is credited."""

    product = serializers.UUIDField(help_text="A published product with a price.")
    buyer = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=39, help_text="Handle of the organisation that buys; left out, you do."
    )
    price = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Id of one of the product's `prices`, which says the edition too; left out, the leading one of the first.",
    )
    amount = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=LARGEST_CHARGE,
        help_text="Where buyers pay what they want: minor units of the price's currency. Elsewhere it says nothing.",
    )
    code = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_CODE,
        help_text="A discount code; one that does not count buys nothing.",
    )
    gift = WishSerializer(required=False, allow_null=True, default=None, help_text="For somebody else; left out, it is for the buyer.")


class OrderFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """By state, by product and by buyer: an id or a handle that does not exist finds nothing, and neither does a stranger's."""

    state = filters.ChoiceFilter(choices=Order.State.choices)
    product = filters.UUIDFilter(field_name="product_id")
    buyer = filters.CharFilter(field_name="buyer__handle", label="Handle of who bought.")


class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Order]):
    """Purchases of yours and of the organisations you buy for, newest first."""

    serializer_class = OrderSerializer
    queryset = Order.objects.none()
    filterset_class = OrderFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Order]:
        # There is no user only while the OpenAPI document is made.
        if not self.request.user.is_authenticated:
            return self.queryset
        return orders_of_buyers(buyers_of(self.request.user)) if self.action == "list" else orders_seen_by(self.request.user)

    def get_serializer_class(self) -> type[ListedOrderSerializer]:
        return ListedOrderSerializer if self.action == "list" else OrderSerializer

    @extend_schema(
        request=NewOrderSerializer,
        responses={201: OpenApiResponse(OrderSerializer, "Placed, or resumed: pay at `checkout_url`, in a browser.")},
    )
    def create(self, request: Request) -> Response:
        """Buy a product at one of its prices, for yourself, an organisation or somebody else.

        Buying again resumes the order that is being paid.
        """
        user, values = asker(request), checked(NewOrderSerializer, request)
        product = Product.objects.visible().filter(pk=values["product"]).first()
        if product is None:
            raise Http404
        buyer, wish = buyer_named(user, values["buyer"]), Wish(values["price"], values["amount"])
        discount = try_code(values["code"], product=product, request=request._request) if values["code"] else None  # noqa: SLF001  as throttles do
        gift = GiftWish(**values["gift"]) if values["gift"] is not None else None
        order = place_order(product=product, user=user, buyer=buyer, wish=wish, discount=discount, gift=gift)
        open_checkout_exclusively(order=order)
        return Response(self.get_serializer(self.get_queryset().get(pk=order.pk)).data, status=status.HTTP_201_CREATED)
