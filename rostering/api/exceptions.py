"""Every refusal as JSON: `{"detail": sentence}`, or field errors; a conflict adds its violations."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.db.models import Model, ProtectedError, RestrictedError
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ParseError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from jobs.exceptions import JobRefused, TooManyActiveJobs
from rostering.access import organizations_of
from rostering.collisions import TRY_AGAIN, is_collision
from rostering.days import FIRST_YEAR, LAST_YEAR
from rostering.exceptions import Conflict, ForeignOrganization, NoOrganization

TAKEN = "This collides with something that exists already; nothing was saved."
OUT_OF_RANGE = f"A date or number is out of range; dates go from {FIRST_YEAR} to {LAST_YEAR}."
UNKNOWN = "Nothing here has this id."


class Refused(APIException):
    """A status with a sentence, and for conflicts the violations."""

    def __init__(self, code: int, detail: Any) -> None:
        super().__init__()
        self.status_code = code
        self.detail = detail


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: turns what services, models and the database say into an answer.

    A bug stays a bug: what is not known here is left to Django, which logs it and answers 500.
    """
    return exception_handler(translate(error, context), context)


def translate(error: Exception, context: dict[str, Any]) -> Exception:
    """The DRF exception that an exception of ours, Django's or the database's becomes; itself when it is none."""
    match error:
        case ParseError():
            return _malformed(error)
        case ObjectDoesNotExist():
            sentence = str(error)
            return NotFound(UNKNOWN if not sentence or "matching query" in sentence else sentence)
        case ValidationError():
            return Refused(status.HTTP_400_BAD_REQUEST, field_errors(error))
        case ProtectedError() | RestrictedError():
            return _refused(status.HTTP_409_CONFLICT, _still_used(error))
        case DatabaseError() | OverflowError():
            return _from_database(error)
    return _from_services(error, context)


def _from_services(error: Exception, context: dict[str, Any]) -> Exception:
    match error:
        case Conflict():
            return _refused(status.HTTP_409_CONFLICT, error.sentence, violations=error.violations)
        case TooManyActiveJobs():
            return _refused(status.HTTP_429_TOO_MANY_REQUESTS, error.sentence)
        case JobRefused():
            return _refused(status.HTTP_409_CONFLICT, error.sentence)
        case ForeignOrganization():
            return _refused(status.HTTP_403_FORBIDDEN, str(error))
        case NoOrganization():
            several = organizations_of(context["request"].user).exists()
            return _refused(status.HTTP_400_BAD_REQUEST if several else status.HTTP_403_FORBIDDEN, str(error))
    return error


def field_errors(error: ValidationError) -> dict[str, Any]:
    """A Django ValidationError as DRF words it: fields by name, the rest as `non_field_errors` or one `detail`."""
    if not hasattr(error, "error_dict"):
        return {"detail": ErrorDetail(" ".join(error.messages), "invalid")}
    found: dict[str, Any] = dict(error.message_dict)
    if NON_FIELD_ERRORS in found:
        found[str(api_settings.NON_FIELD_ERRORS_KEY)] = found.pop(NON_FIELD_ERRORS)
    return found


def _refused(code: int, sentence: str, **more: Any) -> Refused:
    return Refused(code, {"detail": sentence, **more})


def _malformed(error: ParseError) -> APIException:
    said = str(error.detail).removeprefix("JSON parse error - ")
    return _refused(
        error.status_code, f"The body cannot be read: {said.rstrip('.')}. Send JSON with Content-Type application/json."
    )


def _still_used(error: ProtectedError | RestrictedError) -> str:
    users: set[Model] = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
    counts: dict[str, int] = {}
    for user in users:
        name = str(user._meta.verbose_name_plural)
        counts[name] = counts.get(name, 0) + 1
    listed = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"This is still used by {listed}; remove those first, or set it inactive where it can be."


def _from_database(error: DatabaseError | OverflowError) -> Exception:
    if is_collision(error):
        return _refused(status.HTTP_409_CONFLICT, TRY_AGAIN)
    if isinstance(error, IntegrityError):
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        return _refused(status.HTTP_409_CONFLICT, _constraint_sentence(constraint))
    if isinstance(error, DataError | OverflowError):  # such as the day after 31 December 9999
        return _refused(status.HTTP_400_BAD_REQUEST, OUT_OF_RANGE)
    if isinstance(error, OperationalError):
        return _refused(status.HTTP_503_SERVICE_UNAVAILABLE, "The database does not answer; try again in a moment.")
    return error


def _constraint_sentence(name: str | None) -> str:
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                said = str(constraint.violation_error_message or "")
                is_default = "is violated" in said
                return TAKEN if is_default or not said else said
    return TAKEN
