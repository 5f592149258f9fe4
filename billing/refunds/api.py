"""Refunds for programs: those of what you sold, and giving money back."""

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from billing.orders.selectors import sales_seen_by
from billing.refunds.models import Refund
from billing.refunds.services import refund_by_seller
from common.api.requests import checked
from common.currencies import LARGEST_CHARGE
from common.money import Money


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """Money that has gone back, or is about to."""

    class Meta:
        model = Refund
        fields: tuple[str, ...] = ("id", "amount", "state", "created_at", "settled_at")
        read_only_fields = fields


class SaleRefundSerializer(RefundSerializer):
    """Money of a sale that has gone back, or is about to."""

    currency = serializers.CharField(source="order.currency")
    origin = serializers.ChoiceField(choices=Refund.Origin.choices, help_text="Whose decision it was.")
    reason = serializers.SerializerMethodField(help_text="As you gave it; empty where it was not your decision.")

    class Meta(RefundSerializer.Meta):
        fields = ("id", "order", "amount", "currency", "state", "origin", "reason", "created_at", "settled_at")
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_reason(self, refund: Refund) -> str:
        return refund.reason if refund.origin == Refund.Origin.SELLER else ""


class NewRefundSerializer(serializers.Serializer[Refund]):
    """What goes back of which sale, and why."""

    order = serializers.UUIDField(help_text="A sale of yours, or of an organisation whose money you see; its documents name it.")
    amount = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=LARGEST_CHARGE,
        help_text="Minor units of the order's currency; left out, all that is left, which ends pull access.",
    )
    reason = serializers.CharField(max_length=500, help_text="The buyer reads it in the mail about the refund.")
    left = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=LARGEST_CHARGE,
        help_text="What was left of the order when you decided, in minor units. With it, the same request again gives nothing back twice.",
    )


class RefundFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """By order and by state."""

    order = filters.UUIDFilter(field_name="order_id")
    state = filters.ChoiceFilter(choices=Refund.State.choices)


class RefundViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Refund]):
    """Refunds of your sales, and of organisations whose money you see, newest first. Those of a purchase are with its order."""

    serializer_class = SaleRefundSerializer
    queryset = Refund.objects.none()
    filterset_class = RefundFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Refund]:
        # There is no user only while the OpenAPI document is made.
        if not self.request.user.is_authenticated:
            return self.queryset
        return Refund.objects.filter(order__in=sales_seen_by(self.request.user)).select_related("order")

    @extend_schema(
        request=NewRefundSerializer,
        responses={201: OpenApiResponse(SaleRefundSerializer, "Promised; its `state` says soon what Stripe made of it.")},
    )
    def create(self, request: Request) -> Response:
        """Give money of a sale back, as its page does: the transfer and our fee go back in proportion."""
        user, values = asker(request), checked(NewRefundSerializer, request)
        order = sales_seen_by(user).filter(pk=values["order"]).first()
        if order is None:
            raise Http404
        amount = None if values["amount"] is None else Money(values["amount"], order.currency)
        refund = refund_by_seller(order=order, amount=amount, reason=values["reason"], actor=user, shown=values["left"])
        return Response(self.get_serializer(refund).data, status=status.HTTP_201_CREATED)
