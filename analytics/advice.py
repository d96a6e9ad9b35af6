"""What to do for a customer, in sentences that carry the figures they come from."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.features import FEATURES
from analytics.scoring import HEALTHY, NEEDED_DAYS, WINDOW_DAYS, Health, Inputs

MISSED_SHOWN = 3
GOOD_FILL, GOOD_COMPLIANCE = 95.0, 98.0
MANY_FAILURES = 0.2


def recommendations(inputs: Inputs, health: Health) -> list[str]:
    """The most telling first; never empty."""
    if not inputs.enough:
        return [
            f"Not enough data yet: use is known for {_days(inputs.known_days)} of the last {WINDOW_DAYS}, and "
            f"{NEEDED_DAYS} are needed. Look again in {_days(NEEDED_DAYS - inputs.known_days)}."
        ]
    found = [*_falling(inputs, health), *_usage(inputs), *_satisfaction(inputs), *_adoption(inputs, health)]
    found += _growth(inputs)
    return found or ["Nothing to do: every figure looks good."]


def _falling(inputs: Inputs, health: Health) -> Iterator[str]:
    before = inputs.score_before
    if before is not None and health.score is not None and before - health.score >= 10:
        yield (
            f"The score fell from {before:.0f} to {health.score:.0f} within two weeks. Call the owner and ask what "
            "has changed."
        )


def _usage(inputs: Inputs) -> Iterator[str]:
    expected = inputs.active_days_expected
    if inputs.active_days == 0:
        yield f"Nobody has used Muster on any of the last {_days(inputs.known_days)}. Call the owner."
    elif inputs.active_days < 0.7 * expected:
        yield (
            f"Somebody was active on {_days(inputs.active_days)} of the last {inputs.known_days}, where about "
            f"{expected:.0f} are usual. Ask who makes the rosters now, and how."
        )
    if inputs.members > 2 and 0 < inputs.busiest < 0.5 * inputs.members:
        yield (
            f"At most {inputs.busiest} of {inputs.members} members used Muster on one day. Offer the others a short "
            "introduction, or remove accounts nobody needs."
        )
    if inputs.rosters == 0 and inputs.active_days:
        planned = "; what is published was planned elsewhere" if inputs.fill_rate else ""
        yield (
            f"No roster was generated within the last {_days(max(WINDOW_DAYS, inputs.roster_days))}{planned}. Offer to "
            "generate the next one together and compare it with theirs."
        )


def _satisfaction(inputs: Inputs) -> Iterator[str]:
    if inputs.fill_rate is not None and inputs.fill_rate < GOOD_FILL:
        yield (
            f"{inputs.fill_rate:.1f} % of {inputs.places:,} places were filled. Go through the open ones on the Gaps "
            "page: it names the smallest change that fills each."
        )
    if inputs.compliance_rate is not None and inputs.compliance_rate < GOOD_COMPLIANCE:
        yield (
            f"{100 - inputs.compliance_rate:.1f} % of published assignments break a required rule. Check whether the "
            "rules are what they mean, or staff are missing."
        )
    if inputs.jobs_ended and inputs.jobs_failed > MANY_FAILURES * inputs.jobs_ended:
        yield (
            f"{inputs.jobs_failed} of {inputs.jobs_ended} jobs failed. Read their sentences on the Jobs page and help "
            "with what they name."
        )


def _adoption(inputs: Inputs, health: Health) -> Iterator[str]:
    adoption = health.components["adoption"]
    missed = [feature for feature in FEATURES.values() if feature.key not in inputs.features]
    if adoption is None or adoption >= HEALTHY or not missed:
        return
    used = len(FEATURES) - len(missed)
    tips = "; ".join(feature.advice for feature in missed[:MISSED_SHOWN])
    yield f"{used} of {len(FEATURES)} features were used. Worth showing next: {tips}."


def _growth(inputs: Inputs) -> Iterator[str]:
    if inputs.staff_before and inputs.staff < 0.9 * inputs.staff_before:
        yield f"Staff went from {inputs.staff_before:,} to {inputs.staff:,} in four weeks. Ask whether a site was lost."
    if inputs.places_before and inputs.places < 0.8 * inputs.places_before:
        yield (
            f"Places to fill went from {inputs.places_before:,} to {inputs.places:,} against the four weeks before. "
            "Ask whether demand fell, or is planned elsewhere now."
        )


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"
