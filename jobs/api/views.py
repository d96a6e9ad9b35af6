"""The job endpoints: status, list, cancel, stop, retry. A job of someone else does not exist (404)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import selectors, services
from jobs.api.filters import JobFilter
from jobs.api.serializers import (
    JobActionSerializer,
    JobStartedSerializer,
    JobStatusSerializer,
    JobSummarySerializer,
    ProblemSerializer,
    started,
)
from jobs.exceptions import JobRefused, TooManyActiveJobs
from jobs.models import JobRun
from jobs.states import Status


class Conflict(APIException):
    """409: the action does not apply to the job's state."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "The job's state does not allow this."


class TooMany(APIException):
    """429: the organization is at its cap of active jobs."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS


def refusal(error: JobRefused) -> APIException:
    """The HTTP answer to a refused start or action; for every endpoint that starts jobs."""
    return TooMany(error.sentence) if isinstance(error, TooManyActiveJobs) else Conflict(error.sentence)


class JobPagination(PageNumberPagination):
    """50 a page, up to 500 by `page_size`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


@method_decorator(never_cache, name="dispatch")
class JobView(APIView):
    """Base: finds the job the caller may see, or answers 404."""

    permission_classes = [IsAuthenticated]

    def job(self, request: Request, job_id: str) -> JobRun:
        found = selectors.visible_job(user=request.user, job_id=job_id, request=request._request)
        if found is None:
            raise NotFound("There is no job with this id. Check the job_id you were given when it started.")
        return found

    def controllable(self, request: Request, job_id: str) -> JobRun:
        job = self.job(request, job_id)
        if not selectors.may_control(user=request.user, job=job):
            raise PermissionDenied("You may look at this job but not change it. Ask a scheduler or manager.")
        return job


def _acted(job: JobRun, message: str) -> Response:
    return Response({"success": True, "message": message, "job_id": str(job.pk)})


class JobStatusView(JobView):
    @extend_schema(
        operation_id="jobs_status",
        responses={200: JobStatusSerializer, 404: ProblemSerializer},
        summary="Where a job stands",
    )
    def get(self, request: Request, job_id: str) -> Response:
        return Response(JobStatusSerializer(self.job(request, job_id), context={"request": request}).data)


class JobCancelView(JobView):
    @extend_schema(
        operation_id="jobs_cancel",
        responses={200: JobActionSerializer, 404: ProblemSerializer, 409: ProblemSerializer},
        summary="Cancel a job and discard what it has",
    )
    def delete(self, request: Request, job_id: str) -> Response:
        try:
            job = services.cancel(self.controllable(request, job_id), request.user)
        except JobRefused as error:
            raise refusal(error) from error
        at_once = job.status == Status.CANCELLED
        return _acted(job, "Job cancelled." if at_once else "Cancelling; the job ends within seconds.")


class JobStopView(JobView):
    @extend_schema(
        operation_id="jobs_stop",
        request=None,
        responses={200: JobActionSerializer, 404: ProblemSerializer, 409: ProblemSerializer},
        summary="Stop a running job and keep the best so far",
    )
    def post(self, request: Request, job_id: str) -> Response:
        try:
            job = services.stop(self.controllable(request, job_id), request.user)
        except JobRefused as error:
            raise refusal(error) from error
        return _acted(job, "Stopping; the best so far will be kept.")


class JobRetryView(JobView):
    @extend_schema(
        operation_id="jobs_retry",
        request=None,
        responses={
            202: JobStartedSerializer,
            404: ProblemSerializer,
            409: ProblemSerializer,
            429: ProblemSerializer,
        },
        summary="Start a failed or cancelled job again, as a new job",
    )
    def post(self, request: Request, job_id: str) -> Response:
        try:
            job = services.retry(self.controllable(request, job_id), request.user)
        except JobRefused as error:
            raise refusal(error) from error
        return Response(started(job, f"{job.label} started again"), status=status.HTTP_202_ACCEPTED)


@method_decorator(never_cache, name="dispatch")
class JobListView(ListAPIView[JobRun]):
    """Recent jobs, newest first."""

    queryset = JobRun.objects.none()
    serializer_class = JobSummarySerializer
    permission_classes = [IsAuthenticated]
    pagination_class = JobPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = JobFilter

    def get_queryset(self) -> QuerySet[JobRun]:
        if getattr(self, "swagger_fake_view", False):
            return JobRun.objects.none()
        return selectors.recent_jobs(user=self.request.user, request=self.request._request)

    @extend_schema(operation_id="jobs_list", summary="Recent jobs")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
