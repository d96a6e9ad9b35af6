"""Tokens for integrators."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authtoken.models import Token
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.api.serializers import ProblemSerializer
from rostering.api.parsers import ShallowJSONParser


class CredentialsSerializer(serializers.Serializer[dict[str, Any]]):
    """A sign-in."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


class TokenSerializer(serializers.Serializer[dict[str, Any]]):
    """What goes after `Authorization: Token `."""

    token = serializers.CharField()


class TokenView(APIView):
    """`POST /api/v1/auth/token/`; too many failures lock the name and address out for a while (429)."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [ShallowJSONParser, FormParser]

    @extend_schema(
        operation_id="auth_token",
        request=CredentialsSerializer,
        responses={200: TokenSerializer, 400: ProblemSerializer, 429: ProblemSerializer},
        summary="Exchange a sign-in for a token",
    )
    def post(self, request: Request) -> Response:
        """The caller's token, the same one each time."""
        asked = CredentialsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        username = asked.validated_data["username"]
        # The wrapped request, not Django's: what axes marks on that one its middleware would answer with HTML.
        user = authenticate(request=request, **asked.validated_data)
        if user is not None:
            return Response({"token": Token.objects.get_or_create(user=user)[0].key})
        if not AxesProxyHandler.is_allowed(request, {"username": username}):
            return Response(
                {"detail": "Too many failed sign-ins; wait 15 minutes, then try again."},
                status=status.HTTP_429_TOO_MANY_REQUESTS,
            )
        return Response({"detail": "The username or password is wrong."}, status=status.HTTP_400_BAD_REQUEST)
