"""A seller's discounts, for programs."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from billing.discounts.api.serializers import DiscountSerializer, NewDiscountSerializer, NewOfferSerializer, sellers_seen_by
from billing.discounts.models import Discount
from billing.discounts.offers import make_offer
from billing.discounts.services import end_discount, make_discount, pause_discount, resume_discount
from common.api.requests import checked
from common.money import Money


class DiscountViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Discount]):
    """Your codes and offers, newest first."""

    serializer_class = DiscountSerializer
    queryset = Discount.objects.select_related("seller__account", "account").prefetch_related("products")
    filterset_fields = ("code", "kind")
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Discount]:
        return super().get_queryset().filter(seller__in=sellers_seen_by(self.request.user.pk).values("pk"))

    @extend_schema(request=NewDiscountSerializer, responses={201: DiscountSerializer})
    def create(self, request: Request) -> Response:
        """Make a code. What was bought before keeps its price."""
        body = NewDiscountSerializer(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        made = make_discount(seller=body.validated_data["seller"], terms=body.terms(), actor=asker(request))
        return Response(self.get_serializer(self.get_queryset().get(pk=made.pk)).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=NewOfferSerializer, responses={201: DiscountSerializer})
    @action(detail=False, methods=["post"])
    def offers(self, request: Request) -> Response:
        """Make an offer to one buyer and mail it to them."""
        values = checked(NewOfferSerializer, request)
        price = Money(values["amount"], values["currency"])
        made = make_offer(
            product=values["product"],
            price=price,
            to=values["email"],
            ends_at=values["ends_at"],
            actor=asker(request),
            edition=values["edition"],
        )
        return Response(self.get_serializer(self.get_queryset().get(pk=made.pk)).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=DiscountSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:  # noqa: ARG002  DRF passes it
        """Let it count for nobody until it goes on; who is paying already keeps the reduced price."""
        return self._moved(pause_discount(discount=self.get_object(), actor=asker(request)))

    @extend_schema(request=None, responses=DiscountSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:  # noqa: ARG002  DRF passes it
        """Let it count again."""
        return self._moved(resume_discount(discount=self.get_object(), actor=asker(request)))

    @extend_schema(request=None, responses=DiscountSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:  # noqa: ARG002  DRF passes it
        """End it for good."""
        return self._moved(end_discount(discount=self.get_object(), actor=asker(request)))

    def _moved(self, discount: Discount) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=discount.pk)).data)
