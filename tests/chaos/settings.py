"""The product's settings with what a chaos case changes: intervals of the job machinery, and kinds of jobs to break.

Only cases that say so run under it; the others run under `config.settings` itself.
"""

from __future__ import annotations

import json
import os
from typing import Any

from config import settings as product

_settings: dict[str, Any] = {name: getattr(product, name) for name in dir(product) if name.isupper()}
_settings["INSTALLED_APPS"] = [*_settings["INSTALLED_APPS"], "tests.chaos.apps.ChaosConfig"]
_settings.update(json.loads(os.environ.get("MUSTER_CHAOS_SETTINGS", "{}")))
globals().update(_settings)
