"""Robots of organisations for programs of their owners: list, make, look at one, revoke."""

from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.organisations.api import ManagedOrganisationField
from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import organisations_of
from accounts.people.requests import asker
from accounts.robots.services import LONGEST_NAME, revoke_robot
from accounts.tokens.models import AccessToken
from accounts.tokens.services import IssuedToken
from common.api.requests import checked
from marketplace.credentials.api.access_tokens import ImagesField, shown_once
from marketplace.credentials.selectors import image_ids_of
from marketplace.credentials.services import make_robot


class RobotSerializer(serializers.ModelSerializer[AccessToken]):
    """A robot of an organisation of yours, without its secret."""

    organisation = serializers.CharField(source="organisation.handle", help_text="The organisation's handle.")
    username = serializers.CharField(help_text="What `docker login` takes as user name.")
    is_live = serializers.BooleanField(read_only=True, help_text="Whether it opens anything now.")

    class Meta:
        model = AccessToken
        fields = (
            "id",
            "organisation",
            "name",
            "username",
            "hint",
            "scopes",
            "limited_to",
            "created_at",
            "expires_at",
            "last_used_at",
            "superseded_at",
            "revoked_at",
            "is_live",
        )
        read_only_fields = fields


class NewRobotSerializer(serializers.Serializer[IssuedToken]):
    """The robot you want. It only pulls, and lives no longer than the token you ask with: one that pushes is made in the browser."""

    organisation = ManagedOrganisationField(slug_field="handle", help_text="The handle of an organisation that you own.")
    name = serializers.CharField(max_length=LONGEST_NAME, help_text="Second part of its user name: handle+name.")
    images = ImagesField()
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="None: no end.")


class IssuedRobotSerializer(serializers.Serializer[IssuedToken]):
    """The new robot with its secret, which is shown this once."""

    robot = RobotSerializer(source="token")
    secret = serializers.CharField()


class RobotViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[AccessToken]):
    """Robots of the organisations that you own."""

    serializer_class = RobotSerializer
    queryset = AccessToken.objects.none()
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[AccessToken]:
        if not self.request.user.is_authenticated:  # while the OpenAPI document is made
            return self.queryset
        return AccessToken.objects.select_related("organisation").filter(
            organisation__in=organisations_of(asker(self.request), roles=MANAGING_ROLES).values("pk")
        )

    @extend_schema(request=NewRobotSerializer, responses={201: IssuedRobotSerializer})
    def create(self, request: Request) -> Response:
        """Create a robot. All owners of the organisation are told by mail."""
        values = checked(NewRobotSerializer, request)
        issued = make_robot(
            organisation=values["organisation"],
            actor=asker(request),
            name=values["name"],
            image_ids=image_ids_of(values["images"]),
            expires_at=values["expires_at"],
            maker=cast("AccessToken", request.auth),
        )
        return shown_once(IssuedRobotSerializer(issued).data)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: object = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Revoke a robot. Revoking again changes nothing."""
        revoke_robot(robot=self.get_object(), actor=asker(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
