-- Items from before approvals travelled with them cannot be checked: their pages are fetched again. What a region says of
-- itself and its channels stay, so that a box without a network goes on with live television.
DELETE FROM pages WHERE path LIKE 'pages/%';
DROP TABLE item_bodies;
DROP TABLE items;

-- What lists need, and what decides whether an item is shown. The text lies in `item_bodies`, so that reading all of these
-- touches few pages.
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
    priority   INTEGER NOT NULL,
    author     TEXT NOT NULL,
    -- Per approval whose signature held: step (1 byte), region (12 digits), key (32 bytes), moment (8 bytes,
    -- little-endian).
    approvals  BLOB NOT NULL,
    -- Regions (12 digits each) that it is for alone, and those that it is not for.
    audience_only   TEXT NOT NULL,
    audience_except TEXT NOT NULL,
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

-- Who reviews for a region.
CREATE TABLE reviews (
    page          INTEGER PRIMARY KEY REFERENCES pages ON DELETE CASCADE,
    reviews_below INTEGER NOT NULL
);

CREATE TABLE reviewers (
    page     INTEGER NOT NULL REFERENCES pages ON DELETE CASCADE,
    position INTEGER NOT NULL,
    key      BLOB NOT NULL,
    person   TEXT NOT NULL,
    name     TEXT NOT NULL,
    -- One byte each.
    steps    BLOB NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER,
    PRIMARY KEY (page, position)
) WITHOUT ROWID;

-- What was watched. They cannot be had again, but no one misses them: they are not taken over from a damaged database.
CREATE TABLE view_counts (
    -- Its id of 16 bytes; empty while the day is still being counted.
    batch   BLOB NOT NULL,
    day     TEXT NOT NULL,
    item    TEXT NOT NULL,
    village TEXT NOT NULL,
    views   INTEGER NOT NULL,
    plays   INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    PRIMARY KEY (batch, day, item)
) WITHOUT ROWID;
