-- Why: many daemons, each with a database of its own, tell one server what they saw. Version 1.
--
-- A row of `observation` never changes but in `standing` and `until`, so the union of what all of them tell is the same in
-- any order. No foreign key on it: the rows come from one program, and a key costs a third of the rate.

CREATE SCHEMA IF NOT EXISTS pantau;

CREATE TABLE pantau.schema_version (version int NOT NULL);
INSERT INTO pantau.schema_version VALUES (1);

CREATE TABLE pantau.source (
    id    int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What the configurations call it: daemons that mean the same page must give it the same name.
    name  text NOT NULL UNIQUE,
    url   text NOT NULL
);

CREATE TABLE pantau.series (
    id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id    int NOT NULL REFERENCES pantau.source (id),
    slug         text NOT NULL,
    label        text NOT NULL,
    kind         text NOT NULL,
    unit         text NOT NULL,
    -- The silence in seconds after which its value is unknown: the longest that any daemon goes by.
    heartbeat_s  bigint NOT NULL,
    UNIQUE (source_id, slug)
);

CREATE TYPE pantau.verdict AS ENUM ('verified', 'unverifiable', 'contradicted');
CREATE TYPE pantau.standing AS ENUM ('accepted', 'held', 'rejected', 'beside');

-- What a page was seen to show. Numbers have the decimals that were printed.
CREATE TABLE pantau.observation (
    series_id    int NOT NULL,
    captured_at  timestamptz NOT NULL,
    -- Of a run whose later sightings are gone: it stood until then, without a silence longer than the heartbeat.
    until        timestamptz,
    verdict      pantau.verdict NOT NULL,
    -- Whether it is believed; what is not `accepted` is in none of the views.
    standing     pantau.standing NOT NULL,
    -- SHA-256 of the ticker text.
    digest       bytea NOT NULL,
    level        numeric,
    change       numeric,
    percent      numeric,
    PRIMARY KEY (series_id, captured_at, digest)
);

-- What each database told already: the fingerprint of each quarter of an hour, which begins at `part`.
CREATE TABLE pantau.told (
    database     text NOT NULL,
    source_id    int NOT NULL,
    part         bigint NOT NULL,
    fingerprint  bytea NOT NULL,
    PRIMARY KEY (database, source_id, part)
);

-- Each sighting that is believed, for charts: the rows of a time range are found by the key.
CREATE VIEW pantau.points AS
SELECT observation.captured_at AS "time",
       source.name AS source,
       series.slug AS indicator,
       series.label,
       series.kind,
       series.unit,
       observation.level,
       observation.change,
       observation.percent,
       observation.verdict::text AS verdict
FROM pantau.observation
JOIN pantau.series ON series.id = observation.series_id
JOIN pantau.source ON source.id = series.source_id
WHERE observation.standing = 'accepted';

-- The same as runs, as `pantau history` shows them: what stood unchanged, from the first to the last time it was seen,
-- without a silence longer than the heartbeat. Of several texts of one second the first by digest stands. Everything is
-- partitioned by the names, so that a question about one indicator reads no other.
CREATE VIEW pantau.quotes AS
WITH told AS (
    SELECT source.name AS source, series.slug AS indicator, series.label, series.kind, series.unit,
           make_interval(secs => series.heartbeat_s) AS heartbeat,
           stood.at, observation.captured_at AS since, observation.digest,
           observation.level, observation.change, observation.percent, observation.verdict,
           -- As printed: 777 and 777.0 are different claims.
           concat_ws(' ', coalesce(level::text, '-'), coalesce(change::text, '-'), coalesce(percent::text, '-')) AS printed
    FROM pantau.observation
    JOIN pantau.series ON series.id = observation.series_id
    JOIN pantau.source ON source.id = series.source_id
    -- The begin of a run whose later sightings are gone tells of its end too.
    CROSS JOIN LATERAL (VALUES (observation.captured_at), (observation.until)) AS stood (at)
    WHERE observation.standing = 'accepted' AND stood.at IS NOT NULL
), seen AS (
    SELECT DISTINCT ON (source, indicator, at) told.*,
           min(since) OVER (PARTITION BY source, indicator, at, printed) AS unbroken_since
    FROM told
    ORDER BY source, indicator, at, digest
), compared AS (
    SELECT seen.*, lag(at) OVER earlier AS last_at, lag(printed) OVER earlier AS last_printed
    FROM seen
    WINDOW earlier AS (PARTITION BY source, indicator ORDER BY at)
), numbered AS (
    SELECT compared.*,
           count(*) FILTER (
               WHERE last_printed IS DISTINCT FROM printed OR (at - last_at > heartbeat AND unbroken_since > last_at)
           ) OVER (PARTITION BY source, indicator ORDER BY at) AS run
    FROM compared
)
SELECT source, indicator, label, kind, unit, min(level) AS level, min(change) AS change, min(percent) AS percent,
       min(verdict)::text AS verdict, min(at) AS first_seen, max(at) AS last_seen
FROM numbered
GROUP BY source, indicator, label, kind, unit, run;

-- Where TimescaleDB is installed, chunks by time take the place of one big table.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('pantau.observation', 'captured_at',
                                  chunk_time_interval => interval '90 days', create_default_indexes => false);
    END IF;
END
$$;

-- A few kilobytes that spare reading the whole table where a range of time of every series is asked for.
CREATE INDEX observation_captured_at ON pantau.observation USING brin (captured_at);
