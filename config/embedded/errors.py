"""What the embedded servers raise."""


class EmbeddedError(Exception):
    """The embedded servers cannot serve; the message is one sentence for the person who started the command."""
