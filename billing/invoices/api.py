"""Invoices and credit notes for programs: of what you bought and of what you sold."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from billing.invoices.models import Document
from billing.invoices.pdf import pdf_of
from billing.invoices.selectors import documents_seen_by


class ListedDocumentSerializer(serializers.ModelSerializer[Document]):
    """A document, as lists show it."""

    number = serializers.CharField(help_text="As it is printed; without gaps for a seller and a year.")
    buyer = serializers.CharField(source="buyer.handle", help_text="Handle of who bought.")
    seller = serializers.CharField(source="seller.display_name")

    class Meta:
        model = Document
        fields: tuple[str, ...] = (
            "id",
            "number",
            "kind",
            "order",
            "refund",
            "dispute",
            "corrects",
            "buyer",
            "seller",
            "amount",
            "tax_amount",
            "currency",
            "issued_at",
        )
        read_only_fields = fields


class DocumentSerializer(ListedDocumentSerializer):
    """A document, with what it says."""

    content = serializers.DictField(help_text="What it says of seller, buyer, lines, taxes and payment, as it was when it was made.")

    class Meta(ListedDocumentSerializer.Meta):
        fields = (*ListedDocumentSerializer.Meta.fields, "language", "content")
        read_only_fields = fields


class PdfRenderer(JSONRenderer):
    """Lets programs ask for a PDF by Accept; what goes wrong is still a problem document."""

    media_type = "application/pdf"
    format = "pdf"


class DocumentFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """By order and by kind."""

    order = filters.UUIDFilter(field_name="order_id")
    kind = filters.ChoiceFilter(choices=Document.Kind.choices)


class DocumentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Document]):
    """Invoices, receipts and credit notes of your purchases and sales, and of organisations whose money you see, newest first."""

    queryset = Document.objects.none()
    filterset_class = DocumentFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Document]:
        # There is no user only while the OpenAPI document is made.
        if not self.request.user.is_authenticated:
            return self.queryset
        found = documents_seen_by(self.request.user).select_related("buyer", "seller")
        return found.defer("content") if self.action == "list" else found

    def get_serializer_class(self) -> type[ListedDocumentSerializer]:
        return ListedDocumentSerializer if self.action == "list" else DocumentSerializer

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "The document, in its language.")})
    @action(detail=True, renderer_classes=[PdfRenderer])
    def pdf(self, request: Request, pk: str) -> HttpResponse:  # noqa: ARG002  REST framework passes them
        """Get the document as PDF."""
        return HttpResponse(pdf_of(self.get_object()), content_type="application/pdf")
