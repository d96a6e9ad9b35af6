"""Answers of the API kept in Redis: never older than a committed write, computed once, quick with Redis down.

`views.cached` is the one decorator; docs/caching.md tells the whole story. Bottom up: `keys` names an answer, `answers`
seals it, `breaker` and `store` talk to Redis, `local` remembers a little in this process, `flight` computes once.
"""
