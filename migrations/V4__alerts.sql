-- Why: an alert is told once when its rule becomes true and once when it no longer is, also when the program was
-- stopped, killed or restarted in between; and a message that a receiver did not take is not forgotten.
--
-- A change of state and the messages about it are one transaction. A message is sent after it is kept, so that a crash
-- may send it twice but never not at all.

PRAGMA user_version = 4;

-- How the rule of each configured alert stands. The rule is kept with it: the state of another rule says nothing.
CREATE TABLE alert (
    name   TEXT NOT NULL PRIMARY KEY,
    rule   TEXT NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('quiet', 'pending', 'fired')),
    since  INTEGER NOT NULL,
    seal   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One message to one channel, whole: what it said does not change while it waits. A key is never given twice: it
-- tells a receiver that it saw a message before.
CREATE TABLE delivery (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    alert            TEXT NOT NULL,
    kind             TEXT NOT NULL CHECK (kind IN ('fired', 'recovered', 'test')),
    rule             TEXT NOT NULL,
    -- What the rule looked at and what it found, JSON.
    readings         TEXT NOT NULL,
    since            INTEGER NOT NULL,
    made_at          INTEGER NOT NULL,
    -- As the configuration names it; never a secret.
    channel          TEXT NOT NULL,
    attempts         INTEGER NOT NULL,
    next_attempt_at  INTEGER,
    outcome          TEXT NOT NULL
                     CHECK (outcome IN ('waiting', 'delivered', 'refused', 'given_up', 'dropped')),
    -- What the last attempt that failed was told.
    detail           TEXT,
    seal             INTEGER NOT NULL,
    CHECK ((next_attempt_at IS NULL) = (outcome <> 'waiting'))
) STRICT;

CREATE INDEX delivery_waiting ON delivery (id) WHERE outcome = 'waiting';
CREATE INDEX delivery_alert ON delivery (alert, id);
