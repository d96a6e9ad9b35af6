"""The JSON of a job, as existing clients read it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from jobs import selectors
from jobs.models import JobRun
from jobs.states import ApiStatus, Status
from jobs.wording import sentence

STATUS_WORDS = [(word.value, word.value) for word in ApiStatus]


def poll_url(job: JobRun) -> str:
    """Where a client polls for this job, as a path."""
    return reverse("jobs_api:status", kwargs={"job_id": str(job.pk)})


class JobSummarySerializer(serializers.ModelSerializer[JobRun]):
    """A line of the list: everything but the result and the chart."""

    job_id = serializers.UUIDField(source="pk", read_only=True)
    status = serializers.ChoiceField(choices=STATUS_WORDS, source="api_status", read_only=True)
    status_message = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    retry_of = serializers.UUIDField(source="retry_of_id", read_only=True, allow_null=True)
    kind_label = serializers.CharField(source="label", read_only=True)

    class Meta:
        model = JobRun
        fields: ClassVar = [
            "job_id",
            "kind",
            "kind_label",
            "subject",
            "status",
            "progress",
            "status_message",
            "stage",
            "error",
            "queued_at",
            "started_at",
            "completed_at",
            "coverage",
            "objective",
            "bound",
            "gap",
            "attempt",
            "retry_of",
        ]
        read_only_fields = fields

    def get_status_message(self, job: JobRun) -> str:
        return sentence(job)

    def get_error(self, job: JobRun) -> str | None:
        return job.error or None


class JobStatusSerializer(JobSummarySerializer):
    """One job in full; `result` is null until the status is SUCCESS."""

    retries = serializers.SerializerMethodField(help_text="The jobs that started this one again, oldest first.")
    result = serializers.JSONField(read_only=True, allow_null=True)
    history = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(allow_null=True)),
        read_only=True,
        help_text="Improvements as [seconds since start, objective, coverage in percent].",
    )

    class Meta(JobSummarySerializer.Meta):
        fields: ClassVar = [*JobSummarySerializer.Meta.fields, "retries", "result", "history"]
        read_only_fields = fields

    def get_retries(self, job: JobRun) -> list[uuid.UUID]:
        if job.status not in (Status.FAILED, Status.CANCELLED):
            return []
        request: Request = self.context["request"]
        visible = selectors.recent_jobs(user=request.user, request=request._request)
        return list(visible.filter(retry_of=job).order_by("queued_at").values_list("pk", flat=True))


class JobActionSerializer(serializers.Serializer[dict[str, Any]]):
    """The answer to cancel and stop."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    job_id = serializers.UUIDField()


class JobStartedSerializer(serializers.Serializer[dict[str, Any]]):
    """The answer to anything that starts a job."""

    job_id = serializers.UUIDField()
    status = serializers.CharField()
    message = serializers.CharField()
    poll_url = serializers.CharField()


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """Any refusal: one sentence."""

    detail = serializers.CharField()


def started(job: JobRun, message: str) -> dict[str, str]:
    """The body of a 202: what was accepted and where to poll."""
    return {"job_id": str(job.pk), "status": "pending", "message": message, "poll_url": poll_url(job)}
