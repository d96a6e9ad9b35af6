"""Names of the places in the arrays of `books.py`: what stands where, and how units of a limit are charged."""

from __future__ import annotations

PRICE, REQUIRED, BREACH, MONEY = range(4)
"""A unit costs points; is not allowed; costs points because a required limit cannot be kept; costs cents."""
TOTAL, DISTINCT, TOGETHER, RUN = range(4)
"""Kinds of limits with a sum."""
UNLIMITED = 1 << 40
WORD = 62
"""Successions a word of bits holds."""

PEOPLE, SHIFTS, DAYS, DISORDER, CANDIDATES, LIMITS, GROUPS, SITES = range(8)
"""Sizes, at the head of `terms`. `DISORDER`: days by which a shift that starts later may lie before an earlier one."""

# Sections of `terms`: the i-th entry of X is `terms[terms[X] + i]`.
SHIFT_START, SHIFT_END, SHIFT_DAY, SHIFT_SITE, SHIFT_NEED, SHIFT_KIND, KIND_ON = range(8, 15)
PERSON_CANDIDATE, PERSON_GAP, PERSON_WORDS, PERSON_REACH, PERSON_MASK, PERSON_WITHIN, PERSON_SUCCESSION = range(15, 22)
CANDIDATE_SHIFT, CANDIDATE_PERSON, CANDIDATE_PINNED, CANDIDATE_TOTAL, CANDIDATE_GROUP = range(22, 27)
TOTAL_LIMIT, GROUP_OF, DAY_START, DAY_CANDIDATE = range(27, 31)
LIMIT_KIND, LIMIT_TIER, LIMIT_GROUP, LIMIT_CHARGE, LIMIT_SIZE, LIMIT_IDLE, LIMIT_OPEN = range(31, 38)
LIMIT_MOST, LIMIT_LEAST, LIMIT_TOLERATED, TOLERATED_START, TOLERATED_LENGTH = range(38, 43)
TIER_CHARGE, GROUP_LIMIT, GROUP_FIXED = range(43, 46)
GAP_CHARGE, GAP_AFTER, GAP_TRAVEL, AFTER, TRAVEL = range(46, 51)
FIRST, THEN, WITHIN, SUCCESSION_CHARGE = range(51, 55)
GAP_SAID, PERSON_SAID, LIMIT_SAID = range(55, 58)
"""Whether a gap, a person's successions, a run are more than `fits` already sees to."""
TERMS = range(8, 58)
WHERE = 58
"""A person's candidate for a shift, -1 for none: person times shifts + shift."""

# Sections of `rates`.
UNDER, OVER, CANDIDATE_COST, CANDIDATE_CENTS, TOTAL_VALUE = range(59, 64)
LIMIT_CAP, LIMIT_START, LIMIT_COST, TIER_SIDE, TIER_AT, TIER_COST, GAP_COST, SUCCESSION_COST = range(64, 72)
RATES = range(59, 72)
WEIGHT, BUDGET, BREACH_PRICE = range(3)
"""Places at the head of `rates`."""

ENDS = (
    (PERSON_CANDIDATE, CANDIDATE_SHIFT),
    (PERSON_GAP, GAP_CHARGE),
    (CANDIDATE_TOTAL, TOTAL_LIMIT),
    (CANDIDATE_GROUP, GROUP_OF),
    (DAY_START, DAY_CANDIDATE),
    (LIMIT_TIER, TIER_CHARGE),
    (LIMIT_GROUP, GROUP_LIMIT),
    (LIMIT_TOLERATED, TOLERATED_START),
)
"""Sections that say where an entity's part of another section begins; one more entry says where the last part ends."""

# Sections of `numbers`, and how many of which entity they hold.
COUNT, SIZE, WORK, WORKED, ACTIVE, OPEN, OPEN_AT, FREE, IS_FREE = range(72, 81)
ABLE_START, ABLE, CHANGED, CHANGES, BEST_SIZE, BEST_WORK, LOG, LOG_ON, OURS, THEIRS, OTHERS = range(81, 92)
NUMBERS = {
    COUNT: SHIFTS, SIZE: PEOPLE, WORK: CANDIDATES, WORKED: CANDIDATES, ACTIVE: GROUPS, OPEN: SHIFTS, OPEN_AT: SHIFTS,
    FREE: PEOPLE, IS_FREE: PEOPLE, ABLE_START: SHIFTS, ABLE: CANDIDATES, CHANGED: PEOPLE, CHANGES: PEOPLE,
    BEST_SIZE: PEOPLE, BEST_WORK: CANDIDATES, LOG: CANDIDATES, LOG_ON: CANDIDATES, OURS: CANDIDATES,
    THEIRS: CANDIDATES, OTHERS: CANDIDATES,
}  # fmt: skip
"""A person's candidates at work stand in `WORK` from their first candidate's place on, `SIZE` of them, in order.
`OPEN` lists shifts short of people, `OPEN_AT` says where each stands in it; `ABLE` who may work a shift, as candidates.
"""
OPEN_NUMBER, FREE_NUMBER, CHANGE_NUMBER, LOG_NUMBER = range(4)
NUMBER_SCALARS = 4
"""Places at the head of `numbers`."""

SUM = 92
SUMS = {SUM: LIMITS}
COST, BROKEN, BREACHES, CENTS, NOW_COST, NOW_BROKEN, NOW_BREACHES, NOW_CENTS, BEST_COST, BEST_BREACHES = range(10)
SUM_SCALARS = 10
"""Places at the head of `sums`: what the change at hand adds, what the roster costs, what the best one does."""
HEADER = 93
