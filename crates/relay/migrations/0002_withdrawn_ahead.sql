-- Numbers that a sender has taken back before their parcel came in: it is never taken any more.
CREATE TABLE withdrawn_ahead (
    sender TEXT NOT NULL,
    id     BLOB NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (sender, id)
) WITHOUT ROWID;
CREATE INDEX withdrawn_ahead_by_age ON withdrawn_ahead (sender, at);
