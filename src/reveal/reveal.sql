-- Reading sealed values back, on record: who, why and how much is committed before anything is shown.

CREATE FUNCTION customer_data.reveal_grant(field text, role name, valid_until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_grant';
COMMENT ON FUNCTION customer_data.reveal_grant(text, name, timestamptz) IS 'lets a role, and those that have its rights, ask for tickets of a field; harmless to repeat';
CREATE FUNCTION customer_data.reveal_revoke(field text, role name) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_revoke';
COMMENT ON FUNCTION customer_data.reveal_revoke(text, name) IS 'ends what reveal_grant began, also for open tickets';

CREATE FUNCTION customer_data.reveal_request(field text, purpose text, reason text, max_rows integer DEFAULT 1, ttl interval DEFAULT '15 minutes')
    RETURNS uuid
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_request';
COMMENT ON FUNCTION customer_data.reveal_request(text, text, text, integer, interval) IS 'a ticket for as many values of a field, of use to this role once it is committed, until it expires or the server restarts';
CREATE FUNCTION customer_data.reveal(ticket uuid, field text, value customer_data.sealed, row_key text DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100 AS 'MODULE_PATHNAME', 'cd_reveal';
COMMENT ON FUNCTION customer_data.reveal(uuid, text, customer_data.sealed, text) IS 'the text that was sealed; takes one row of the ticket, which no rollback gives back';
CREATE FUNCTION customer_data.reveal_bytes(ticket uuid, field text, value customer_data.sealed, row_key text DEFAULT NULL) RETURNS bytea
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100 AS 'MODULE_PATHNAME', 'cd_reveal_bytes';
COMMENT ON FUNCTION customer_data.reveal_bytes(uuid, text, customer_data.sealed, text) IS 'the bytes that were sealed; takes one row of the ticket, which no rollback gives back';

CREATE FUNCTION customer_data.reveal_log(since timestamptz DEFAULT '-infinity',
        OUT ticket uuid, OUT role name, OUT session_role name, OUT field text, OUT purpose text, OUT reason text,
        OUT client_address inet, OUT application text, OUT requested_at timestamptz, OUT expires_at timestamptz, OUT max_rows integer,
        OUT revealed integer, OUT revealed_at_most integer, OUT canaries integer, OUT last_used timestamptz, OUT state text)
    RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_log';
COMMENT ON FUNCTION customer_data.reveal_log(timestamptz) IS 'tickets that were requested since then: who, why, how much was asked for and how much revealed; state is open, spent, expired or void';
CREATE FUNCTION customer_data.reveal_anomalies(as_of timestamptz DEFAULT now(), days integer DEFAULT 1, history_days integer DEFAULT 90,
        min_days integer DEFAULT 14, false_alarms double precision DEFAULT 0.001, rare_share double precision DEFAULT 0.01, min_hours integer DEFAULT 50,
        OUT role name, OUT kind text, OUT begins_at timestamptz, OUT value double precision, OUT baseline double precision,
        OUT threshold double precision, OUT tickets bigint)
    RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_reveal_anomalies';
COMMENT ON FUNCTION customer_data.reveal_anomalies(timestamptz, integer, integer, integer, double precision, double precision, integer) IS 'reveals unlike what the role did before: rate, breadth and hours of the day in UTC; and canaries that were revealed';
CREATE FUNCTION customer_data.reveal_canary(field text, value text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_canary';
COMMENT ON FUNCTION customer_data.reveal_canary(text, text) IS 'declares a value that belongs to nobody: whoever reveals it raises an alarm, and does not notice';

REVOKE EXECUTE ON FUNCTION customer_data.reveal_grant(text, name, timestamptz), customer_data.reveal_revoke(text, name),
    customer_data.reveal_request(text, text, text, integer, interval),
    customer_data.reveal(uuid, text, customer_data.sealed, text), customer_data.reveal_bytes(uuid, text, customer_data.sealed, text),
    customer_data.reveal_log(timestamptz),
    customer_data.reveal_anomalies(timestamptz, integer, integer, integer, double precision, double precision, integer),
    customer_data.reveal_canary(text, text) FROM PUBLIC;
