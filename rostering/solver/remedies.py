"""The search for the smallest single change that fills an open place; each is verified before it is named.

Smaller is: the kind of change first, in the order of KINDS; then by how much (`Remedy.size`); then fewer other
assignments that move; then fewer points. First everybody is asked to take the place by themselves, which the checker
judges at once; then, for what would be smaller still, a neighborhood of the place is solved anew.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from rostering.solver.easing import Easable, Easing
from rostering.solver.neighborhood import Aim, Neighborhood, OutOfTimeError
from rostering.solver.problem import Holding, PairRule, Rule, Shift, Staff
from rostering.solver.remedy import KINDS, Found, Kind, Remedy, shared, told
from rostering.solver.standing import AS_IS, NO_MOVES, Change, Moves, Standing, bars

KEPT = 3
"""Remedies kept for a place: the smallest, and the smallest of the next kinds."""
MODELS = 6
"""Neighborhoods solved for one place at the most."""
TAKERS = 12
PEOPLE = 24
"""People of a neighborhood: those who could take the place, then those who could take over from them; or everybody."""
REACH_DAYS = 3
NEXT_TO_TAKERS = 8
"""Of a neighborhood's people those who could take over from the takers, before those who could from these."""
MOST_ASKED = 60
"""People asked of those whom one rule on single shifts keeps from a place, for each kind of change."""
MOST_LIMITS = 3
"""Who has more limits against a place than this is not worth solving for."""
LEAST_SECONDS = 0.3
"""With less time left no neighborhood is begun."""
NEWCOMER = "newcomer"
"""Id of the person a hire adds to the problem."""
NO_BUDGET = 1 << 60
FREE_POINTS = 1e-6


def remedies(
    standing: Standing,
    shift_id: str,
    *,
    seconds: float = 10.0,
    should_stop: Callable[[], bool] = lambda: False,
    deep: bool = True,
) -> Found:
    """What fills one more place of the shift. `deep` re-solves neighborhoods too; without it, each is asked alone.

    Never empty: one more person is always an answer. What is found is kept when time runs out; raises OutOfTimeError
    when not even everybody could be asked.
    """
    return _Search(standing, standing.shift(shift_id), time.monotonic() + seconds, should_stop).run(deep)


def all_remedies(
    standing: Standing, *, seconds: float, should_stop: Callable[[], bool] = lambda: False, deep: bool = True
) -> dict[str, Found]:
    """The remedies of every short shift, by shift id, within so many seconds; shifts not come to are left out.

    The dearest places come first. Everybody is asked alone for all of them, then neighborhoods are solved while time
    lasts.
    """
    deadline = time.monotonic() + seconds
    order = sorted(standing.judgement.shortfalls, key=lambda entry: (-entry.cost, entry.shift))
    found: dict[str, Found] = {}
    for patient in (False, True) if deep else (False,):
        for entry in order:
            left = deadline - time.monotonic()
            if left <= (LEAST_SECONDS if patient else 0.0) or should_stop():
                return shared(found)
            if not patient or not found[entry.shift].thorough:
                try:
                    found[entry.shift] = remedies(
                        standing, entry.shift, seconds=left, should_stop=should_stop, deep=patient
                    )
                except OutOfTimeError:
                    return shared(found)
    return shared(found)


@dataclass(frozen=True, slots=True)
class _Taker:
    """Somebody who could be asked; against it speak required rules on single shifts (`bars`) and on work (`limits`)."""

    staff: Staff
    bars: tuple[PairRule, ...]
    limits: tuple[Rule, ...]

    @property
    def against(self) -> tuple[Rule, ...]:
        """All of them."""
        return (*self.bars, *self.limits)


class _Search:
    """One place."""

    def __init__(self, standing: Standing, shift: Shift, deadline: float, should_stop: Callable[[], bool]) -> None:
        self.standing, self.budget = standing, standing.problem.budget_cents
        self.shift, self.label = shift, shift.label or shift.id
        self.deadline, self.should_stop = deadline, should_stop
        self.models, self.thorough = 0, True
        self.takers: list[_Taker] = []
        self.found: list[Remedy] = []

    def run(self, deep: bool) -> Found:
        """The smallest of each kind."""
        barred = self._ask_eligible()
        if self._could_be_smaller(("move", 0.0, 0)):
            self._ask_barred(barred)
            self._waive()
            self._change_the_shift()
            if deep:
                self._resolve()
            else:
                self.thorough = False
        best: dict[str, Remedy] = {}
        for remedy in sorted(self.found, key=lambda remedy: remedy.order):
            best.setdefault(remedy.kind, remedy)
        first = next(iter(best.values()))
        ties = [remedy for remedy in self.found if remedy.opens and remedy.order[:3] == first.order[:3]]
        # Where moving people is enough, nobody need be asked to let a rule give way.
        kept = 1 if first.kind == "move" else KEPT
        return Found(tuple(best.values())[:kept], self.thorough, tuple(ties))

    # -- everybody by themselves -------------------------------------------------------------------------------------

    def _ask_eligible(self) -> list[tuple[Staff, PairRule]]:
        """Ask those whom no rule on single shifts keeps from it; answers with those whom only one does."""
        barred = []
        for staff in self.standing.problem.staff:
            if staff.id in self.standing.on[self.shift.id]:
                continue
            against = bars(staff, self.shift)
            if not against:
                self._ask(_Taker(staff, (), tuple(self.standing.limits(staff, self.shift))))
            elif len(against) == 1:
                barred.append((staff, against[0]))
        return barred

    def _ask_barred(self, barred: list[tuple[Staff, PairRule]]) -> None:
        """Ask those whom one rule keeps from it: of each kind those with the smallest change who work least."""
        waiting: dict[str, list[tuple[float, tuple[int, str], Staff, PairRule]]] = defaultdict(list)
        for staff, bar in barred:
            easing = self._easing(bar, staff, self._taken_by(staff))
            if easing is not None:
                waiting[easing.kind].append((easing.size, self._busy(staff), staff, bar))
        for entries in waiting.values():
            for _, _, staff, bar in sorted(entries, key=lambda entry: entry[:2])[:MOST_ASKED]:
                self._ask(_Taker(staff, (bar,), tuple(self.standing.limits(staff, self.shift))))

    def _ask(self, taker: _Taker) -> None:
        if self._late():
            raise OutOfTimeError
        self.takers.append(taker)
        moves = self._taken_by(taker.staff)
        if not taker.against:
            self._as_is(moves)
            self._with_budget(moves)
        elif len(taker.against) == 1:
            self._eased(taker.against[0], taker.staff, moves)

    def _late(self) -> bool:
        return self.should_stop() or time.monotonic() > self.deadline

    def _taken_by(self, staff: Staff) -> Moves:
        return Moves(frozenset({(staff.id, self.shift.id)}))

    def _as_is(self, moves: Moves) -> bool:
        """Nothing changes but assignments, and perhaps points; whether that fills it."""
        effect = self.standing.effect(AS_IS, moves, self.shift.id)
        if effect is None:
            return False
        if effect.points <= FREE_POINTS:
            return self._add("move", "", 0.0, moves)
        text = f"Accept {effect.points:,.0f} points more than the open place costs."
        return self._add("points", text, effect.points, moves)

    def _with_budget(self, moves: Moves) -> None:
        """The budget is raised by what is lacking, where that is what stands against it."""
        if self.budget is None:
            return
        effect = self.standing.effect(Change(budget_cents=NO_BUDGET), moves, self.shift.id)
        needed = 0 if effect is None else round(self.standing.cents + effect.cents)
        if effect is None or needed <= self.budget:
            return
        more = needed - self.budget
        text = f"Raise the budget by {more / 100:,.2f} {self.standing.problem.currency}."
        self._add("budget", text, more, moves, Change(budget_cents=needed))

    def _eased(self, rule: Rule, staff: Staff, moves: Moves) -> bool:
        """One rule gives way to what the moves make of the person's work."""
        easing = self._easing(rule, staff, moves)
        if easing is None or not self._once(rule, staff, moves):
            return False
        return self._add(easing.kind, easing.sentence, easing.size, moves, Change(staff=easing.staff))

    def _easing(self, rule: Rule, staff: Staff, moves: Moves) -> Easing | None:
        return rule.ease(self.standing.timeline(staff, moves)) if isinstance(rule, Easable) else None

    def _once(self, rule: Rule, staff: Staff, moves: Moves) -> bool:
        """Whether one shift the person gains is behind all that the rule newly objects to: one exception only."""
        before = {match.sentence for match in rule.check(self.standing.timeline(staff))}
        after = rule.check(self.standing.timeline(staff, moves))
        new = [match.shifts for match in after if match.sentence not in before]
        gained = [shift_id for staff_id, shift_id in moves.gains if staff_id == staff.id]
        return any(all(shift_id in shifts for shifts in new) for shift_id in gained)

    # -- the shift, and people who are not there yet -----------------------------------------------------------------

    def _waive(self) -> None:
        """One certification is not asked for."""
        for code in sorted(self.shift.certifications):
            waived = replace(self.shift, certifications=self.shift.certifications - {code})
            for taker in self.takers:
                if len(taker.against) == 1 and taker.against[0].kind == "certification":
                    moves = self._taken_by(taker.staff)
                    text = f"Do without {code} on this shift ({self.label})."
                    self._add("waiver", text, 1.0, moves, Change(shift=waived))

    def _change_the_shift(self) -> None:
        shift = self.shift
        held = tuple(Holding(code, shift.start, shift.end) for code in sorted(shift.certifications))
        moves = Moves(frozenset({(NEWCOMER, shift.id)}))
        hired = Change(staff=Staff(NEWCOMER, "The new person", holdings=held))
        asked = f", certified with {' and '.join(sorted(shift.certifications))}" if held else ""
        text = f"Hire one more person{asked}, who may work at the site and is free then ({self.label})."
        self._add("hire", text, 1.0, moves, hired)
        if shift.headcount > 1:
            fewer = Change(shift=replace(shift, headcount=shift.headcount - 1))
            text = f"Ask for {shift.headcount - 1} instead of {shift.headcount} ({self.label}); nobody moves."
            self._add("headcount", text, 1.0, NO_MOVES, fewer)

    # -- neighborhoods -----------------------------------------------------------------------------------------------

    def _could_be_smaller(self, than: tuple[Kind, float, int]) -> bool:
        """Whether a remedy of this kind, size and number of moves would be smaller than what is found."""
        kind, size, moved = than
        best = min((remedy.order[:3] for remedy in self.found), default=None)
        return best is None or (KINDS.index(kind), size, moved) < best

    def _resolve(self) -> None:
        """Solve neighborhoods for whatever would be smaller than the best found."""
        try:
            self._rearrange()
            for attempt in self._attempts():
                if self.models >= MODELS:
                    self.thorough = False
                    return
                attempt()
        except OutOfTimeError:
            self.thorough = False

    def _rearrange(self) -> None:
        """Others move, no rule changes; then the budget is raised by as little as can be."""
        area = self._area(AS_IS)
        if area is None:
            return
        moves = self._solved(area, "points")
        if moves is not None:
            self._as_is(moves)
            fewest = self._solved(area, "free moves")
            if fewest is not None:
                self._as_is(fewest)
        elif self.budget is not None and self._could_be_smaller(("budget", 0.0, 0)):
            moves = self._solved(area, "cents")
            if moves is not None:
                self._with_budget(moves)

    def _attempts(self) -> Iterator[Callable[[], None]]:
        """Single changes that, with others moving, might fill the place; while they would be smaller than the best."""
        for taker, pin in self._pins():
            if self._could_be_smaller(("unpin", 0.0, 0)):
                yield partial(self._unpin, taker, pin)
        for easing, taker, rule in self._easings():
            if self._could_be_smaller((easing.kind, easing.size, 0)):
                yield partial(self._ease, easing, taker, rule)

    def _pins(self) -> Iterator[tuple[_Taker, Shift]]:
        """Pinned work whose owner could take the place without it."""
        for taker in self.takers:
            if taker.bars or not taker.limits:
                continue
            for held in self.standing.given.get(taker.staff.id, ()):
                pinned = (taker.staff.id, held.id) in self.standing.problem.pins
                if pinned and abs(held.day - self.shift.day) <= REACH_DAYS:
                    yield taker, held

    def _unpin(self, taker: _Taker, held: Shift) -> None:
        pin = (taker.staff.id, held.id)
        change = Change(unpinned=pin)
        area = self._area(change, taker.staff.id)
        moves = self._solved(area, "moves") if area is not None else None
        if moves is not None and pin in moves.losses:
            text = f"Unpin {taker.staff.name} from {held.label or held.id}."
            self._add("unpin", text, 1.0, moves, change)

    def _easings(self) -> list[tuple[Easing, _Taker, Rule]]:
        """Rules that might give way, of people whose other objections moving others might lift; the smallest first."""
        found = []
        for taker in self.takers:
            if len(taker.against) < 2 or len(taker.limits) > MOST_LIMITS:
                continue
            for rule in taker.bars or taker.limits:
                easing = self._easing(rule, taker.staff, self._taken_by(taker.staff))
                if easing is not None:
                    found.append((easing, taker, rule))
        return sorted(found, key=_by_size)

    def _ease(self, easing: Easing, taker: _Taker, rule: Rule) -> None:
        """With the rule eased for the person, others move; then the rule gives way by as much as is left to need."""
        area = self._area(Change(staff=easing.staff), taker.staff.id)
        moves = self._solved(area, "moves") if area is not None else None
        if moves is not None and not self._as_is(moves):
            self._eased(rule, taker.staff, moves)

    def _solved(self, area: Neighborhood, aim: Aim) -> Moves | None:
        self.models += 1
        return area.solve(aim, self.deadline - time.monotonic(), self.should_stop)

    def _area(self, change: Change, taker: str | None = None) -> Neighborhood | None:
        """Who is freed: those who could take the place, fewest objections first, then those who could take over."""
        if self._late():
            raise OutOfTimeError
        eligible = sorted((t for t in self.takers if not t.bars), key=lambda t: (len(t.limits), self._busy(t.staff)))
        takers = ([taker] if taker is not None else []) + [t.staff.id for t in eligible if t.staff.id != taker]
        takers = takers[:TAKERS]
        if not takers:
            return None
        everybody = [staff.id for staff in self.standing.problem.staff]
        if len(everybody) <= PEOPLE:
            return Neighborhood(self.standing, change, self.shift, everybody)
        next_to = self._helpers(takers, takers)
        beyond = self._helpers(next_to[:NEXT_TO_TAKERS], takers + next_to)
        around = next_to[:NEXT_TO_TAKERS] + beyond + next_to[NEXT_TO_TAKERS:]
        return Neighborhood(self.standing, change, self.shift, takers + around[: PEOPLE - len(takers)])

    def _helpers(self, givers: list[str], known: list[str]) -> list[str]:
        """Others who may work what these people work near the place: may take most of it first, then work least."""
        near = [
            held
            for staff_id in givers
            for held in self.standing.given.get(staff_id, ())
            if abs(held.day - self.shift.day) <= REACH_DAYS
        ]
        ranked = []
        for staff in self.standing.problem.staff:
            if near and staff.id not in known:
                open_to = sum(not bars(staff, held) for held in near)
                if open_to:
                    ranked.append((-open_to, self._busy(staff), staff.id))
        return [staff_id for _, _, staff_id in sorted(ranked)]

    def _busy(self, staff: Staff) -> tuple[int, str]:
        return sum(held.paid_minutes for held in self.standing.given.get(staff.id, ())), staff.id

    def _add(self, kind: Kind, text: str, size: float, moves: Moves, change: Change = AS_IS) -> bool:
        """Keep it if it does fill the place and nothing else suffers: whether it does."""
        effect = self.standing.effect(change, moves, self.shift.id)
        if effect is None:
            return False
        taker = next((staff_id for staff_id, shift_id in sorted(moves.gains) if shift_id == self.shift.id), None)
        staff = None if taker == NEWCOMER else taker
        moved = "" if staff is None else told(self.standing, moves, self.shift.id)
        remedy = Remedy(
            kind=kind,
            change_words=text,
            moves_words=moved,
            staff=staff,
            size=size,
            points=effect.points,
            cents=effect.cents,
            moves=moves,
            change=change,
            opens=self._opened(kind, change),
        )
        self.found.append(remedy)
        return True

    def _opened(self, kind: Kind, change: Change) -> str:
        """What the change gives to somebody for good."""
        if kind == "certification" and change.staff is not None:
            return change.staff.holdings[-1].certification
        return self.shift.site if kind == "site" else ""


def _by_size(entry: tuple[Easing, _Taker, Rule]) -> tuple[int, float, int, str]:
    easing, taker, _ = entry
    return KINDS.index(easing.kind), easing.size, len(taker.limits), easing.sentence
