"""Readers for single environment variables; each error names the variable, what is wrong and an example that works."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import environ

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off", ""})
REDIS_EXAMPLE = "redis://localhost:6379/0"


class WrongValue(Exception):  # noqa: N818 - reads as the sentence it carries
    """An environment variable cannot be used; the message is one sentence for the person who set it."""

    def __init__(self, variable: str, problem: str, example: str) -> None:
        super().__init__(f"{variable} {problem}; for example {variable}={example}")


@dataclass(frozen=True)
class Values:
    """The environment with typed readers. An empty value counts as not set."""

    variables: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        return self.variables.get(name, "").strip() or default

    def is_set(self, name: str) -> bool:
        return bool(self.text(name))

    def boolean(self, name: str, *, default: bool) -> bool:
        """Raises `WrongValue` for anything but true/false, yes/no, on/off, 1/0."""
        value = self.text(name).lower()
        if not value:
            return default
        if value not in YES | NO:
            raise WrongValue(name, f"is {value!r}, which is neither true nor false", "true")
        return value in YES

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        """Raises `WrongValue` unless the value is a whole number from `low` to `high`."""
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise WrongValue(name, f"is {value!r}, which is not a whole number from {low} to {high}", str(default))
        return int(value)

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """A comma-separated list."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def choice(self, name: str, default: str, options: Sequence[str]) -> str:
        """Raises `WrongValue` unless the value is one of `options`, in any case."""
        value = self.text(name, default).upper()
        if value not in options:
            raise WrongValue(name, f"is {value!r}, which is none of {', '.join(options)}", default)
        return value

    def origins(self, name: str) -> list[str]:
        """Raises `WrongValue` unless every origin starts with http:// or https://."""
        origins = self.words(name)
        for origin in origins:
            if not origin.startswith(("http://", "https://")):
                raise WrongValue(name, f"has {origin!r}, which lacks the scheme", "https://roster.example.com")
        return origins

    def web_address(self, name: str) -> str:
        """Raises `WrongValue` unless the value is empty or starts with http:// or https://."""
        value = self.text(name)
        if value and not value.startswith(("http://", "https://")):
            raise WrongValue(name, f"is {value!r}, which lacks the scheme", "https://flower.example.com")
        return value

    def origin(self, name: str, default: str) -> str:
        """One origin without a slash at its end. Raises `WrongValue` for anything else than a scheme and a host."""
        origin = self.text(name, default).rstrip("/")
        parts = urlsplit(origin)
        if origin and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query):
            raise WrongValue(name, f"is {origin!r}, which is no scheme and host alone", "https://roster.example.com")
        return origin

    def time_zone(self, name: str, default: str) -> str:
        """Raises `WrongValue` unless the value is a zone of the IANA database."""
        value = self.text(name, default)
        if value not in zoneinfo.available_timezones():
            raise WrongValue(name, f"is {value!r}, which is no time zone known here", "Europe/Berlin")
        return value

    def database(self, name: str) -> dict[str, Any]:
        """Django's dictionary for a PostgreSQL URL; a folder as host means its unix socket.

        Raises:
            WrongValue: another kind of database, no database name, or a port that is no number.
        """
        example = "postgres://muster:password@localhost:5432/muster"
        url = self.text(name)
        scheme = url.partition(":")[0]
        if scheme not in {"postgres", "postgresql"}:
            raise WrongValue(name, f"starts with {scheme!r}, and Muster runs on PostgreSQL only", example)
        _check_port(name, url, example)
        database: dict[str, Any] = environ.Env.db_url_config(url)
        options = dict(database.pop("OPTIONS", {}))
        database["HOST"] = unquote(str(options.pop("host", database["HOST"])))
        database["PORT"] = str(options.pop("port", database["PORT"]))
        if not database["NAME"]:
            raise WrongValue(name, "names no database", example)
        return {**database, "OPTIONS": options}

    def redis(self, name: str) -> str:
        """A redis-py URL: redis://, rediss:// or unix://.

        Raises:
            WrongValue: another scheme, no host or path, or a port or database that is no number.
        """
        url = self.text(name)
        scheme, separator, _ = url.partition("://")
        if not separator or scheme not in {"redis", "rediss", "unix"}:
            raise WrongValue(name, "starts with none of redis://, rediss:// and unix://", REDIS_EXAMPLE)
        if scheme == "unix":
            if not urlsplit(url).path.startswith("/"):
                raise WrongValue(name, "names no socket file", "unix:///run/valkey/valkey.sock?db=0")
            return url
        _check_port(name, url, REDIS_EXAMPLE)
        database = urlsplit(url).path.strip("/")
        if not urlsplit(url).hostname:
            raise WrongValue(name, "names no host", REDIS_EXAMPLE)
        if database and not database.isdigit():
            raise WrongValue(name, f"names the database {database!r}, and Redis numbers its databases", REDIS_EXAMPLE)
        return url

    def sentry(self, name: str) -> str:
        """The address of a Sentry project; empty when not set.

        Raises:
            WrongValue: no http(s) address with a key and a project number.
        """
        url = self.text(name)
        parts = urlsplit(url)
        if not url:
            return ""
        example = "https://key@sentry.example.com/1"
        _check_port(name, url, example)
        project = parts.path.rpartition("/")[2]
        if parts.scheme not in {"http", "https"} or not (parts.hostname and parts.username and project.isdigit()):
            raise WrongValue(name, "is no address of a Sentry project", example)
        return url

    def email(self, name: str, default: str) -> dict[str, Any]:
        """Django's e-mail settings for a URL such as smtp+tls://user:password@host:587.

        Raises:
            WrongValue: an unknown scheme or a port that is no number.
        """
        example = "smtp+tls://user:password@mail.example.com:587"
        url = self.text(name, default)
        if url.partition(":")[0] not in environ.Env.EMAIL_SCHEMES:
            raise WrongValue(name, "has a scheme that is no way to send e-mail", example)
        _check_port(name, url, example)
        settings: dict[str, Any] = environ.Env.email_url_config(url)
        return {key: value for key, value in settings.items() if value not in (None, "")}


def celery_redis_url(url: str) -> str:
    """The same Redis in Celery's spelling, which has a form of its own for unix sockets."""
    if not url.startswith("unix://"):
        return url
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    password = quote(unquote(parts.password or (query.get("password") or [""])[0]), safe="")
    user = quote(unquote(parts.username or ""), safe="")
    login = f"{user}:{password}@" if user or password else ""
    return f"redis+socket://{login}{parts.path}?virtual_host={(query.get('db') or ['0'])[0]}"


def _check_port(name: str, url: str, example: str) -> None:
    try:
        urlsplit(url).port  # noqa: B018 - reading it is the check
    except ValueError:
        raise WrongValue(name, "has a port that is not a number from 0 to 65535", example) from None
