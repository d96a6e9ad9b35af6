"""Compiled inner loops of the exact pattern search (numba, cached on disk, without the interpreter lock).

Costs are Lagrangian: each unit of resource r is charged its multiplier `slope[r]` on the way and given back when the
sum closes, so the backward pass over nodes and a few carried sums bounds every completion from below.
See docs/solver.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

EXHAUSTED = 0
"""Every pattern below the limit was looked at."""
TRUNCATED = 1
"""Labels were thrown away: what was found stands, what was not may still exist."""


CARRIED = 4
"""Sums that the backward pass carries exactly, at most."""


class Arrays(NamedTuple):
    """A pattern graph as the loops read it. `table[r, v]` costs final sums; `worse[at[r] + a * width[r] + b]` is the
    dominance matrix of resource r (mode 0), or sums compare by ≤ (mode 1) or = (mode 2). `carried` names up to four
    sums that the backward pass carries exactly (-1: none), `span` how many values each takes, `held[r]` whether r is
    one.
    """

    node_start: Ints
    arc_start: Ints
    arc_head: Ints
    arc_class: Ints
    arc_cost: Floats
    arc_gain: npt.NDArray[np.int32]
    class_start: Ints
    option_start: Ints
    option_shifts: Ints
    class_bits: Ints
    bit_resource: Ints
    bit_last: Ints
    final_cost: Floats
    table: Floats
    cap: Ints
    last: Ints
    mode: Ints
    worse: Floats
    worse_at: Ints
    carried: Ints
    span: Ints
    held: npt.NDArray[np.bool_]


@njit(cache=True, nogil=True)
def price_classes(arrays: Arrays, own: Floats, price: Floats, cost: Floats, best: Ints) -> None:
    """The cheapest option of every class at these shift prices."""
    for k in range(len(arrays.class_start) - 1):
        cost[k] = np.inf
        best[k] = arrays.class_start[k]
        for o in range(arrays.class_start[k], arrays.class_start[k + 1]):
            value = own[o]
            for s in range(arrays.option_start[o], arrays.option_start[o + 1]):
                value += price[arrays.option_shifts[s]]
            if value < cost[k]:
                cost[k] = value
                best[k] = o


@njit(cache=True, nogil=True)
def cell(arrays: Arrays, sums: npt.NDArray[np.int32]) -> int:
    """Place of a label's carried sums in the table of costs to go."""
    place = 0
    for d in range(CARRIED):
        place *= arrays.span[d]
        if arrays.carried[d] >= 0:
            place += sums[arrays.carried[d]]
    return place


@njit(cache=True, nogil=True)
def end_cost(arrays: Arrays, sums: npt.NDArray[np.int32]) -> float:
    """What the carried sums cost at the end."""
    cost = 0.0
    for d in range(CARRIED):
        if arrays.carried[d] >= 0:
            cost += arrays.table[arrays.carried[d], sums[arrays.carried[d]]]
    return cost


@njit(cache=True, nogil=True)
def reach(arrays: Arrays, usable: npt.NDArray[np.bool_], low: Ints, high: Ints) -> None:
    """Per node the least and the largest carried sums that can be reached over `usable` classes; unreachable nodes get
    a low above their high.
    """
    layers = len(arrays.node_start) - 2
    for i in range(len(low)):
        for d in range(CARRIED):
            low[i, d], high[i, d] = arrays.span[d], -1
    for d in range(CARRIED):
        low[0, d] = high[0, d] = 0
    for i in range(arrays.node_start[layers]):
        if low[i, 0] > high[i, 0]:
            continue
        for a in range(arrays.arc_start[i], arrays.arc_start[i + 1]):
            if not usable[arrays.arc_class[a]] or arrays.arc_cost[a] == np.inf:
                continue
            fits = True
            for d in range(CARRIED):
                gain = arrays.arc_gain[a, arrays.carried[d]] if arrays.carried[d] >= 0 else 0
                fits = fits and low[i, d] + gain < arrays.span[d]
            if not fits:
                continue
            head = arrays.arc_head[a]
            for d in range(CARRIED):
                gain = arrays.arc_gain[a, arrays.carried[d]] if arrays.carried[d] >= 0 else 0
                low[head, d] = min(low[head, d], low[i, d] + gain)
                high[head, d] = max(high[head, d], min(high[i, d] + gain, arrays.span[d] - 1))


@njit(cache=True, nogil=True)
def backward(  # noqa: PLR0912, PLR0917 - an inner loop, flat for the compiler
    arrays: Arrays, class_cost: Floats, slope: Floats, low: Ints, high: Ints, arc_price: Floats, togo: Floats
) -> None:
    """Least cost to go from every node and carried sums within reach; other sums at their multipliers."""
    span, carried = arrays.span, arrays.carried
    layers = len(arrays.node_start) - 2
    resources = len(arrays.cap)
    sums = np.zeros(max(1, resources), dtype=np.int32)
    first_end = arrays.node_start[layers]
    for i in range(first_end, arrays.node_start[layers + 1]):
        if low[i, 0] > high[i, 0]:
            continue
        for place in range(togo.shape[1]):
            rest = place
            for d in range(CARRIED - 1, -1, -1):
                if carried[d] >= 0:
                    sums[carried[d]] = rest % span[d]
                rest //= span[d]
            togo[i, place] = arrays.final_cost[i - first_end] + end_cost(arrays, sums)
    gain = np.zeros(CARRIED, dtype=np.int64)
    for i in range(first_end - 1, -1, -1):
        if low[i, 0] > high[i, 0]:
            continue
        low3, most = low[i, 3], high[i, 3] + 1
        for w in range(low[i, 0], high[i, 0] + 1):
            for x in range(low[i, 1], high[i, 1] + 1):
                for y in range(low[i, 2], high[i, 2] + 1):
                    here = ((w * span[1] + x) * span[2] + y) * span[3]
                    togo[i, here + low3 : here + most] = np.inf
        for a in range(arrays.arc_start[i], arrays.arc_start[i + 1]):
            cost = arrays.arc_cost[a] + class_cost[arrays.arc_class[a]]
            for r in range(resources):
                if arrays.arc_gain[a, r] != 0:
                    cost += slope[r] * arrays.arc_gain[a, r]
            arc_price[a] = cost
            if cost == np.inf:
                continue
            head = arrays.arc_head[a]
            for d in range(CARRIED):
                gain[d] = arrays.arc_gain[a, carried[d]] if carried[d] >= 0 else 0
            count = min(most, span[3] - gain[3]) - low3
            if count <= 0:
                continue
            for w in range(low[i, 0], min(high[i, 0] + 1, span[0] - gain[0])):
                for x in range(low[i, 1], min(high[i, 1] + 1, span[1] - gain[1])):
                    for y in range(low[i, 2], min(high[i, 2] + 1, span[2] - gain[2])):
                        here = ((w * span[1] + x) * span[2] + y) * span[3] + low3
                        there = ((w + gain[0]) * span[1] + x + gain[1]) * span[2] + y + gain[2]
                        there = there * span[3] + gain[3] + low3
                        source = togo[head, there : there + count]
                        target = togo[i, here : here + count]
                        for z in range(count):
                            value = cost + source[z]
                            known = target[z]
                            target[z] = value if value < known else known


@njit(cache=True, nogil=True)
def relaxed_path(arrays: Arrays, arc_price: Floats, togo: Floats, sums: npt.NDArray[np.int32], classes: Ints) -> None:
    """Follow a cheapest completion from the start: its classes, and the sums it runs up (windows not closed)."""
    sums[:] = 0
    node = 0
    mask = np.int64(0)
    resources = len(arrays.cap)
    trial = np.zeros(max(1, resources), dtype=np.int32)
    for layer in range(len(arrays.node_start) - 2):
        best, chosen = np.inf, -1
        for a in range(arrays.arc_start[node], arrays.arc_start[node + 1]):
            fits = True
            for r in range(resources):
                trial[r] = sums[r] + arrays.arc_gain[a, r]
                if arrays.held[r] and trial[r] > arrays.cap[r]:
                    fits = False
            if fits:
                value = arc_price[a] + togo[arrays.arc_head[a], cell(arrays, trial)]
                if value < best:
                    best, chosen = value, a
        if chosen < 0:
            classes[0] = -1
            return
        for r in range(resources):
            sums[r] += arrays.arc_gain[chosen, r]
        k = arrays.arc_class[chosen]
        classes[layer] = k
        for b in range(len(arrays.bit_resource)):
            flag = np.int64(1) << b
            if arrays.class_bits[k] & flag != 0 and mask & flag == 0:
                sums[arrays.bit_resource[b]] += 1
                mask |= flag
        node = arrays.arc_head[chosen]


@njit(cache=True, nogil=True)
def close_sums(arrays: Arrays, slope: Floats, floor: Floats) -> float:
    """Per resource and value into `floor`: the least its end can still cost at the multiplier, above the least of all;
    that least stands in its last place. Returns the sum of the least.
    """
    start = 0.0
    for r in range(len(arrays.cap)):
        if arrays.held[r]:
            continue
        cap = arrays.cap[r]
        least = np.inf
        for v in range(cap, -1, -1):
            least = min(least, arrays.table[r, v] - slope[r] * v)
            floor[r, v] = least
        for v in range(cap + 1):
            floor[r, v] -= least
        floor[r, cap + 1] = least
        start += least
    return start


@njit(cache=True, nogil=True)
def path_cost(arrays: Arrays, slope: Floats, togo: float, sums: npt.NDArray[np.int32]) -> float:
    """What a relaxed path costs once its sums are closed for what they are; infinite when a limit is broken."""
    cost = togo
    for r in range(len(arrays.cap)):
        if arrays.held[r]:
            continue
        if sums[r] > arrays.cap[r]:
            return np.inf
        cost += arrays.table[r, sums[r]] - slope[r] * sums[r]
    return cost


@njit(cache=True, nogil=True)
def relax(  # noqa: PLR0917 - compiled loops take arrays
    arrays: Arrays,
    class_cost: Floats,
    free: npt.NDArray[np.bool_],
    low: Ints,
    high: Ints,
    slope: Floats,
    limit: float,
    upper: float,
    steps: int,
    arc_price: Floats,
    togo: Floats,
    floor: Floats,
    path: Ints,
    trial_path: Ints,
) -> tuple[float, float, float]:
    """Raise the bound of one person's relaxed pattern by steps on the multipliers of the `free` sums.

    Polyak's step towards `upper`, what the best pattern known costs at these prices; ends early when the bound passes
    `limit` or a relaxed pattern that keeps all limits meets it. Leaves `slope`, `togo`, `arc_price` and `floor` at the
    best multipliers, `path` at the cheapest legal relaxed pattern. Returns the bound, that pattern's cost (infinite:
    none), and the closing constant.
    """
    resources = len(arrays.cap)
    sums = np.zeros(max(1, resources), dtype=np.int32)
    direction = np.zeros(resources)
    best_slope, best_lower, best_cost = slope.copy(), -np.inf, np.inf
    any_free = False
    for r in range(resources):
        any_free = any_free or free[r]
    stretch, start, at_best = 1.0, 0.0, False
    for _ in range(steps):
        start = close_sums(arrays, slope, floor)
        backward(arrays, class_cost, slope, low, high, arc_price, togo)
        lower = start + togo[0, 0]
        if lower == np.inf:
            return np.inf, np.inf, start
        relaxed_path(arrays, arc_price, togo, sums, trial_path)
        cost = path_cost(arrays, slope, togo[0, 0], sums) if trial_path[0] >= 0 else np.inf
        if cost < best_cost:
            best_cost = cost
            path[:] = trial_path
        at_best = lower > best_lower
        if at_best:
            best_lower = lower
            best_slope[:] = slope
        else:
            stretch *= 0.6
        upper = min(upper, best_cost)
        if best_lower >= limit or best_cost <= best_lower + 1e-7 * (1.0 + abs(best_lower)) or not any_free:
            break
        norm = 0.0
        for r in range(resources):
            direction[r] = 0.0
            if free[r]:
                direction[r] = sums[r] - _liked(arrays, slope, r, sums[r])
                norm += direction[r] * direction[r]
        if norm == 0.0:
            break
        aim = upper - lower if upper < 1e12 else 1.0 + 0.03 * abs(lower)
        for r in range(resources):
            slope[r] += stretch * max(aim, 1e-6 * (1.0 + abs(lower))) / norm * direction[r]
    slope[:] = best_slope
    if not at_best:
        start = close_sums(arrays, slope, floor)
        backward(arrays, class_cost, slope, low, high, arc_price, togo)
    return best_lower, best_cost, start


@njit(cache=True, nogil=True)
def _liked(arrays: Arrays, slope: Floats, r: int, near: int) -> int:
    """The final value of resource r that costs least at its multiplier; of equals the nearest to `near`."""
    best, chosen = np.inf, 0
    for v in range(arrays.cap[r] + 1):
        cost = arrays.table[r, v] - slope[r] * v
        if cost < best - 1e-9 or (cost <= best + 1e-9 and abs(v - near) < abs(chosen - near)):
            best, chosen = min(best, cost), v
    return chosen


@njit(cache=True, nogil=True)
def dominates(  # noqa: PLR0917 - compiled loops take arrays
    arrays: Arrays, slope: Floats, sums: npt.NDArray[np.int32], cost: Floats, first: int, then: int
) -> bool:
    """Whether label `first` is at least as good as `then` however both go on (same node, same bits)."""
    slack = cost[then] - cost[first] + 1e-9
    for r in range(len(arrays.cap)):
        a, b = sums[first, r], sums[then, r]
        if a == b:
            continue
        slack += slope[r] * (a - b)
        if arrays.mode[r] == 0:
            slack -= arrays.worse[arrays.worse_at[r] + a * (arrays.cap[r] + 1) + b]
        elif arrays.mode[r] == 2 or a > b:
            return False
        if slack == -np.inf:
            return False
    return bool(slack >= 0)


@njit(cache=True, nogil=True)
def forward(  # noqa: PLR0912, PLR0915, PLR0917 - an inner loop, flat for the compiler
    arrays: Arrays,
    arc_price: Floats,
    slope: Floats,
    floor: Floats,
    togo: Floats,
    start_cost: float,
    limit: float,
    per_node: int,
    sums: npt.NDArray[np.int32],
    cost: Floats,
    bound_of: Floats,
    node_of: Ints,
    mask_of: Ints,
    parent: Ints,
    class_of: Ints,
    following: Ints,
    head_of: Ints,
    ends: Ints,
    layer_start: Ints,
) -> tuple[int, int, int]:
    """Walk every label whose bound is below `limit`; returns (status, number of ends, labels). Ends are labels.

    `floor[r, v]` is the least that closing resource r can still cost from v on, at its multiplier, less the least of
    all: it tightens the bound and cuts sums that can no longer end legally.
    """
    resources = len(arrays.cap)
    layers = len(arrays.node_start) - 2
    capacity = len(cost)
    status = EXHAUSTED
    cost[0], node_of[0], mask_of[0], parent[0], class_of[0] = start_cost, 0, 0, -1, -1
    for r in range(resources):
        sums[0, r] = 0
    layer_start[0], used = 0, 1
    for layer in range(layers):
        layer_start[layer + 1] = used
        for i in range(arrays.node_start[layer + 1], arrays.node_start[layer + 2]):
            head_of[i] = -1
        for label in range(layer_start[layer], layer_start[layer + 1]):
            if node_of[label] < 0:
                continue
            node = node_of[label]
            for a in range(arrays.arc_start[node], arrays.arc_start[node + 1]):
                new_cost = cost[label] + arc_price[a]
                if new_cost == np.inf:
                    continue
                if used >= capacity:
                    status = TRUNCATED
                    break
                head, k = arrays.arc_head[a], arrays.arc_class[a]
                mask = mask_of[label]
                ok = True
                for r in range(resources):
                    sums[used, r] = sums[label, r] + arrays.arc_gain[a, r]
                if arrays.class_bits[k] != 0:
                    for b in range(len(arrays.bit_resource)):
                        flag = np.int64(1) << b
                        if arrays.class_bits[k] & flag != 0 and mask & flag == 0:
                            sums[used, arrays.bit_resource[b]] += 1
                            new_cost += slope[arrays.bit_resource[b]]
                            mask |= flag
                for b in range(len(arrays.bit_last)):
                    if arrays.bit_last[b] == layer:
                        mask &= ~(np.int64(1) << b)
                bound = 0.0
                for r in range(resources):
                    v = sums[used, r]
                    if v > arrays.cap[r]:
                        ok = False
                        break
                    if arrays.held[r]:
                        continue
                    if arrays.last[r] == layer:
                        new_cost += arrays.table[r, v] - slope[r] * v - floor[r, arrays.cap[r] + 1]
                        sums[used, r] = 0
                    elif arrays.last[r] > layer:
                        bound += floor[r, v]
                if not ok:
                    continue
                bound += new_cost + togo[head, cell(arrays, sums[used])]
                if not bound < limit:
                    continue
                cost[used], node_of[used], mask_of[used] = new_cost, head, mask
                parent[used], class_of[used] = label, k
                # Dominance among the labels of the head node.
                other, previous, count, keep = head_of[head], -1, 0, True
                worst, before_worst, worst_bound = -1, -1, bound
                while other >= 0:
                    after = following[other]
                    if mask_of[other] == mask:
                        if dominates(arrays, slope, sums, cost, other, used):
                            keep = False
                            break
                        if dominates(arrays, slope, sums, cost, used, other):
                            node_of[other] = -1
                            if previous >= 0:
                                following[previous] = after
                            else:
                                head_of[head] = after
                            other = after
                            continue
                    if bound_of[other] > worst_bound:
                        worst, before_worst, worst_bound = other, previous, bound_of[other]
                    count += 1
                    previous, other = other, after
                if not keep:
                    continue
                if count >= per_node:
                    status = TRUNCATED
                    if worst < 0:
                        continue
                    node_of[worst] = -1
                    if before_worst >= 0:
                        following[before_worst] = following[worst]
                    else:
                        head_of[head] = following[worst]
                bound_of[used] = bound
                following[used] = head_of[head]
                head_of[head] = used
                used += 1
    layer_start[layers + 1] = used
    found = 0
    for label in range(layer_start[layers], used):
        if node_of[label] < 0:
            continue
        cost[label] += arrays.final_cost[node_of[label] - arrays.node_start[layers]] + end_cost(arrays, sums[label])
        if not cost[label] < limit:
            continue
        if found < len(ends):
            ends[found] = label
            found += 1
            continue
        worst = 0
        for place in range(1, found):
            if cost[ends[place]] > cost[ends[worst]]:
                worst = place
        if cost[label] < cost[ends[worst]]:
            ends[worst] = label
    return status, found, used


@njit(cache=True, nogil=True)
def trace(parent: Ints, class_of: Ints, label: int, classes: Ints) -> None:
    """The classes worked on the way to a label."""
    position = len(classes) - 1
    while parent[label] >= 0:
        classes[position] = class_of[label]
        label = parent[label]
        position -= 1
