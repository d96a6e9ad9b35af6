"""Which future shifts become uncovered if nobody renews what runs out: one statement, whatever the size.

A person may work a shift who is active, employed on its days and admitted at its site, and holds every blocking
certification it asks for from its start to its end. A shift becomes uncovered when more of its places could be filled
were everything renewed than can be if nobody renews anything, judged twice:

- by the people who may work it, against its headcount;
- by the moment it starts: places that ask for the certification then, anywhere, against the people who hold it then.
  Shifts that run already come first, then the more urgent; a shift is uncovered where it is one too many.

A published shift whose person it is becomes uncovered too. Neither judgement knows of rest, hours or leave: what is
named cannot be filled, and more may turn out so when the roster is made.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from rostering.models import Organization, Priority

AHEAD_DAYS = 182
"""Shifts that start later than this are not looked at."""
EXPIRED_DAYS = 30
"""For how long a certification that has run out is still told of, and counted among what could be renewed."""
SHIFTS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Uncovered:
    """How many shifts, and the ids of the first of them in order of start."""

    number: int = 0
    first: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What each certification uncovers, by the id of what is held, and how many shifts that is in all, each once."""

    by_held: dict[int, Uncovered] = field(default_factory=dict)
    number: int = 0

    def of(self, held: int) -> Uncovered:
        """What this one uncovers, perhaps nothing."""
        return self.by_held.get(held, Uncovered())


def outlook(organization: Organization, *, now: datetime, only: Collection[int] | None = None) -> Outlook:
    """The future shifts that certifications of the organization uncover; `only` looks at these ids alone. One query.

    Each shift stands under the certification of its kind that ends last before the shift does, of every person who
    could work it had they renewed.
    """
    today = now.astimezone(organization.tz).date()
    parameters: dict[str, Any] = {
        "organization": organization.pk,
        "zone": organization.time_zone,
        "now": now,
        "far": now + timedelta(days=AHEAD_DAYS),
        "renewable": today - timedelta(days=EXPIRED_DAYS),
        "only": None if only is None else list(only),
        "urgency": [priority.value for priority in reversed(Priority)],
        "named": SHIFTS_NAMED,
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, parameters)
        rows = cursor.fetchall()
    found = {held: Uncovered(number, tuple(first)) for held, number, first in rows if held is not None}
    return Outlook(found, next((number for held, number, _ in rows if held is None), 0))


# Most people hold what they need throughout ("steady"): they are counted once for each place, and only shifts that
# need more than these are looked at person by person, those of equal times and needs together (a "slot"), whatever
# their sites, but for people who may not enter every site. That bounds the cost. Shifts that start together are
# counted together, and told apart only at moments with fewer holders than places.
#
# The planner knows nothing of what a CTE holds, so nothing large is joined on its word: what a shift asks for is
# worked out per site and shift type; whether it asks by itself is looked up in a hashed subquery; a key in one piece
# and a CASE keep the guess of how many shifts ask from falling to one; published assignments are reached from the
# people, by an index.
STATEMENT = """
WITH person AS MATERIALIZED (
    SELECT s.id, s.employed_from, s.employed_until,
        EXISTS (SELECT FROM rostering_staff_allowed_sites a WHERE a.staff_id = s.id) AS listed,
        EXISTS (SELECT FROM rostering_staff_barred_sites b WHERE b.staff_id = s.id) AS barred,
        tstzmultirange(tstzrange(
            timezone(%(zone)s, s.employed_from::timestamp),
            timezone(%(zone)s, s.employed_until::timestamp + interval '1 day')
        )) AS employed
    FROM rostering_staff s
    WHERE s.organization_id = %(organization)s AND s.active
),
holding AS MATERIALIZED (
    SELECT h.id, h.staff_id, h.certification_id AS kind, h.issued, h.expires,
        timezone(%(zone)s, h.issued::timestamp) AS begins,
        timezone(%(zone)s, h.expires::timestamp + interval '1 day') AS runs_out
    FROM rostering_staffcertification h
    JOIN rostering_certification c ON c.id = h.certification_id AND c.blocks
    WHERE h.organization_id = %(organization)s AND h.staff_id IN (SELECT id FROM person)
),
held AS MATERIALIZED (
    SELECT staff_id, kind, range_agg(tstzrange(begins, runs_out)) AS own,
        CASE WHEN bool_or(expires IS NULL OR expires >= %(renewable)s)
            THEN tstzmultirange(tstzrange(min(begins), NULL))
            ELSE range_agg(tstzrange(begins, runs_out))
        END AS renewed
    FROM holding
    GROUP BY staff_id, kind
),
shift AS MATERIALIZED (
    SELECT s.id, s.site_id, s.shift_type_id, s.starts_at, s.ends_at, s.headcount, s.priority
    FROM rostering_shift s
    WHERE s.organization_id = %(organization)s
        AND s.starts_at >= %(now)s - interval '2 days' AND s.starts_at < %(far)s AND s.ends_at > %(now)s
),
ending AS MATERIALIZED (
    SELECT *
    FROM (
        SELECT *, lead(runs_out) OVER renewals AS next_runs_out,
            min(issued) OVER (renewals ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_issued,
            range_agg(tstzrange(begins, runs_out)) OVER (PARTITION BY staff_id, kind) AS own
        FROM holding
        WINDOW renewals AS (PARTITION BY staff_id, kind ORDER BY expires, id)
    ) h
    WHERE h.runs_out < (SELECT max(ends_at) FROM shift)
        AND (h.next_issued IS NULL OR h.next_issued > h.expires + 1)
        AND (h.next_runs_out IS NULL OR h.next_runs_out > %(now)s)
        AND (%(only)s::bigint[] IS NULL OR h.id = ANY(%(only)s::bigint[]))
),
kind AS MATERIALIZED (
    SELECT id FROM rostering_certification WHERE organization_id = %(organization)s AND blocks
),
place AS MATERIALIZED (
    SELECT p.key, ARRAY(
            SELECT r.certification_id FROM rostering_site_required_certifications r
            WHERE r.site_id = p.key[1] AND r.certification_id IN (SELECT id FROM kind)
            UNION
            SELECT r.certification_id FROM rostering_shifttype_required_certifications r
            WHERE r.shifttype_id = p.key[2] AND r.certification_id IN (SELECT id FROM kind)
            ORDER BY 1
        ) AS kinds
    FROM (SELECT DISTINCT ARRAY[site_id, shift_type_id] AS key FROM shift) p
    JOIN rostering_site t ON t.id = p.key[1] AND t.active
),
demand AS MATERIALIZED (
    SELECT *
    FROM (
        SELECT s.*, CASE
            WHEN s.id IN (
                SELECT r.shift_id FROM shift x JOIN rostering_shift_required_certifications r ON r.shift_id = x.id
            ) THEN ARRAY(
                SELECT unnest(p.kinds)
                UNION
                SELECT r.certification_id FROM rostering_shift_required_certifications r
                WHERE r.shift_id = s.id AND r.certification_id IN (SELECT id FROM kind)
                ORDER BY 1
            )
            ELSE p.kinds
        END AS kinds
        FROM shift s
        JOIN place p ON p.key = ARRAY[s.site_id, s.shift_type_id]
        OFFSET 0
    ) d
    WHERE CASE WHEN d.kinds && (SELECT array_agg(kind) FROM ending) THEN true END
),
able AS MATERIALIZED (
    SELECT a.*, a.own @> tstzrange(%(now)s, (SELECT max(ends_at) FROM demand))
            AND p.employed_from < (SELECT min(starts_at) FROM demand) - interval '2 days'
            AND (p.employed_until IS NULL OR p.employed_until > (SELECT max(ends_at) FROM demand) + interval '2 days')
            AS steady,
        p.employed_from, p.employed_until, NOT (p.listed OR p.barred) AS anywhere
    FROM (
        SELECT k.kinds, h.staff_id, range_intersect_agg(h.own) AS own, range_intersect_agg(h.renewed) AS renewed
        FROM (SELECT DISTINCT kinds FROM demand) k
        JOIN held h ON h.kind = ANY(k.kinds)
        GROUP BY k.kinds, h.staff_id
        HAVING count(*) = cardinality(k.kinds)
    ) a
    JOIN person p ON p.id = a.staff_id
),
admitted AS MATERIALIZED (
    SELECT o.staff_id, o.site_id
    FROM (
        SELECT a.staff_id, a.site_id
        FROM rostering_staff_allowed_sites a JOIN person p ON p.id = a.staff_id
        UNION ALL
        SELECT p.id, t.id
        FROM person p CROSS JOIN (SELECT DISTINCT site_id AS id FROM demand) t
        WHERE p.barred AND NOT p.listed
    ) o
    WHERE (o.staff_id, o.site_id) NOT IN (SELECT staff_id, site_id FROM rostering_staff_barred_sites)
),
steady AS MATERIALIZED (
    SELECT d.site_id, d.kinds, coalesce(a.number, 0) + coalesce(l.number, 0) AS number
    FROM (SELECT DISTINCT site_id, kinds FROM demand) d
    LEFT JOIN (
        SELECT kinds, count(*) AS number FROM able WHERE steady AND anywhere GROUP BY kinds
    ) a ON a.kinds = d.kinds
    LEFT JOIN (
        SELECT o.site_id, b.kinds, count(*) AS number
        FROM able b JOIN admitted o ON o.staff_id = b.staff_id
        WHERE b.steady AND NOT b.anywhere
        GROUP BY o.site_id, b.kinds
    ) l ON l.site_id = d.site_id AND l.kinds = d.kinds
),
change AS (
    SELECT k.kind, e.at, e.starting, e.finishing, 0 AS own, 0 AS renewed
    FROM (
        SELECT kinds, starts_at AS at, sum(headcount) AS starting, 0 AS finishing FROM demand GROUP BY kinds, starts_at
        UNION ALL
        SELECT kinds, ends_at, 0, sum(headcount) FROM demand GROUP BY kinds, ends_at
    ) e
    CROSS JOIN LATERAL unnest(e.kinds) AS k (kind)
    UNION ALL
    SELECT h.kind, e.at, 0, 0, e.own, e.renewed
    FROM held h
    JOIN person p ON p.id = h.staff_id
    CROSS JOIN LATERAL (
        SELECT lower(r) AS at, 1 AS own, 0 AS renewed FROM unnest(h.own * p.employed) r
        UNION ALL
        SELECT upper(r), -1, 0 FROM unnest(h.own * p.employed) r WHERE NOT upper_inf(r)
        UNION ALL
        SELECT lower(r), 0, 1 FROM unnest(h.renewed * p.employed) r
        UNION ALL
        SELECT upper(r), 0, -1 FROM unnest(h.renewed * p.employed) r WHERE NOT upper_inf(r)
    ) e
),
moment AS MATERIALIZED (
    SELECT kind, at, asked - starting AS before, own, renewed
    FROM (
        SELECT kind, at, sum(starting) AS starting, sum(sum(starting) - sum(finishing)) OVER earlier AS asked,
            sum(sum(own)) OVER earlier AS own, sum(sum(renewed)) OVER earlier AS renewed
        FROM change
        WHERE kind IN (SELECT kind FROM ending)
        GROUP BY kind, at
        WINDOW earlier AS (PARTITION BY kind ORDER BY at ROWS UNBOUNDED PRECEDING)
    ) m
    WHERE starting > 0 AND own < renewed AND asked > own
),
crowded AS MATERIALIZED (
    SELECT shift_id, kind
    FROM (
        SELECT d.id AS shift_id, m.kind, d.headcount AS places, m.own, m.renewed,
            m.before + sum(d.headcount) OVER (
                PARTITION BY m.kind, m.at ORDER BY array_position(%(urgency)s::text[], d.priority::text), d.id
            ) AS asked
        FROM moment m
        JOIN demand d ON d.starts_at = m.at AND m.kind = ANY(d.kinds)
    ) o
    WHERE least(places, greatest(0, places + own - asked)) < least(places, greatest(0, places + renewed - asked))
),
tight AS MATERIALIZED (
    SELECT t.*, dense_rank() OVER (ORDER BY t.kinds, t.starts_at, t.ends_at, t.first_day, t.last_day) AS slot
    FROM (
        SELECT d.id, d.site_id, d.starts_at, d.ends_at, d.headcount, d.kinds, t.number AS steady,
            timezone(z.zone, d.starts_at)::date AS first_day,
            timezone(z.zone, d.ends_at - interval '1 microsecond')::date AS last_day
        FROM demand d
        JOIN steady t ON t.site_id = d.site_id AND t.kinds = d.kinds
        JOIN (
            SELECT id, coalesce(nullif(time_zone, ''), %(zone)s) AS zone
            FROM rostering_site
            WHERE organization_id = %(organization)s
        ) z ON z.id = d.site_id
        WHERE d.starts_at >= %(now)s
            AND (d.headcount > t.number OR d.id IN (SELECT shift_id FROM crowded))
    ) t
),
pair AS MATERIALIZED (
    SELECT c.*, c.own @> c.span AS remains
    FROM (
        SELECT w.slot, NULL::bigint AS site_id, a.anywhere, w.kinds, w.ends_at, w.first_day, w.last_day, a.staff_id,
            a.own, a.renewed, a.employed_from, a.employed_until, tstzrange(w.starts_at, w.ends_at) AS span
        FROM (SELECT DISTINCT slot, kinds, starts_at, ends_at, first_day, last_day FROM tight) w
        JOIN able a ON a.kinds = w.kinds AND a.anywhere AND NOT a.steady
        UNION ALL
        SELECT w.slot, w.site_id, a.anywhere, w.kinds, w.ends_at, w.first_day, w.last_day, a.staff_id,
            a.own, a.renewed, a.employed_from, a.employed_until, tstzrange(w.starts_at, w.ends_at)
        FROM (SELECT DISTINCT slot, site_id, kinds, starts_at, ends_at, first_day, last_day FROM tight) w
        JOIN able a ON a.kinds = w.kinds AND NOT a.anywhere AND NOT a.steady
        WHERE (a.staff_id, w.site_id) IN (SELECT staff_id, site_id FROM admitted)
    ) c
    WHERE c.renewed @> c.span
        AND c.employed_from <= c.first_day AND (c.employed_until IS NULL OR c.employed_until >= c.last_day)
),
people AS MATERIALIZED (
    SELECT slot, site_id, anywhere, count(*) FILTER (WHERE remains) AS own, count(*) AS renewed
    FROM pair
    GROUP BY slot, site_id, anywhere
),
wanting AS MATERIALIZED (
    SELECT s.id, s.slot, s.site_id, s.starts_at, k.kind
    FROM (
        SELECT t.*, t.steady + coalesce(a.own, 0) + coalesce(l.own, 0)
                < least(t.headcount, t.steady + coalesce(a.renewed, 0) + coalesce(l.renewed, 0)) AS short
        FROM tight t
        LEFT JOIN (SELECT * FROM people WHERE anywhere) a ON a.slot = t.slot
        LEFT JOIN (SELECT * FROM people WHERE NOT anywhere) l ON l.slot = t.slot AND l.site_id = t.site_id
    ) s
    CROSS JOIN LATERAL unnest(s.kinds) AS k (kind)
    WHERE s.short OR (s.id, k.kind) IN (SELECT shift_id, kind FROM crowded)
),
losing AS MATERIALIZED (
    SELECT e.id AS held, e.kind, p.slot, p.site_id, p.anywhere
    FROM pair p
    JOIN ending e ON e.staff_id = p.staff_id
    WHERE NOT p.remains AND e.kind = ANY(p.kinds) AND NOT e.own @> p.span
        AND p.ends_at > e.runs_out AND p.ends_at <= coalesce(e.next_runs_out, 'infinity')
),
published AS MATERIALIZED (
    SELECT DISTINCT e.id AS held, e.kind, a.shift_id, a.starts_at
    FROM ending e
    JOIN rostering_assignment a ON a.staff_id = e.staff_id
    JOIN rostering_shift s ON s.id = a.shift_id
    WHERE a.organization_id = %(organization)s AND a.state = 'published'
        AND a.starts_at >= %(now)s AND a.starts_at < %(far)s
        AND tstzrange(a.starts_at, a.ends_at, '[)') && tstzrange(greatest(%(now)s, e.runs_out), e.next_runs_out)
        AND a.ends_at > e.runs_out AND a.ends_at <= coalesce(e.next_runs_out, 'infinity')
        AND NOT e.own @> tstzrange(a.starts_at, a.ends_at)
        AND (
            EXISTS (
                SELECT FROM rostering_site_required_certifications r
                WHERE r.site_id = s.site_id AND r.certification_id = e.kind
            ) OR EXISTS (
                SELECT FROM rostering_shift_required_certifications r
                WHERE r.shift_id = s.id AND r.certification_id = e.kind
            ) OR EXISTS (
                SELECT FROM rostering_shifttype_required_certifications r
                WHERE r.shifttype_id = s.shift_type_id AND r.certification_id = e.kind
            )
        )
),
found AS MATERIALIZED (
    SELECT l.held, g.starts_at, g.number, g.first
    FROM losing l
    JOIN (
        SELECT slot, kind, starts_at, count(*) AS number, (array_agg(id ORDER BY id))[:%(named)s] AS first
        FROM wanting
        GROUP BY slot, kind, starts_at
    ) g ON g.slot = l.slot AND g.kind = l.kind
    WHERE l.anywhere
    UNION ALL
    SELECT l.held, g.starts_at, g.number, g.first
    FROM losing l
    JOIN (
        SELECT slot, site_id, kind, starts_at, count(*) AS number, (array_agg(id ORDER BY id))[:%(named)s] AS first
        FROM wanting
        GROUP BY slot, site_id, kind, starts_at
    ) g ON g.slot = l.slot AND g.kind = l.kind AND g.site_id = l.site_id
    WHERE NOT l.anywhere
    UNION ALL
    SELECT p.held, p.starts_at, 1, ARRAY[p.shift_id]
    FROM published p
    LEFT JOIN wanting w ON w.id = p.shift_id AND w.kind = p.kind
    WHERE w.id IS NULL OR NOT (
        (p.held, w.slot) IN (SELECT held, slot FROM losing WHERE anywhere)
        OR (p.held, w.slot, w.site_id) IN (SELECT held, slot, site_id FROM losing WHERE NOT anywhere)
    )
)
SELECT n.held, n.number, f.first
FROM (SELECT held, sum(number)::bigint AS number FROM found GROUP BY held) n
JOIN (
    SELECT r.held, (array_agg(u.id ORDER BY r.starts_at, u.id))[:%(named)s] AS first
    FROM (
        SELECT *, row_number() OVER (PARTITION BY held ORDER BY starts_at, first[1]) AS place FROM found
    ) r
    CROSS JOIN LATERAL unnest(r.first) AS u (id)
    WHERE r.place <= %(named)s
    GROUP BY r.held
) f ON f.held = n.held
UNION ALL
SELECT NULL, count(*), NULL
FROM (
    SELECT w.id
    FROM wanting w
    JOIN (SELECT DISTINCT slot, kind FROM losing WHERE anywhere) l ON l.slot = w.slot AND l.kind = w.kind
    UNION
    SELECT w.id
    FROM wanting w
    JOIN (SELECT DISTINCT slot, site_id, kind FROM losing WHERE NOT anywhere) l
        ON l.slot = w.slot AND l.kind = w.kind AND l.site_id = w.site_id
    UNION
    SELECT shift_id FROM published
) s
"""
