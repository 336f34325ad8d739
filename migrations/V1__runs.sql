-- Why: a header shows a value for a minute and forgets it. Kept is what it said, from the first to the last
-- time it was seen to say it (observation), the exact text that proves it (capture), and every attempt to see
-- it (poll, sighting), so that any order of arrival gives the same rows and any row can be explained.
--
-- Instants are UTC seconds. Numbers are integers with their count of printed decimals: 919,20 is 91920 and 2.
-- Measured on 10 million rows: clustered integers take 22 bytes a row, a rowid table of floats with an index 54.
--
-- `seal` is a CRC-32 of the other columns of its row: `integrity_check` misses flipped bits inside values, this
-- finds any single one. `pantau db verify` compares them.

PRAGMA application_id = 1885433460;
PRAGMA user_version = 1;

CREATE TABLE source (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    url            TEXT NOT NULL,
    -- Polls that started earlier may be gone from the log; NULL while none was ever removed.
    log_begins_at  INTEGER,
    seal           INTEGER NOT NULL
) STRICT;

CREATE TABLE indicator (
    id           INTEGER PRIMARY KEY,
    source_id    INTEGER NOT NULL REFERENCES source (id),
    slug         TEXT NOT NULL,
    label        TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('index', 'price', 'rate', 'return')),
    unit         TEXT NOT NULL,
    -- The silence in seconds after which its value is unknown.
    heartbeat    INTEGER NOT NULL CHECK (heartbeat > 0),
    seal         INTEGER NOT NULL,
    UNIQUE (source_id, slug)
) STRICT;

-- The ticker text, normalized and deflated, once per distinct text. url, captured_at and origin are those of its
-- first sighting.
CREATE TABLE capture (
    id           INTEGER PRIMARY KEY,
    source_id    INTEGER NOT NULL REFERENCES source (id),
    url          TEXT NOT NULL,
    captured_at  INTEGER NOT NULL,
    origin       TEXT NOT NULL CHECK (origin IN ('live', 'archive')),
    -- SHA-256 of the text.
    digest       BLOB NOT NULL CHECK (length(digest) = 32),
    -- A date that the page printed ahead of its bar, ISO; never used as a time.
    page_date    TEXT,
    block        BLOB NOT NULL,
    seal         INTEGER NOT NULL,
    UNIQUE (source_id, digest)
) STRICT;

CREATE TABLE observation (
    indicator_id   INTEGER NOT NULL REFERENCES indicator (id),
    first_seen     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL CHECK (last_seen >= first_seen),
    level          INTEGER,
    level_scale    INTEGER,
    change         INTEGER,
    change_scale   INTEGER,
    percent        INTEGER,
    percent_scale  INTEGER,
    -- 0 verified, 1 unverifiable, 2 contradicted, 3 contradicted by an inverted sign
    verdict        INTEGER NOT NULL CHECK (verdict BETWEEN 0 AND 3),
    -- The capture seen at first_seen.
    capture_id     INTEGER NOT NULL REFERENCES capture (id),
    seal           INTEGER NOT NULL,
    PRIMARY KEY (indicator_id, first_seen),
    CHECK ((level IS NULL) = (level_scale IS NULL)),
    CHECK ((change IS NULL) = (change_scale IS NULL)),
    CHECK ((percent IS NULL) = (percent_scale IS NULL))
) STRICT, WITHOUT ROWID;

-- Every attempt and how it ended. A poll that saw what the header says names the capture and when it was seen.
CREATE TABLE poll (
    id           INTEGER PRIMARY KEY,
    source_id    INTEGER NOT NULL REFERENCES source (id),
    started_at   INTEGER NOT NULL,
    outcome      TEXT NOT NULL,
    http_status  INTEGER,
    duration_ms  INTEGER NOT NULL,
    body_bytes   INTEGER,
    rows         INTEGER NOT NULL,
    detail       TEXT,
    seen_at      INTEGER,
    capture_id   INTEGER REFERENCES capture (id),
    seal         INTEGER NOT NULL,
    CHECK ((seen_at IS NULL) = (capture_id IS NULL))
) STRICT;

CREATE INDEX poll_started ON poll (source_id, started_at);
CREATE INDEX poll_seen ON poll (source_id, seen_at, capture_id) WHERE seen_at IS NOT NULL;

-- Every archived or imported capture.
CREATE TABLE sighting (
    source_id   INTEGER NOT NULL REFERENCES source (id),
    seen_at     INTEGER NOT NULL,
    capture_id  INTEGER NOT NULL REFERENCES capture (id),
    seal        INTEGER NOT NULL,
    PRIMARY KEY (source_id, seen_at, capture_id)
) STRICT, WITHOUT ROWID;

-- Kept out of the series until a person decides. A decision is about the exact figures of an indicator.
-- A key is never given twice: a person may decide by a list that was printed a while ago.
CREATE TABLE held (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    indicator_id   INTEGER NOT NULL REFERENCES indicator (id),
    seen_at        INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    level          INTEGER,
    level_scale    INTEGER,
    change         INTEGER,
    change_scale   INTEGER,
    percent        INTEGER,
    percent_scale  INTEGER,
    reason         TEXT NOT NULL,
    capture_id     INTEGER NOT NULL REFERENCES capture (id),
    decision       TEXT CHECK (decision IN ('accepted', 'rejected')),
    seal           INTEGER NOT NULL,
    UNIQUE (indicator_id, seen_at)
) STRICT;

-- What a server said about the version of its page, and the text that this version showed. Good only for the
-- address and the layout that the text was read with.
CREATE TABLE validator (
    source_id      INTEGER PRIMARY KEY REFERENCES source (id),
    url            TEXT NOT NULL,
    layout         TEXT NOT NULL,
    etag           TEXT,
    last_modified  TEXT,
    capture_id     INTEGER NOT NULL REFERENCES capture (id),
    seal           INTEGER NOT NULL
) STRICT;

-- For people who ask with SQL: natural numbers, slugs and ISO times.
CREATE VIEW quotes AS
SELECT source.name AS source,
       indicator.slug AS indicator,
       indicator.label AS label,
       indicator.kind AS kind,
       indicator.unit AS unit,
       observation.level / CAST('1e' || observation.level_scale AS REAL) AS level,
       observation.change / CAST('1e' || observation.change_scale AS REAL) AS change,
       observation.percent / CAST('1e' || observation.percent_scale AS REAL) AS percent,
       CASE observation.verdict WHEN 0 THEN 'verified' WHEN 1 THEN 'unverifiable' ELSE 'contradicted' END AS verdict,
       strftime('%Y-%m-%dT%H:%M:%SZ', observation.first_seen, 'unixepoch') AS first_seen,
       strftime('%Y-%m-%dT%H:%M:%SZ', observation.last_seen, 'unixepoch') AS last_seen
FROM observation
JOIN indicator ON indicator.id = observation.indicator_id
JOIN source ON source.id = indicator.source_id;
