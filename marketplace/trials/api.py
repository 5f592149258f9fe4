"""Trials in the API."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.organisations.buying import buyer_named
from accounts.people.requests import asker
from common.api.requests import checked
from marketplace.products.models import Edition, Product
from marketplace.trials.models import Trial
from marketplace.trials.selectors import trials_seen_by
from marketplace.trials.services.starting import start_trial


class TrialSerializer(serializers.ModelSerializer[Trial]):
    """A product that you try, or an organisation that you buy for."""

    account = serializers.CharField(source="holder.handle", help_text="Handle of who can pull it.")
    state = serializers.CharField()

    class Meta:
        model = Trial
        fields = ("id", "product", "edition", "account", "days", "state", "started_at", "ends_at", "ended_at", "end_reason", "bought_at")
        read_only_fields = fields


class NewTrialSerializer(serializers.Serializer[Trial]):
    """What you try, and for whom."""

    product = serializers.PrimaryKeyRelatedField(queryset=Product.objects.visible())
    edition = serializers.PrimaryKeyRelatedField(
        queryset=Edition.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        help_text="Of a product that is sold in editions; leave it out to try the first one.",
    )
    buyer = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=39,
        help_text="Handle of the organisation that tries it; leave it out to try it yourself.",
    )


class TrialViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Trial]):
    """Your trials, and those of the organisations that you buy for, the newest first."""

    serializer_class = TrialSerializer
    queryset = Trial.objects.none()
    lookup_value_converter = "uuid"
    filterset_fields = ("product",)

    def get_queryset(self) -> QuerySet[Trial]:
        # There is no user only while the OpenAPI document is made.
        return trials_seen_by(self.request.user) if self.request.user.is_authenticated else self.queryset

    @extend_schema(request=NewTrialSerializer, responses={201: OpenApiResponse(TrialSerializer, "Begun.")})
    def create(self, request: Request) -> Response:
        """Try a product for as many days as its seller offers (`trial_days`), without a card.

        Each person, verified address, organisation and known payment card has one trial of a product, whichever of its editions they try.
        """
        values, user = checked(NewTrialSerializer, request), asker(request)
        holder = buyer_named(user, values["buyer"])
        trial = start_trial(product=values["product"], user=user, holder=holder, edition=values["edition"])
        return Response(TrialSerializer(trial).data, status=status.HTTP_201_CREATED)
