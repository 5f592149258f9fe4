"""Reviews in the API."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from common.api.requests import checked
from marketplace.images.ownership import accounts_sold_for
from marketplace.products.models import Product
from marketplace.reviews.models import Review
from marketplace.reviews.selectors import with_parts
from marketplace.reviews.serializers import AnswerSerializer, NewReviewSerializer, ReviewSerializer
from marketplace.reviews.services import answer_review, write_review


class ReviewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Review]):
    """What buyers say of published products."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.shown()
    lookup_value_converter = "uuid"
    filterset_fields: ClassVar[tuple[str, ...]] = ("product", "rating")

    def get_queryset(self) -> QuerySet[Review]:
        public = Q(product__in=Product.objects.visible())
        answering = Q(product__seller__in=accounts_sold_for(self.request.user.pk).values("pk"))
        return with_parts(super().get_queryset().filter(answering if self.action == "answer" else public))

    @extend_schema(request=NewReviewSerializer, responses={200: ReviewSerializer})
    def create(self, request: Request) -> Response:
        """Write your review of a product, or edit it."""
        review = write_review(user=asker(request), **checked(NewReviewSerializer, request))
        return Response(ReviewSerializer(review).data, status=status.HTTP_200_OK)

    @extend_schema(request=AnswerSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: Any = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Answer a review of your own product."""
        review = answer_review(review=self.get_object(), actor=asker(request), **checked(AnswerSerializer, request))
        return Response(ReviewSerializer(review).data)
