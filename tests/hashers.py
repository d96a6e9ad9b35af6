"""Password hashing quick enough for tests, in a form that any other process of Muster can verify."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The default hasher with one iteration."""

    iterations = 1
