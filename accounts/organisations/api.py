"""Organisations in the API, read-only: yours, and their members."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.organisations.models import MANAGING_ROLES, Membership, Role
from accounts.organisations.selectors import organisations_of
from accounts.people.models import USERNAME_PATTERN, Account

HANDLE = OpenApiParameter("handle", str, OpenApiParameter.PATH, description="The organisation's handle.", pattern=f"^{USERNAME_PATTERN}$")


class ManagedOrganisationField(serializers.SlugRelatedField[Account]):
    """An organisation that the caller owns; any other is refused like one that does not exist."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Account.objects.none(), **kwargs)

    def get_queryset(self) -> QuerySet[Account]:
        return organisations_of(self.context["request"].user, roles=MANAGING_ROLES)


class OrganisationSerializer(serializers.ModelSerializer[Membership]):
    """An organisation that you belong to."""

    handle = serializers.CharField(source="account.handle", help_text="Its short name, the first part of its robots' user names.")
    name = serializers.CharField(source="account.name")
    role = serializers.ChoiceField(choices=Role.choices, help_text="Your role in it.")

    class Meta:
        model = Membership
        fields = ("handle", "name", "role")
        read_only_fields = fields


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """A member of an organisation of yours."""

    username = serializers.CharField(source="user.username")
    role = serializers.ChoiceField(choices=Role.choices)
    since = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Membership
        fields = ("username", "role", "since")
        read_only_fields = fields


class OrganisationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Membership]):
    """Your organisations."""

    serializer_class = OrganisationSerializer
    queryset = Membership.objects.select_related("account", "user")
    lookup_field = "account__handle"
    lookup_url_kwarg = "handle"
    lookup_value_regex = USERNAME_PATTERN

    def get_queryset(self) -> QuerySet[Membership]:
        # Without a user, so none, while the OpenAPI document is made.
        return super().get_queryset().filter(user=self.request.user.pk)

    @extend_schema(parameters=[HANDLE])
    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Show an organisation that you belong to."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(parameters=[HANDLE], responses=MemberSerializer(many=True))
    @action(detail=True, url_path="members", serializer_class=MemberSerializer, filter_backends=())
    def members(self, request: Request, handle: str) -> Response:  # noqa: ARG002  DRF passes it
        """List who belongs to the organisation, newest first."""
        own = get_object_or_404(self.get_queryset(), account__handle=handle)
        page = self.paginate_queryset(Membership.objects.filter(account=own.account_id).select_related("user"))
        return self.get_paginated_response(MemberSerializer(page, many=True).data)
