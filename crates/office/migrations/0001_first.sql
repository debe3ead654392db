-- The node's own notes. Times are milliseconds since 1970 in UTC. What could tell of a person (messages, names of
-- files, contents, names of the staff) is sealed with the key of the drawer; the columns beside it hold numbers of
-- offices, months and states only.

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name BLOB NOT NULL,
    role TEXT NOT NULL,
    wrap TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Offices enrolled in this node.
CREATE TABLE office (
    no TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kj_id TEXT NOT NULL,
    relay TEXT NOT NULL,
    root BLOB NOT NULL,
    chain TEXT NOT NULL,
    vault BLOB NOT NULL,
    statement TEXT NOT NULL,
    drawer BLOB NOT NULL,
    folders TEXT NOT NULL DEFAULT '{}',
    inbox_after INTEGER NOT NULL DEFAULT 0,
    sent_after INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What the directory said of other offices, and the key that was last seen of each.
CREATE TABLE partner (
    office TEXT NOT NULL,
    no TEXT NOT NULL,
    details TEXT NOT NULL,
    statement TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    key_changed_at INTEGER,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (office, no)
) STRICT, WITHOUT ROWID;

-- A send, from the first file that was dropped to its end: draft, queued, sent, received …
CREATE TABLE send (
    id INTEGER PRIMARY KEY,
    office TEXT NOT NULL,
    in_batch INTEGER NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    receiver TEXT,
    receiver_name TEXT NOT NULL DEFAULT '',
    letter BLOB NOT NULL,
    review BLOB NOT NULL,
    by_staff TEXT NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    parcel TEXT,
    run INTEGER,
    queued_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    key_epoch INTEGER,
    digest TEXT,
    sent_at INTEGER,
    changed_at INTEGER,
    expires_soon INTEGER NOT NULL DEFAULT 0,
    receipts TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE UNIQUE INDEX send_parcel ON send (office, parcel) WHERE parcel IS NOT NULL;
CREATE INDEX send_open ON send (office, state, id)
    WHERE state IN ('draft', 'queued', 'sending', 'interrupted', 'failed');
CREATE INDEX send_listed ON send (office, queued_at DESC, id DESC) WHERE queued_at IS NOT NULL;
CREATE INDEX send_listed_receiver ON send (office, receiver, queued_at DESC, id DESC) WHERE queued_at IS NOT NULL;
CREATE INDEX send_listed_state ON send (office, state, queued_at DESC, id DESC) WHERE queued_at IS NOT NULL;
CREATE INDEX send_run ON send (run) WHERE run IS NOT NULL;

-- The months of what is listed in 送信状況, in the order of the list.
CREATE TABLE send_month (
    office TEXT NOT NULL,
    month TEXT NOT NULL,
    at INTEGER NOT NULL,
    id INTEGER NOT NULL REFERENCES send (id) ON DELETE CASCADE,
    PRIMARY KEY (office, month, at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX send_month_id ON send_month (id);

CREATE TABLE send_file (
    id INTEGER PRIMARY KEY,
    send INTEGER NOT NULL REFERENCES send (id) ON DELETE CASCADE,
    name BLOB NOT NULL,
    contents BLOB NOT NULL
) STRICT;
CREATE INDEX send_file_send ON send_file (send, id);

CREATE TABLE arrival (
    id INTEGER PRIMARY KEY,
    office TEXT NOT NULL,
    parcel TEXT NOT NULL,
    sender TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    state TEXT NOT NULL,
    contents BLOB NOT NULL,
    months TEXT NOT NULL,
    size INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    record TEXT NOT NULL,
    acknowledged TEXT NOT NULL DEFAULT '',
    UNIQUE (office, parcel)
) STRICT;
-- The months of arrivals, in the order of the list.
CREATE TABLE arrival_month (
    office TEXT NOT NULL,
    month TEXT NOT NULL,
    at INTEGER NOT NULL,
    id INTEGER NOT NULL REFERENCES arrival (id) ON DELETE CASCADE,
    PRIMARY KEY (office, month, at, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX arrival_listed ON arrival (office, received_at DESC, id DESC);
CREATE INDEX arrival_sender ON arrival (office, sender, received_at DESC, id DESC);
CREATE INDEX arrival_state ON arrival (office, state, received_at DESC, id DESC);
CREATE INDEX arrival_owed ON arrival (office, id)
    WHERE (state = 'unread' AND acknowledged = '')
       OR (state = 'read' AND acknowledged IN ('', 'received'))
       OR (state = 'imported' AND acknowledged <> 'imported')
       OR (state = 'refused' AND acknowledged <> 'refused');

-- Files of an export folder that were taken over already.
CREATE TABLE staged (
    office TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (office, name, digest)
) STRICT, WITHOUT ROWID;

-- Who did what; each entry holds the hash of the one before it.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    office TEXT NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
