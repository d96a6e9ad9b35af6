"""A journal kept by triggers, beside the product: every change of a job's state and every write of assignments.

It is how the audit knows what happened in between, not only how things ended.
"""

from __future__ import annotations

JOURNAL = """
CREATE TABLE chaos_states (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid text NOT NULL DEFAULT pg_current_xact_id()::text,
    job uuid NOT NULL,
    was text NOT NULL,
    became text NOT NULL,
    attempt integer NOT NULL,
    completed_at timestamptz,
    lease timestamptz
);
CREATE FUNCTION chaos_note_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_states (job, was, became, attempt, completed_at, lease)
    VALUES (NEW.id, CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END, NEW.status, NEW.attempt,
            NEW.completed_at, CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.lease_expires_at END);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_job_made AFTER INSERT ON jobs_jobrun FOR EACH ROW EXECUTE FUNCTION chaos_note_state();
CREATE TRIGGER chaos_job_changed AFTER UPDATE ON jobs_jobrun FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.attempt IS DISTINCT FROM NEW.attempt
          OR OLD.completed_at IS DISTINCT FROM NEW.completed_at OR OLD.result IS DISTINCT FROM NEW.result)
    EXECUTE FUNCTION chaos_note_state();

CREATE TABLE chaos_writes (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid text NOT NULL DEFAULT pg_current_xact_id()::text,
    roster bigint NOT NULL,
    rows integer NOT NULL
);
CREATE FUNCTION chaos_note_writes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO chaos_writes (roster, rows) SELECT roster_id, count(*) FROM touched GROUP BY roster_id;
    ELSE
        INSERT INTO chaos_writes (roster, rows) SELECT roster_id, -count(*) FROM touched GROUP BY roster_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_assignments_made AFTER INSERT ON rostering_assignment
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION chaos_note_writes();
CREATE TRIGGER chaos_assignments_gone AFTER DELETE ON rostering_assignment
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION chaos_note_writes();
"""
