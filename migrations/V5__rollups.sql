-- Why: a daily bar of a year, or a pixel of a chart of ten years, is made of hundreds of runs. What the runs of each
-- hour and day come to is kept beside them, so that a question about a long time reads a few rows for each bar or
-- pixel. Nothing is kept here that `observation` does not say: `pantau db verify` derives every row again.

PRAGMA user_version = 5;

-- The runs with a level that begin in one hour or one day of UTC.
CREATE TABLE rollup (
    indicator_id  INTEGER NOT NULL REFERENCES indicator (id),
    -- Seconds.
    grain         INTEGER NOT NULL CHECK (grain IN (3600, 86400)),
    -- When the first of them was first seen, and the last of them last.
    first_seen    INTEGER NOT NULL,
    last_seen     INTEGER NOT NULL CHECK (last_seen >= first_seen),
    open          INTEGER NOT NULL,
    open_scale    INTEGER NOT NULL,
    high          INTEGER NOT NULL,
    high_scale    INTEGER NOT NULL,
    high_at       INTEGER NOT NULL CHECK (high_at >= first_seen),
    low           INTEGER NOT NULL,
    low_scale     INTEGER NOT NULL,
    low_at        INTEGER NOT NULL CHECK (low_at >= first_seen),
    close         INTEGER NOT NULL,
    close_scale   INTEGER NOT NULL,
    runs          INTEGER NOT NULL CHECK (runs > 0),
    seal          INTEGER NOT NULL,
    PRIMARY KEY (indicator_id, grain, first_seen)
) STRICT, WITHOUT ROWID;

-- Up to where the runs of an indicator are rolled up: the beginning of an hour. Every hour before it, and every day
-- that ends by it, has its row if a run with a level begins in it; none after it has. Without a row nothing is rolled
-- up yet.
CREATE TABLE rolled (
    indicator_id  INTEGER PRIMARY KEY REFERENCES indicator (id),
    until         INTEGER NOT NULL CHECK (until % 3600 = 0),
    seal          INTEGER NOT NULL
) STRICT;
