-- The signing key with which a certificate was asked for and did not come yet, sealed with the key of the drawer: a repeat
-- after a lost answer is the same request.
CREATE TABLE begun (
    office TEXT PRIMARY KEY,
    key BLOB NOT NULL
) STRICT, WITHOUT ROWID;
