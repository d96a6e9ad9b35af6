"""Rostering as a library: `solve(problem, options, hooks) -> Result`; no Django, no database."""
