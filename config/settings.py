"""Django settings, read from the environment only; see `config/env.py` for every variable and its check."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from kombu import Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import unfold
from config.embedded import EmbeddedError
from config.env import environment
from config.services import services
from config.values import WrongValue
from config.version import version

BASE_DIR = Path(__file__).resolve().parent.parent
try:
    ENV = environment(BASE_DIR)
    SERVICES = services(ENV)
except (WrongValue, EmbeddedError) as problem:
    raise SystemExit(f"Muster cannot start: {problem}") from None

DEBUG = ENV.debug
DEMO = ENV.demo
# Name and password of the demo's users; `config.authentication` refuses them outside a demo.
DEMO_SIGN_INS = {"demo": "demo", "other": "other", "admin": "admin"}
SECRET_KEY = ENV.secret_key
ALLOWED_HOSTS = ENV.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.csrf_trusted_origins

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "config.admin_site.MusterAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "import_export",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_celery_results",
    "axes",
    "config",
    "jobs",
    "rostering",
    "analytics",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "analytics.middleware.UsageMiddleware",
    "rostering.collisions.CollisionsInTheAdmin",
]

# Off by default: without a token there is no `/metrics`, and nothing is counted.
METRICS_TOKEN = ENV.metrics_token
if METRICS_TOKEN:
    INSTALLED_APPS.append("django_prometheus")
    MIDDLEWARE = [
        "django_prometheus.middleware.PrometheusBeforeMiddleware",
        *MIDDLEWARE,
        "config.metrics.RequestMetrics",
    ]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# A host that vanished without a word is given up on after so many seconds (the last is in milliseconds), not after the
# hours the kernel would wait, unless DATABASE_URL says otherwise.
PATIENCE_WITH_THE_DATABASE = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
DATABASES = {
    "default": {
        **SERVICES.database,
        # Reconnecting for each request tripled its time; the check replaces a connection the server has closed.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**PATIENCE_WITH_THE_DATABASE, **SERVICES.database.get("OPTIONS", {})},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": SERVICES.redis_url,
        "KEY_PREFIX": "muster",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.1,
            "SOCKET_TIMEOUT": 0.2,
            # By default the client tries a server that is down three times more, pausing in between.
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)},
            "IGNORE_EXCEPTIONS": True,
        },
    },
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "config.authentication.DemoSignInGuard",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_VERBOSE = False
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AUTH_PASSWORD_VALIDATORS = (
    []
    if DEMO
    else [
        {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
        {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    ]
)
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en-us"
TIME_ZONE = ENV.time_zone
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = ENV.static_root

EMAIL_BACKEND = ENV.email.pop("EMAIL_BACKEND")
globals().update(ENV.email)
EMAIL_TIMEOUT = 20  # seconds; Django's default waits for a silent mail server for ever
PUBLIC_URL = ENV.public_url
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.default_from_email

CELERY_BROKER_URL = SERVICES.celery_broker_url
# A broker that hangs must not hang a request: with the library's defaults publishing waited over 100 seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
CELERY_BROKER_CONNECTION_TIMEOUT = 0.5
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
# A worker, unlike a request, waits for its broker for as long as it takes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_QUEUES = (Queue("default"), Queue("solve", routing_key="solve"), Queue("parts", routing_key="parts"))
CELERY_RESULT_BACKEND = ENV.celery_result_backend
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_EXTENDED = True
CELERY_TIMEZONE = "UTC"
# A schedule whose slot passed while beat was down runs late, up to this many seconds, instead of at the next midnight.
CELERY_BEAT_CRON_STARTING_DEADLINE = 23 * 3600
CELERY_BEAT_SCHEDULER = "jobs.beat:Scheduler"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
# The place of a pool process that died is free again after so many seconds; what it did is in the job's row.
CELERY_WORKER_LOST_WAIT = 2.0
# A pool process that has ever used more (in KiB) is replaced once its task is done, so that a leak ends there.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 2 * 1024 * 1024
# Task results (those of tasks that failed; jobs keep their own) are deleted after so many seconds by a nightly job.
CELERY_RESULT_EXPIRES = 30 * 24 * 3600

# Parts of a large roster solved at once as Celery tasks; 0 for worker processes of the job itself.
SOLVER_PARTS = ENV.solver_parts

# Where Flower is reached, for a link in the menu of platform staff; empty for none.
FLOWER_URL = ENV.flower_url

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.SearchFilter",
        "rostering.api.filtering.StableOrderingFilter",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rostering.api.renderers.RawBrowsableRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rostering.api.parsers.ShallowJSONParser"],
    "EXCEPTION_HANDLER": "rostering.api.exceptions.handle",
    "DEFAULT_PAGINATION_CLASS": "rostering.api.pagination.PageSizePagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Muster API",
    "DESCRIPTION": "Workforce rostering for sites that run around the clock.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",  # operations are grouped and named by what comes after it
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "RosterStatusEnum": "rostering.models.Roster.Status",
        "HealthStatusEnum": "analytics.models.HealthStatus",
        "RoleEnum": "rostering.models.Role",
        "JobStatusEnum": "jobs.api.serializers.STATUS_WORDS",
        "WeekdayEnum": "rostering.models.Weekday",
    },
}

# Composition: the jobs app knows nothing of rostering; it asks this policy which rows a user may see.
JOBS_ACCESS_POLICY = "rostering.access.JobAccess"

# Which features are used, by how many people (docs/analytics.md): nothing that names a person.
USAGE_RECORDING = True
USAGE_WRITE_IN_BACKGROUND = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = ENV.https
SECURE_REDIRECT_EXEMPT = [r"^(health|metrics)/?$"]  # load balancers and Prometheus ask by plain HTTP, from within
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENV.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.trust_proxy else None
# Whether every subdomain of the host speaks HTTPS, and whether browsers list it, is for the domain's owner to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

UNFOLD = unfold.UNFOLD

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENV.log_level},
    "loggers": {"django": {"handlers": ["console"], "level": ENV.log_level, "propagate": False}},
}

if ENV.sentry_dsn:
    # Imported here alone, so that an installation without Sentry does not pay for it.
    importlib.import_module("config.sentry").start(
        dsn=ENV.sentry_dsn, version=version(BASE_DIR), environment="demo" if DEMO else "production"
    )
