"""Gifts of sellers in the API."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.models import Account
from accounts.people.requests import asker
from common.api.requests import checked
from common.text import normal_email
from marketplace.entitlements.selectors import end_of_day
from marketplace.gifts.models import LONGEST_MESSAGE, Gift
from marketplace.gifts.selectors import gifts_managed_by
from marketplace.gifts.services.ending import revoke_gift
from marketplace.gifts.services.giving import Giving, give_link, give_to_account
from marketplace.gifts.services.links import link_of
from marketplace.products.models import Edition, Product


class GiftSerializer(serializers.ModelSerializer[Gift]):
    """A product that you gave, or an organisation for which you decide."""

    seller = serializers.CharField(source="giver.handle")
    title = serializers.CharField(source="called", help_text="What is given: the product, or an edition of it.")
    account = serializers.CharField(
        source="holder.handle", default="", help_text="Handle of who has it; empty while nobody has claimed it."
    )
    state = serializers.CharField()
    link = serializers.SerializerMethodField(help_text="Only in the answer that made it, and only if it was not mailed; else empty.")

    class Meta:
        model = Gift
        fields = (
            *(
                "id",
                "seller",
                "product",
                "title",
                "email",
                "account",
                "state",
                "message",
                "reason",
                "created_at",
                "expires_at",
                "claimed_at",
            ),
            *("access_ends_at", "revoked_at", "revocation_reason", "link"),
        )
        read_only_fields = fields

    def get_link(self, gift: Gift) -> str:  # noqa: ARG002  DRF passes it
        return str(self.context.get("link", ""))


class NewGiftSerializer(serializers.Serializer[Gift]):
    """What you give to whom. Name an address or an account; without either you get a link to pass on."""

    product = serializers.PrimaryKeyRelatedField(queryset=Product.objects.all())
    edition = serializers.PrimaryKeyRelatedField(
        queryset=Edition.objects.filter(retired_at=None),
        required=False,
        allow_null=True,
        default=None,
        help_text="One of the product’s editions; left out, the whole product.",
    )
    email = serializers.EmailField(required=False, allow_blank=True, default="", max_length=254)
    account = serializers.SlugRelatedField(slug_field="handle", queryset=Account.objects.exclude(user__is_active=False), required=False)
    message = serializers.CharField(required=False, allow_blank=True, default="", max_length=LONGEST_MESSAGE)
    ends_on = serializers.DateField(required=False, allow_null=True, default=None, help_text="The last day of access, in UTC.")
    reason = serializers.CharField(max_length=500, help_text="For your records and our audit trail.")

    def validate_email(self, email: str) -> str:
        return normal_email(email)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("account") and values["email"]:
            raise serializers.ValidationError({"account": "Name an address or an account, not both."})
        return values


class RevocationSerializer(serializers.Serializer[Gift]):
    """Why a gift is taken back."""

    reason = serializers.CharField(max_length=500, help_text="Whoever has it reads this.")


class GiftViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Gift]):
    """What you gave of your products, and of the organisations for which you decide, the newest first."""

    serializer_class = GiftSerializer
    queryset = Gift.objects.none()
    lookup_value_converter = "uuid"
    filterset_fields = ("product",)

    def get_queryset(self) -> QuerySet[Gift]:
        # There is no user only while the OpenAPI document is made.
        return gifts_managed_by(self.request.user) if self.request.user.is_authenticated else self.queryset

    @extend_schema(request=NewGiftSerializer, responses={201: OpenApiResponse(GiftSerializer, "Given.")})
    def create(self, request: Request) -> Response:
        """Give access to a product of yours, without payment."""
        values = checked(NewGiftSerializer, request)
        day, account = values["ends_on"], values.get("account")
        ends_at = end_of_day(day) if day else None
        giving = Giving(values["product"], values["email"], values["message"], ends_at, edition=values["edition"])
        if account is not None:
            gift, link = give_to_account(giving=giving, holder=account, reason=values["reason"], actor=asker(request)), ""
        else:
            gift, secret = give_link(giving=giving, reason=values["reason"], actor=asker(request))
            link = "" if gift.email else link_of(secret)
        found = self.get_queryset().get(pk=gift.pk)
        return Response(GiftSerializer(found, context={"link": link}).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RevocationSerializer, responses=GiftSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: Any = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Take it back: its link no longer works, and whoever claimed it can no longer pull because of it."""
        gift = revoke_gift(gift=self.get_object(), actor=asker(request), **checked(RevocationSerializer, request))
        return Response(GiftSerializer(self.get_queryset().get(pk=gift.pk)).data)
