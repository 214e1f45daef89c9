-- What an operator needs after a loss, and what boxes tell of what they refuse.

-- Versions that boxes may have seen of a region's metadata, whatever `role` says: after a backup was restored, the next
-- ones are signed with higher numbers.
CREATE TABLE version_floor (
    region  TEXT NOT NULL REFERENCES region (code),
    role    TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (region, role)
);

-- How many boxes of a village have told on a day (in China) that they refuse a region's metadata or keep an item from the
-- screen. A box tells each of these once a day, and not which box it is.
CREATE TABLE box_report (
    day     TEXT NOT NULL,
    -- A region's code or an item's id.
    object  TEXT NOT NULL,
    -- A word such as `untrusted`.
    why     TEXT NOT NULL,
    village TEXT NOT NULL,
    boxes   BIGINT NOT NULL,
    -- The highest version that one of them has.
    version BIGINT,
    -- The last of them, Unix seconds.
    seen    BIGINT NOT NULL,
    PRIMARY KEY (day, object, why, village)
);
CREATE INDEX box_report_object ON box_report (object, day);

-- What is written to see whether something can be written.
CREATE TABLE trial (
    id   BIGINT PRIMARY KEY,
    body BLOB NOT NULL
);
