-- Why: a page that used to be read and is not any more still shows its numbers, to whoever reads it rightly. Kept is
-- the page itself, once per distinct body, and each attempt that brought it, so that reading it again after a fix
-- gives exactly the sightings that the attempts would have made.
--
-- Bounded: at most 20 pages a source and 2 MiB a page, ahead of compression.

CREATE TABLE kept_page (
    -- A key is never given twice: a person may ask for a page by a list that was printed a while ago.
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id     INTEGER NOT NULL REFERENCES source (id),
    url           TEXT NOT NULL,
    -- The header that was sent with it: the character set may follow from it.
    content_type  TEXT,
    -- SHA-256 of what is kept.
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    -- The length of the whole body; what is kept is shorter where it was cut.
    bytes         INTEGER NOT NULL,
    was_cut       INTEGER NOT NULL CHECK (was_cut IN (0, 1)),
    seal          INTEGER NOT NULL,
    -- Deflated. Last, so that a look at the other columns does not read through it.
    body          BLOB NOT NULL
) STRICT;

CREATE INDEX kept_page_digest ON kept_page (source_id, digest);

-- The attempts that brought each page, and when it was there. No reference to the poll: the log may have been pruned.
CREATE TABLE kept_sighting (
    page_id  INTEGER NOT NULL REFERENCES kept_page (id),
    poll_id  INTEGER NOT NULL,
    seen_at  INTEGER NOT NULL,
    seal     INTEGER NOT NULL,
    PRIMARY KEY (page_id, poll_id)
) STRICT, WITHOUT ROWID;

-- An outage that nobody looks at for a year is half a million attempts; each poll asks when it began.
CREATE INDEX poll_not_understood ON poll (source_id, started_at) WHERE outcome = 'not_understood';

PRAGMA user_version = 3;
