"""The features whose use is counted, and which request is a use of which."""

from __future__ import annotations

from dataclasses import dataclass

VISIT = "visit"
"""Any page or call by a person; makes them an active user, and is no feature."""


@dataclass(frozen=True)
class Feature:
    """Something a customer can use; `advice` says what using it brings, to go on a sentence about not using it."""

    key: str
    label: str
    advice: str


FEATURES: dict[str, Feature] = {
    feature.key: feature
    for feature in (
        Feature("generate", "Generate roster", "let Muster propose the next roster"),
        Feature("publish", "Publish", "publish rosters, so that staff see them and figures count"),
        Feature("edit", "Edit on the board", "adjust rosters on the board, where every rule is checked at once"),
        Feature("replace", "Find replacements", "ask for ranked replacements when somebody falls out"),
        Feature("gaps", "Fix gaps", "open a gap to see why nobody fits and the smallest change that fills it"),
        Feature("compare", "Compare rosters", "compare a draft with what is published before publishing it"),
        Feature("import", "Import", "import staff and shifts from files instead of typing them"),
        Feature("export", "Export", "take rosters away as XLSX, PDF or calendar"),
        Feature("api", "API", "connect payroll or time tracking through the API"),
    )
}

_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_READS = {"GET"}
_BY_NAME: dict[str, tuple[set[str], str]] = {
    "rostering_roster_generate": (_WRITES, "generate"),
    "rostering_roster_reoptimize": (_WRITES, "generate"),
    "roster-generate": (_WRITES, "generate"),
    "roster-reoptimize": (_WRITES, "generate"),
    "rostering_roster_publish": (_WRITES, "publish"),
    "roster-publish": (_WRITES, "publish"),
    "roster-confirm": (_WRITES, "publish"),
    "rostering_roster_assignment": (_WRITES, "edit"),
    "assignment-list": (_WRITES, "edit"),
    "assignment-detail": (_WRITES, "edit"),
    "shift-candidates": (_READS, "replace"),
    "rostering_gap_change": (_READS | _WRITES, "gaps"),
    "roster-gaps": (_READS, "gaps"),
    "roster-remedies": (_WRITES, "gaps"),
    "rostering_roster_compare": (_READS, "compare"),
    "roster-diff": (_READS, "compare"),
    "rostering_roster_download": (_READS, "export"),
}
"""URL name to the methods that count and the feature."""


def feature_of(url_name: str, method: str, *, parameters: frozenset[str] = frozenset()) -> str | None:
    """The feature a request uses; None for ordinary pages. `parameters` are the names in its query string."""
    if url_name == "rostering_roster_assignment" and method == "GET":
        return "replace" if "others" in parameters else None
    if method == "POST" and url_name.endswith(("_import", "_process_import")):
        return "import"
    if method == "POST" and url_name.endswith("_export"):
        return "export"
    methods, feature = _BY_NAME.get(url_name, (set(), ""))
    return feature if method in methods else None
