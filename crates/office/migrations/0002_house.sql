-- The state 取消の確認待ち; whose a draft is; arrivals that are told apart by their sender too; files that are owed to the
-- import folder; parcels that could not be fetched yet.

-- What a folder or a program put there and nobody has touched since: `staged_revision` is still the revision.
ALTER TABLE send ADD COLUMN staged_revision INTEGER;
-- Files that `send_file` holds until the receiver has them; NULL for sends of earlier versions.
ALTER TABLE send ADD COLUMN file_count INTEGER;

DROP INDEX send_open;
CREATE INDEX send_open ON send (office, state, id)
    WHERE state IN ('draft', 'queued', 'sending', 'interrupted', 'withdrawing', 'failed');

-- The life of the relay's store that this office last saw; empty before the first time.
ALTER TABLE office ADD COLUMN life TEXT NOT NULL DEFAULT '';
-- How far the list of what was acknowledged was read, perhaps by another computer of the office.
ALTER TABLE office ADD COLUMN kept_after INTEGER NOT NULL DEFAULT 0;

CREATE TABLE arrival_month_kept (office TEXT, month TEXT, at INTEGER, id INTEGER) STRICT;
INSERT INTO arrival_month_kept SELECT office, month, at, id FROM arrival_month;
DROP TABLE arrival_month;

CREATE TABLE arrival_kept (
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
    -- 'owed': its files are still to be put into the import folder.
    import TEXT NOT NULL DEFAULT '',
    -- Why it was refused, in the words of the receipt; NULL when it was not, or for a reason that no receipt names.
    refusal TEXT,
    UNIQUE (office, sender, parcel)
) STRICT;
INSERT INTO arrival_kept (id, office, parcel, sender, sender_name, state, contents, months, size, accepted_at,
        received_at, record, acknowledged)
    SELECT id, office, parcel, sender, sender_name, state, contents, months, size, accepted_at, received_at,
        record, acknowledged FROM arrival;
DROP TABLE arrival;
ALTER TABLE arrival_kept RENAME TO arrival;
CREATE INDEX arrival_listed ON arrival (office, received_at DESC, id DESC);
CREATE INDEX arrival_sender ON arrival (office, sender, received_at DESC, id DESC);
CREATE INDEX arrival_state ON arrival (office, state, received_at DESC, id DESC);
CREATE INDEX arrival_owed ON arrival (office, id)
    WHERE (state = 'unread' AND acknowledged = '')
       OR (state = 'read' AND acknowledged IN ('', 'received'))
       OR (state = 'imported' AND acknowledged <> 'imported')
       OR (state = 'refused' AND acknowledged <> 'refused');
CREATE INDEX arrival_to_import ON arrival (office, id) WHERE import = 'owed';

CREATE TABLE arrival_month (
    office TEXT NOT NULL,
    month TEXT NOT NULL,
    at INTEGER NOT NULL,
    id INTEGER NOT NULL REFERENCES arrival (id) ON DELETE CASCADE,
    PRIMARY KEY (office, month, at, id)
) STRICT, WITHOUT ROWID;
INSERT INTO arrival_month (office, month, at, id) SELECT office, month, at, id FROM arrival_month_kept;
DROP TABLE arrival_month_kept;

-- Parcels in the mailbox that could not be fetched as they should be: tried again one by one, while others go on.
CREATE TABLE delayed (
    office TEXT NOT NULL,
    sender TEXT NOT NULL,
    parcel TEXT NOT NULL,
    record TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL,
    PRIMARY KEY (office, sender, parcel)
) STRICT, WITHOUT ROWID;
