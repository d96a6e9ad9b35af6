"""Every environment variable Muster reads, parsed and checked in one place.

A wrong value stops start-up with a sentence that names the variable; see `.env.example` for the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ


@dataclass(frozen=True)
class Environment:
    """The checked environment; field names follow the Django settings they feed."""

    debug: bool
    demo: bool
    embedded: bool
    secret_key: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    database: dict[str, Any]
    redis_url: str
    celery_broker_url: str
    celery_result_backend: str
    static_root: Path


def environment(base_dir: Path) -> Environment:
    """Read and check the environment (and `.env` in `base_dir`, where there is one)."""
    env = environ.Env()
    if (base_dir / ".env").exists():
        env.read_env(str(base_dir / ".env"))
    redis_url = env.str("REDIS_URL")
    return Environment(
        debug=env.bool("DEBUG", False),
        demo=env.bool("MUSTER_DEMO", False),
        embedded=False,
        secret_key=env.str("SECRET_KEY", "insecure"),
        allowed_hosts=env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"]),
        csrf_trusted_origins=env.list("CSRF_TRUSTED_ORIGINS", default=[]),
        database=env.db_url("DATABASE_URL"),
        redis_url=redis_url,
        celery_broker_url=env.str("CELERY_BROKER_URL", redis_url),
        celery_result_backend=env.str("CELERY_RESULT_BACKEND", "django-db"),
        static_root=Path(env.str("STATIC_ROOT", str(base_dir / "var" / "static"))),
    )
