"""Access tokens for programs: list, make pull tokens, look at one, revoke."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import AccessToken, TokenScope, User
from accounts.services.tokens import IssuedToken, create_access_token, revoke_access_token


class AccessTokenSerializer(serializers.ModelSerializer[AccessToken]):
    """An access token of yours, without its secret."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.choices))
    is_live = serializers.BooleanField(read_only=True, help_text="Whether it opens anything now.")

    class Meta:
        model = AccessToken
        fields = ("id", "name", "hint", "scopes", "limited_to", "created_at", "expires_at", "last_used_at", "revoked_at", "is_live")
        read_only_fields = fields


class NewAccessTokenSerializer(serializers.Serializer[IssuedToken]):
    """The token you want: no more scopes and no longer life than the one you ask with, and only for pulling."""

    name = serializers.CharField(max_length=80, help_text="Where it is used, e.g. build server.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.choices),
        default=[TokenScope.PULL],
        help_text="registry:pull is what a token may give.",
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="None: no end.")


class IssuedTokenSerializer(serializers.Serializer[IssuedToken]):
    """The new token with its secret, which is shown this once."""

    token = AccessTokenSerializer()
    secret = serializers.CharField()


class AccessTokenViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[AccessToken]):
    """Your access tokens."""

    serializer_class = AccessTokenSerializer
    queryset = AccessToken.objects.none()
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[AccessToken]:
        # Without a user only while the OpenAPI document is made.
        return AccessToken.objects.filter(user=self.request.user) if self.request.user.is_authenticated else self.queryset

    @extend_schema(request=NewAccessTokenSerializer, responses={201: IssuedTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make an access token for pulling. Tokens that push or use the API are made in the browser, after a fresh login."""
        given = NewAccessTokenSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        issued = create_access_token(
            user=cast("User", request.user),
            name=values["name"],
            scopes=[TokenScope(scope) for scope in values["scopes"]],
            expires_at=values["expires_at"],
            maker=cast("AccessToken", request.auth),
        )
        answer = Response(IssuedTokenSerializer(issued).data, status=status.HTTP_201_CREATED)
        answer["Cache-Control"] = "no-store"
        return answer

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: object = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Revoke an access token, also the one you ask with. Revoking again changes nothing."""
        revoke_access_token(token=self.get_object(), actor=cast("User", request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
