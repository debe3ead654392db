-- Times are milliseconds since 1970 (UTC). Every mailbox table begins with the receiving office's number.

CREATE TABLE office (
    no         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    kana       TEXT NOT NULL,
    address    TEXT NOT NULL,
    phone      TEXT NOT NULL,
    fax        TEXT NOT NULL,
    folded     TEXT NOT NULL, -- name, kana, address and number as they are searched for
    prefecture INTEGER,
    suspended  INTEGER NOT NULL DEFAULT 0,
    registered INTEGER NOT NULL DEFAULT 0, -- has an account
    key_epoch  INTEGER                     -- of the current key; null before the first one
) WITHOUT ROWID;

CREATE TABLE office_service (
    no      TEXT NOT NULL REFERENCES office (no),
    service TEXT NOT NULL,
    PRIMARY KEY (no, service)
) WITHOUT ROWID;

CREATE TABLE account (
    kj_id                 TEXT PRIMARY KEY,
    office                TEXT NOT NULL REFERENCES office (no),
    password_hash         TEXT NOT NULL,
    must_change           INTEGER NOT NULL,
    enrolment_hash        TEXT,            -- null once used
    enrolment_expires_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_of_office ON account (office);

-- Failures in a row for every KJ ID that was tried, known or not.
CREATE TABLE attempt (
    office       TEXT NOT NULL,
    kj_id        TEXT NOT NULL,
    failures     INTEGER NOT NULL,
    locked_until INTEGER,
    last_at      INTEGER NOT NULL,
    PRIMARY KEY (office, kj_id)
) WITHOUT ROWID;

CREATE TABLE certificate (
    fingerprint BLOB PRIMARY KEY,
    office      TEXT NOT NULL REFERENCES office (no),
    pem         TEXT NOT NULL,
    node        TEXT NOT NULL,
    issued_at   INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    revoked_at  INTEGER
) WITHOUT ROWID;
CREATE INDEX certificate_of_office ON certificate (office, issued_at);

CREATE TABLE session (
    id                TEXT PRIMARY KEY,
    kj_id             TEXT NOT NULL REFERENCES account (kj_id),
    fingerprint       BLOB NOT NULL,
    access            BLOB NOT NULL UNIQUE, -- hash of the token
    access_expires_at INTEGER NOT NULL,
    refresh           BLOB NOT NULL UNIQUE, -- hash of the token
    began_at          INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_of_account ON session (kj_id, began_at);

CREATE TABLE key_log (
    seq       INTEGER PRIMARY KEY,
    office    TEXT NOT NULL REFERENCES office (no),
    epoch     INTEGER NOT NULL,
    statement TEXT NOT NULL,
    at        INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    UNIQUE (office, epoch)
);

-- The counter of each mailbox, and what it holds.
CREATE TABLE mailbox (
    office  TEXT PRIMARY KEY,
    seq     INTEGER NOT NULL DEFAULT 0,
    parcels INTEGER NOT NULL DEFAULT 0,
    bytes   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE parcel (
    receiver       TEXT NOT NULL,
    seq            INTEGER NOT NULL,  -- of the arrival, in the receiver's mailbox
    id             BLOB NOT NULL,
    sender         TEXT NOT NULL,
    size           INTEGER NOT NULL,
    digest         BLOB NOT NULL,
    key_epoch      INTEGER NOT NULL,
    state          TEXT NOT NULL,
    accepted_at    INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,  -- when the contents go
    expires_soon   INTEGER NOT NULL DEFAULT 0,
    fetched_at     INTEGER,
    contents       INTEGER,           -- null once the contents are gone
    inbox_change   INTEGER NOT NULL,  -- last change, in the receiver's mailbox
    sent_change    INTEGER NOT NULL,  -- last change, in the sender's mailbox
    PRIMARY KEY (receiver, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX parcel_in_inbox ON parcel (receiver, id);
CREATE UNIQUE INDEX parcel_in_sent ON parcel (sender, id);
CREATE UNIQUE INDEX parcel_by_inbox_change ON parcel (receiver, inbox_change);
CREATE UNIQUE INDEX parcel_by_sent_change ON parcel (sender, sent_change);
CREATE INDEX parcel_waiting ON parcel (receiver, seq) WHERE state = 'accepted';
CREATE INDEX parcel_due ON parcel (expires_at) WHERE contents IS NOT NULL;
CREATE INDEX parcel_to_warn ON parcel (expires_at) WHERE state = 'accepted' AND expires_soon = 0;

CREATE TABLE contents (
    id    INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
);

CREATE TABLE receipt (
    receiver    TEXT NOT NULL,
    seq         INTEGER NOT NULL,     -- of the parcel
    kind        TEXT NOT NULL,
    at          TEXT NOT NULL,        -- as it was signed
    signature   TEXT NOT NULL,
    certificate TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    place       INTEGER NOT NULL,     -- in the order in which they came
    PRIMARY KEY (receiver, seq, kind)
) WITHOUT ROWID;

CREATE TABLE audit (
    chain   TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    address TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash    BLOB NOT NULL,
    PRIMARY KEY (chain, seq)
) WITHOUT ROWID;

-- What must be counted without counting: one row.
CREATE TABLE total (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    parcels  INTEGER NOT NULL,
    directory_changed_at INTEGER NOT NULL
);
INSERT INTO total VALUES (1, 0, 0);
