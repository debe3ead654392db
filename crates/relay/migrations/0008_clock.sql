-- The last time at which this store was tended: a clock that leaps ahead of it expires nothing until it is confirmed.
CREATE TABLE clock (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seen_at INTEGER -- null before the first time
);
INSERT INTO clock VALUES (1, NULL);
