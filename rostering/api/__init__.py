"""The REST API of the domain; `docs/api.md` shows it from outside."""
