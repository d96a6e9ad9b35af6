"""The dashboard's calls, cache statistics and health."""
