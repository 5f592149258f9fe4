"""The requester's reports."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from common.api.requests import checked
from marketplace.moderation.models import Report
from marketplace.moderation.selectors import reports_by
from marketplace.moderation.serializers import NewReportSerializer, ReportSerializer
from marketplace.moderation.services import make_report
from marketplace.moderation.targets import find_target


class ReportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Report]):
    """What you have reported, and what became of it."""

    serializer_class = ReportSerializer
    queryset = Report.objects.all()
    lookup_value_converter = "uuid"
    filterset_fields = ("about", "kind", "state")

    def get_queryset(self) -> QuerySet[Report]:
        return reports_by(asker(self.request))

    @extend_schema(request=NewReportSerializer, responses={201: ReportSerializer})
    def create(self, request: Request) -> Response:
        """Report something to the staff of the shop. They answer by mail, and here."""
        values = checked(NewReportSerializer, request)
        target = find_target(values["about"], values["target_id"], asker(request))
        if target is None:
            raise NotFound
        report = make_report(target=target, kind=values["kind"], details=values["details"], reporter=asker(request))
        return Response(ReportSerializer(report).data, status=status.HTTP_201_CREATED)
