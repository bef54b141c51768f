-- The shop. One text for SQLite and PostgreSQL: only types and clauses that both know.
CREATE TABLE customers (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,
    email  TEXT NOT NULL UNIQUE,
    region TEXT NOT NULL
);

CREATE TABLE products (
    id               INTEGER PRIMARY KEY,
    sku              TEXT NOT NULL UNIQUE,
    name             TEXT NOT NULL,
    unit_price_cents BIGINT NOT NULL,
    stock            INTEGER NOT NULL
);

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    reference   TEXT NOT NULL UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    region      TEXT NOT NULL,
    status      TEXT NOT NULL,
    placed_at   BIGINT NOT NULL -- seconds since 1970
);

CREATE INDEX orders_placed_at ON orders (placed_at, id);

-- Its primary key is also the index by which an order's lines are found.
CREATE TABLE order_lines (
    order_id         INTEGER NOT NULL REFERENCES orders (id),
    line_no          INTEGER NOT NULL, -- from 1
    product_id       INTEGER NOT NULL REFERENCES products (id),
    quantity         INTEGER NOT NULL,
    unit_price_cents BIGINT NOT NULL, -- as it was when the order was placed
    PRIMARY KEY (order_id, line_no)
);
