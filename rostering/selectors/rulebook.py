"""Which rules bind whom in a roster: organization-wide ones, those of each contract, and those nobody has to set up."""

from __future__ import annotations
