-- SQLite numbers the rows of an INTEGER PRIMARY KEY by itself.
CREATE TABLE audit_log (
    id       INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    action   TEXT NOT NULL,
    at       BIGINT NOT NULL -- seconds since 1970
);
