"""Every environment variable Muster reads, parsed and checked in one place.

A wrong value stops start-up with a sentence that names the variable; see `.env.example` for the list.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ

from config.values import REDIS_EXAMPLE, Values, WrongValue, celery_redis_url

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
REDIS_DATABASES = 15
MOST_PARTS = 256
SHORTEST_TOKEN = 16
SELF_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Environment:
    """The checked environment; field names follow the Django settings they feed.

    `database`, `redis_url` and `celery_broker_url` are None where the embedded servers are to be used; `sentry_dsn`
    and `metrics_token` are empty where Sentry and metrics are off.
    """

    debug: bool
    demo: bool
    https: bool
    trust_proxy: bool
    secret_key: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    data_dir: Path
    durable: bool
    database: dict[str, Any] | None
    redis_url: str | None
    redis_database: int
    celery_broker_url: str | None
    celery_result_backend: str
    static_root: Path
    time_zone: str
    log_level: str
    email: dict[str, Any]
    default_from_email: str
    public_url: str
    port: int
    solver_parts: int
    sentry_dsn: str
    metrics_token: str
    flower_url: str

    @property
    def embedded(self) -> bool:
        """Whether Muster runs a PostgreSQL and Valkey of its own."""
        return self.database is None


def environment(base_dir: Path, variables: Mapping[str, str] | None = None) -> Environment:
    """Read and check `variables` (the process environment, completed by `.env` in `base_dir`, where there is one).

    Raises:
        WrongValue: a variable is missing or wrong.
    """
    if variables is None:
        if (base_dir / ".env").exists():
            environ.Env.read_env(str(base_dir / ".env"))
        variables = os.environ
    values = Values(variables)
    debug = values.boolean("DEBUG", default=False)
    demo = values.boolean("MUSTER_DEMO", default=False)
    data_dir = (base_dir / Path(values.text("MUSTER_DATA_DIR", "var")).expanduser()).resolve()
    redis_url = _redis_url(values)
    database = _database(values, redis_url)
    port = values.number("PORT", 8000, low=1, high=65535)
    return Environment(
        debug=debug,
        demo=demo,
        https=values.boolean("MUSTER_HTTPS", default=not (debug or demo or database is None)),
        trust_proxy=values.boolean("MUSTER_TRUST_PROXY", default=False),
        secret_key=_secret_key(values, data_dir, may_generate=demo or database is None),
        allowed_hosts=values.words("ALLOWED_HOSTS", SELF_HOSTS),
        csrf_trusted_origins=values.origins("CSRF_TRUSTED_ORIGINS"),
        data_dir=data_dir,
        durable=values.boolean("MUSTER_DURABLE", default=True),
        database=database,
        redis_url=redis_url,
        redis_database=values.number("REDIS_DB", 0, low=0, high=REDIS_DATABASES),
        celery_broker_url=_broker_url(values, redis_url),
        celery_result_backend=_result_backend(values),
        static_root=(base_dir / values.text("STATIC_ROOT", str(data_dir / "static"))).resolve(),
        time_zone=values.time_zone("TIME_ZONE", "UTC"),
        log_level=values.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        email=values.email("EMAIL_URL", f"filemail:///{quote(str(data_dir / 'mail'))}" if demo else "consolemail://"),
        default_from_email=values.text("DEFAULT_FROM_EMAIL", "Muster <muster@localhost>"),
        public_url=values.origin("PUBLIC_URL", f"http://127.0.0.1:{port}" if demo else ""),
        port=port,
        solver_parts=values.number("SOLVER_PARTS", 0, low=0, high=MOST_PARTS),
        sentry_dsn=values.sentry("SENTRY_DSN"),
        metrics_token=_metrics_token(values),
        flower_url=values.web_address("FLOWER_URL"),
    )


def _metrics_token(values: Values) -> str:
    """What Prometheus must show at `/metrics`; empty where there are no metrics.

    Raises:
        WrongValue: metrics are on and the token is missing or can be guessed.
    """
    if not values.boolean("MUSTER_METRICS", default=False):
        return ""
    token = values.text("METRICS_TOKEN")
    if len(token) < SHORTEST_TOKEN:
        problem = (
            f"is shorter than {SHORTEST_TOKEN} characters" if token else "is not set although MUSTER_METRICS is true"
        )
        raise WrongValue("METRICS_TOKEN", problem, secrets.token_urlsafe(32))
    return token


def _redis_url(values: Values) -> str | None:
    """REDIS_URL, or a URL put together from REDIS_HOST, REDIS_PORT, REDIS_DB and REDIS_PASSWORD."""
    if values.is_set("REDIS_URL"):
        return values.redis("REDIS_URL")
    if not values.is_set("REDIS_HOST"):
        return None
    host = values.text("REDIS_HOST")
    if "/" in host or "@" in host:
        raise WrongValue("REDIS_HOST", f"is {host!r}, which is no host name", "localhost")
    port = values.number("REDIS_PORT", 6379, low=1, high=65535)
    database = values.number("REDIS_DB", 0, low=0, high=REDIS_DATABASES)
    password = values.text("REDIS_PASSWORD")
    login = ":" + quote(password, safe="") + "@" if password else ""
    return f"redis://{login}{host}:{port}/{database}"


def _database(values: Values, redis_url: str | None) -> dict[str, Any] | None:
    """The database of DATABASE_URL; both servers are given or both are embedded, for a mixture is a mistake."""
    if not values.is_set("DATABASE_URL"):
        if redis_url is not None:
            example = "postgres://muster:password@localhost:5432/muster"
            raise WrongValue(
                "DATABASE_URL", "is not set although Redis is: set both, or neither to embed both", example
            )
        return None
    if redis_url is None:
        problem = "is not set although DATABASE_URL is: set both, or neither to embed both"
        raise WrongValue("REDIS_URL", problem, REDIS_EXAMPLE)
    return values.database("DATABASE_URL")


def _broker_url(values: Values, redis_url: str | None) -> str | None:
    if not values.is_set("CELERY_BROKER_URL"):
        return celery_redis_url(redis_url) if redis_url else None
    if values.text("CELERY_BROKER_URL").startswith("redis+socket:///"):
        return values.text("CELERY_BROKER_URL")
    return celery_redis_url(values.redis("CELERY_BROKER_URL"))


def _result_backend(values: Values) -> str:
    backend = values.text("CELERY_RESULT_BACKEND", "django-db")
    if backend in {"django-db", "django-cache"} or backend.startswith("redis+socket:///"):
        return backend
    return celery_redis_url(values.redis("CELERY_RESULT_BACKEND"))


def _secret_key(values: Values, data_dir: Path, *, may_generate: bool) -> str:
    """SECRET_KEY, or for embedded servers and the demo one generated into a file that only its owner can read.

    Raises:
        WrongValue: not set although this is a production set-up.
    """
    if values.is_set("SECRET_KEY"):
        return values.text("SECRET_KEY")
    if not may_generate:
        example = "'" + secrets.token_urlsafe(50) + "'"
        raise WrongValue("SECRET_KEY", "is not set, and sessions cannot be signed without it", example)
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        partial = data_dir / f"secret_key.{os.getpid()}"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(partial, path)  # fails where another process was first: its key counts
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    return path.read_text().strip()
