"""The rows of the benchmark, made inside PostgreSQL from the table `benchmark_size`; ids follow from it.

Three shifts a day at every site, for one to three people each, nineteen places of twenty filled. A site's ten people
take turns, so that nobody works twice at once. Seven tenths of the days are past; the last roster is still a draft.
"""

from __future__ import annotations

SIZES = """
CREATE UNLOGGED TABLE benchmark_size (
    organization bigint PRIMARY KEY, zone text, currency text, sites int, shifts int, first_site bigint,
    first_staff bigint, first_shift bigint, first_roster bigint, days int, first_day date)
"""
SIZE_COLUMNS = "organization, zone, currency, sites, shifts, first_site, first_staff, first_shift, first_roster, days"

ORGANIZATIONS = """
UPDATE benchmark_size SET first_day = current_date - (days * 7 / 10);
INSERT INTO rostering_organization (id, name, slug, time_zone, week_start, currency, country, subdivision, roster_days,
    time_limit_seconds, fairness_weight, cost_weight, change_weight, expiry_alert_days, expiry_alert_role,
    expiry_alert_staff, shift_weeks_ahead, active, created_at)
SELECT organization, 'Organization ' || organization, 'organization-' || organization, zone, 0, currency, '', '',
    28, 60, 1, 0.01, 5, '{90,60,30,7,0}', 'scheduler', false, 8, true, now() FROM benchmark_size
"""

SMALL: dict[str, str] = {
    "sites": """
INSERT INTO rostering_site (id, organization_id, code, name, client_name, address, time_zone, active)
SELECT first_site + n, organization, 'S' || lpad(n::text, 3, '0'), 'Site ' || n, 'Client ' || n / 4, n || ' Main Road',
    '', true FROM benchmark_size, generate_series(0, sites - 1) n""",
    "shift types": """
INSERT INTO rostering_shifttype (id, organization_id, code, name, color, tags, start_time, duration_minutes,
    unpaid_break_minutes)
SELECT organization * 3 + n, organization, (ARRAY['EARLY','LATE','NIGHT'])[n + 1],
    (ARRAY['Early','Late','Night'])[n + 1],
    (ARRAY['#0d9488','#d97706','#4f46e5'])[n + 1], CASE WHEN n = 2 THEN ARRAY['night'] ELSE ARRAY[]::varchar[] END,
    make_time(6 + 8 * n, 0, 0), 480, 30 FROM benchmark_size, generate_series(0, 2) n""",
    "contracts": """
INSERT INTO rostering_contract (id, organization_id, name, weekly_minutes, sunday_premium_percent,
    holiday_premium_percent)
SELECT organization * 2 + n, organization, (ARRAY['Full time','Part time'])[n + 1], 2400 - 1200 * n, 0, 0
FROM benchmark_size, generate_series(0, 1) n""",
    "certifications": """
INSERT INTO rostering_certification (id, organization_id, code, name, kind, validity_months, warn_days, blocks)
SELECT organization * 4 + n, organization, 'C' || n, 'License ' || n, 'license', 24, 60, n < 2
FROM benchmark_size, generate_series(0, 3) n;
INSERT INTO rostering_site_required_certifications (site_id, certification_id)
SELECT first_site + n, organization * 4 FROM benchmark_size, generate_series(0, sites - 1) n""",
    "staff": """
INSERT INTO rostering_staff (id, organization_id, number, first_name, last_name, email, phone, hourly_rate,
    employed_from, contract_id, home_site_id, active)
SELECT first_staff + n, organization, lpad(n::text, 5, '0'), 'First' || n % 97, 'Last' || n % 701, '', '',
    15 + n % 12, current_date - 1000, organization * 2 + (n % 5 = 0)::int, first_site + n / 10, n % 40 <> 39
FROM benchmark_size, generate_series(0, sites * 10 - 1) n""",
    "certifications held": """
INSERT INTO rostering_staffcertification (organization_id, staff_id, certification_id, number, issued, expires,
    verified)
SELECT organization, first_staff + n, organization * 4 + k * (1 + n % 3), 'N' || n,
    current_date - 800 + (n * 7 + k) % 300,
    current_date - 30 + (n * 37 + k * 11) % 730, true
FROM benchmark_size, generate_series(0, sites * 10 - 1) n, generate_series(0, 1) k
UNION ALL
SELECT organization, first_staff + n, organization * 4, 'N' || n, current_date - 1600, current_date - 800, true
FROM benchmark_size, generate_series(0, sites * 10 - 1) n WHERE n % 4 = 0""",
    "availability": """
INSERT INTO rostering_availability (organization_id, staff_id, kind, reason, weight, approval, starts_at, ends_at,
    weekdays)
SELECT organization, first_staff + n, 'unavailable', 'annual leave', 10, 'approved',
    (current_date + (n % 60) - 90 + 60 * k) + time '00:00', (current_date + (n % 60) - 80 + 60 * k) + time '00:00', '{}'
FROM benchmark_size, generate_series(0, sites * 10 - 1) n, generate_series(0, 2) k""",
    "rosters": """
INSERT INTO rostering_roster (id, organization_id, name, start_date, end_date, status, algorithm, time_limit_seconds,
    seed, solver_status, coverage, places, filled, cost_cents, paid_minutes, score, created_at, published_at)
SELECT first_roster + n, organization, '', first_day + 28 * n, first_day + 28 * n + 27,
    CASE WHEN n < (days + 27) / 28 - 1 OR n = 0 THEN 'published' ELSE 'draft' END, 'production', 60, 1, 'feasible',
    95, 0, 0, 0, 0, '[]', now(), now()
FROM benchmark_size, generate_series(0, (days + 27) / 28 - 1) n""",
}

SHIFTS = """
INSERT INTO rostering_shift (id, organization_id, site_id, shift_type_id, starts_at, ends_at, headcount,
    unpaid_break_minutes, priority, notes, published_people)
SELECT first_shift + n, organization, first_site + n % sites, organization * 3 + n / sites % 3, local AT TIME ZONE zone,
    (local + interval '8 hours') AT TIME ZONE zone, headcount, 30, 'normal', '',
    CASE WHEN roster.status = 'published' THEN
        (SELECT count(*) FROM generate_series(0, headcount - 1) place WHERE (n * 7 + place * 13) % 20 <> 0)
    ELSE 0 END
FROM benchmark_size CROSS JOIN generate_series(0, shifts - 1) n
    JOIN rostering_roster roster ON roster.id = first_roster + n / sites / 3 / 28
    CROSS JOIN LATERAL (
        SELECT first_day + n / sites / 3 + make_time(6 + 8 * (n / sites % 3), 0, 0) AS local,
            1 + (n % sites + n / sites % 3) % 3 AS headcount
    ) AS start
"""

ASSIGNMENTS = """
INSERT INTO rostering_assignment (organization_id, roster_id, shift_id, staff_id, starts_at, ends_at, state, pinned,
    source, cost_cents, override_reason)
SELECT organization, roster.id, shift.id,
    first_staff + n % sites * 10 + (n / sites % 3 * 3 + place + n / sites / 3 * 3) % 10, shift.starts_at, shift.ends_at,
    roster.status, false, 'solver', CASE WHEN n % 10 = 0 THEN 0 ELSE 11250 + n % 9 * 750 END, ''
FROM benchmark_size CROSS JOIN generate_series(0, shifts - 1) n
    JOIN rostering_shift shift ON shift.id = first_shift + n
    JOIN rostering_roster roster ON roster.id = first_roster + n / sites / 3 / 28
    CROSS JOIN generate_series(0, shift.headcount - 1) place
WHERE (n * 7 + place * 13) % 20 <> 0
"""

TABLES = (
    "organization",
    "site",
    "shifttype",
    "contract",
    "certification",
    "staff",
    "staffcertification",
    "availability",
    "roster",
    "shift",
    "assignment",
)
