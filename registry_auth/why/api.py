"""“Why can’t I pull?” for programs."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from accounts.tokens.models import AccessToken
from common.api.requests import checked
from registry_auth.why.answers import PullAnswer, Reason
from registry_auth.why.diagnosis import Login, why_not_pull
from registry_auth.why.references import LONGEST_TEXT


class PullQuestionSerializer(serializers.Serializer[PullAnswer]):
    """The image, and how docker is signed in if it is not simply as you."""

    image = serializers.CharField(max_length=LONGEST_TEXT, help_text="As docker takes it, or the line that docker printed.")
    username = serializers.CharField(max_length=254, default="", allow_blank=True, help_text="As in `docker login -u`. Empty: you.")
    token = serializers.UUIDField(default=None, allow_null=True, help_text="An access token of yours, by its id.")
    secret = serializers.CharField(max_length=200, default="", allow_blank=True, write_only=True, help_text="A credential; never stored.")


class PullAnswerSerializer(serializers.Serializer[PullAnswer]):
    """The one reason, and what to do about it."""

    may_pull = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    sentence = serializers.CharField()
    next_step = serializers.CharField()
    command = serializers.CharField(help_text="Empty where there is nothing to type.")
    url = serializers.CharField(help_text="Empty where there is no page for it.")


class PullDiagnosisViewSet(viewsets.ViewSet):
    """Why a pull is refused."""

    @extend_schema(request=PullQuestionSerializer, responses={200: PullAnswerSerializer})
    def create(self, request: Request) -> Response:
        """Say why an account or a credential cannot pull an image, or that it can. Nothing is stored."""
        reader, values = asker(request), checked(PullQuestionSerializer, request)
        own = AccessToken.objects.filter(user=reader).select_related("user__account")
        token = get_object_or_404(own, pk=values["token"]) if values["token"] else None
        login = Login(values["username"], values["secret"], token)
        answer = why_not_pull(image=values["image"], login=login, viewer=reader, tells_all=reader.is_staff)
        response = Response(PullAnswerSerializer(answer).data)
        response["Cache-Control"] = "no-store"
        return response
