-- The box's cache. Everything but `settings` and `positions` can be had again from the network.

-- Verified TUF metadata, the cursor of the synchronization with each region.
CREATE TABLE trust (
    region TEXT PRIMARY KEY,
    etag   TEXT
) WITHOUT ROWID;

CREATE TABLE trust_files (
    region TEXT NOT NULL REFERENCES trust ON DELETE CASCADE,
    name   TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (region, name)
) WITHOUT ROWID;

-- One row per target whose content is stored; what it brought refers to it and goes with it.
CREATE TABLE pages (
    id     INTEGER PRIMARY KEY,
    region TEXT NOT NULL,
    path   TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    UNIQUE (region, path)
);

CREATE TABLE regions (
    page INTEGER PRIMARY KEY REFERENCES pages ON DELETE CASCADE,
    name TEXT NOT NULL
);

CREATE TABLE sections (
    page     INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    position INTEGER NOT NULL,
    id       TEXT NOT NULL,
    board    INTEGER NOT NULL,
    name     TEXT NOT NULL,
    name_en  TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (page, position)
) WITHOUT ROWID;

CREATE TABLE channels (
    page       INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    id         TEXT NOT NULL,
    number     INTEGER NOT NULL,
    name       TEXT NOT NULL,
    url        TEXT NOT NULL,
    loop_start INTEGER NOT NULL,
    PRIMARY KEY (page, position)
) WITHOUT ROWID;

CREATE TABLE programmes (
    page     INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    channel  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    title    TEXT NOT NULL,
    duration INTEGER NOT NULL,
    PRIMARY KEY (page, channel, position)
) WITHOUT ROWID;

-- What lists need. The text lies in `item_bodies`, so that reading all of these touches few pages.
CREATE TABLE items (
    id         TEXT PRIMARY KEY,
    page       INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    region     TEXT NOT NULL,
    board      INTEGER NOT NULL,
    section    TEXT NOT NULL,
    kind       INTEGER NOT NULL,
    title      TEXT NOT NULL,
    summary    TEXT NOT NULL,
    publisher  TEXT NOT NULL,
    published  INTEGER NOT NULL,
    not_before INTEGER,
    not_after  INTEGER,
    pinned     INTEGER NOT NULL,
    reviews    INTEGER NOT NULL,
    -- SHA-256 and length (8 bytes, little-endian).
    thumbnail  BLOB,
    starts     INTEGER,
    price      INTEGER,
    duration   INTEGER,
    -- Per object: role (1 byte), SHA-256, length (8 bytes, little-endian).
    objects    BLOB NOT NULL
);
CREATE INDEX items_by_page ON items (page);

CREATE TABLE item_bodies (
    id    TEXT PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    -- As the item codec wrote it.
    bytes BLOB NOT NULL
);

-- Objects whose files are whole.
CREATE TABLE objects (
    sha256    BLOB PRIMARY KEY,
    length    INTEGER NOT NULL,
    last_used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE positions (
    item     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;
