-- Certificates stand in the key log too. `said` is the digest of the text that a statement signs, which the next one names.
CREATE TABLE key_log_with_certificates (
    seq         INTEGER PRIMARY KEY,
    office      TEXT NOT NULL REFERENCES office (no),
    epoch       INTEGER,
    statement   TEXT,
    said        BLOB,
    fingerprint BLOB,
    parent      BLOB,
    at          INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    UNIQUE (office, epoch),
    CHECK ((epoch IS NULL) = (statement IS NULL)),
    CHECK ((epoch IS NULL) <> (fingerprint IS NULL))
);
INSERT INTO key_log_with_certificates (seq, office, epoch, statement, at, hash)
    SELECT seq, office, epoch, statement, at, hash FROM key_log;
DROP TABLE key_log;
ALTER TABLE key_log_with_certificates RENAME TO key_log;
-- The head of the key log that a receipt names, as it stands in its signed text.
ALTER TABLE receipt ADD COLUMN log_head TEXT;
