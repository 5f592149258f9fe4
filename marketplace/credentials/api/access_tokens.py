"""Access tokens for programs: list, make pull tokens, look at one, revoke."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.services import IssuedToken, revoke_access_token
from common.api.fields import NameField
from common.api.requests import checked
from marketplace.credentials.selectors import image_ids_of
from marketplace.credentials.services import make_access_token

MOST_IMAGES = 500


class ImagesField(serializers.ListField):
    """Names of images, by which a credential is limited; none for all."""

    def __init__(self, **kwargs: Any) -> None:
        words = "The only images it is for, as namespace/name. None: all of them, including later ones."
        kwargs = {"default": list, "max_length": MOST_IMAGES, "help_text": words, **kwargs}
        super().__init__(child=serializers.CharField(max_length=255), **kwargs)


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

    name = NameField(max_length=80, help_text="Where it is used, e.g. build server.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.choices),
        default=[TokenScope.PULL],
        help_text="registry:pull is what a token may give.",
    )
    images = ImagesField()
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="None: no end.")


class IssuedTokenSerializer(serializers.Serializer[IssuedToken]):
    """The new token with its secret, which is shown this once."""

    token = AccessTokenSerializer()
    secret = serializers.CharField()


def shown_once(document: Any) -> Response:
    """Answer with a new secret, which nobody may keep on its way."""
    answer = Response(document, status=status.HTTP_201_CREATED)
    answer["Cache-Control"] = "no-store"
    return answer


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
        values = checked(NewAccessTokenSerializer, request)
        issued = make_access_token(
            user=asker(request),
            name=values["name"],
            scopes=[TokenScope(scope) for scope in values["scopes"]],
            image_ids=image_ids_of(values["images"]),
            expires_at=values["expires_at"],
            maker=cast("AccessToken", request.auth),
        )
        return shown_once(IssuedTokenSerializer(issued).data)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: object = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Revoke an access token, also the one you ask with. Revoking again changes nothing."""
        revoke_access_token(token=self.get_object(), actor=asker(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
