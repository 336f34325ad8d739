-- Why: a server that asked to be left alone for a while is left alone for that long, also by a daemon that was
-- started anew in between. One row for a source that is paused; it goes when a poll succeeds again.

PRAGMA user_version = 2;

CREATE TABLE pause (
    source_id  INTEGER PRIMARY KEY REFERENCES source (id),
    -- Not polled before this.
    until      INTEGER NOT NULL,
    -- What the server said, for a person.
    reason     TEXT NOT NULL,
    seal       INTEGER NOT NULL
) STRICT;
