-- The name of this store's life: a copy that takes its place has another one. One row.
CREATE TABLE life (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL
);
INSERT INTO life VALUES (1, lower(hex(randomblob(16))));
