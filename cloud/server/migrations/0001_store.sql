-- What the cloud knows. Everything below /tuf is a row of `file`, so one transaction publishes it.

CREATE TABLE state (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
-- Grows with every change; a running server reads it to learn that another process has published.
INSERT INTO state (name, value) VALUES ('generation', 0);

CREATE TABLE region (
    code       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    -- The sections it adds to the boards, as JSON.
    sections   TEXT NOT NULL DEFAULT '[]',
    -- The generation in which its files last changed.
    generation BIGINT NOT NULL
);
CREATE INDEX region_generation ON region (generation);

-- The current version of each TUF role of each region; times are Unix seconds.
CREATE TABLE role (
    region  TEXT NOT NULL REFERENCES region (code),
    role    TEXT NOT NULL,
    version BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (region, role)
);
CREATE INDEX role_expires ON role (role, expires);

-- The current targets of each region.
CREATE TABLE target (
    region TEXT NOT NULL REFERENCES region (code),
    name   TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    length BIGINT NOT NULL,
    PRIMARY KEY (region, name)
);

-- Every file below /tuf/<region>/. What a newer version replaced stays for a day, for boxes in the middle of an update.
CREATE TABLE file (
    region     TEXT NOT NULL REFERENCES region (code),
    path       TEXT NOT NULL,
    body       BLOB NOT NULL,
    superseded BIGINT,
    PRIMARY KEY (region, path)
);
CREATE INDEX file_superseded ON file (superseded) WHERE superseded IS NOT NULL;

-- What a channel plays from a moment on; the newest row that has begun is in force.
CREATE TABLE line_up (
    region         TEXT NOT NULL REFERENCES region (code),
    channel        TEXT NOT NULL,
    effective_from BIGINT NOT NULL,
    loop_start     BIGINT NOT NULL,
    -- Discontinuities of the channel before `effective_from`.
    discontinuity  BIGINT NOT NULL,
    -- Titles and segments of the programmes, as JSON; empty for a channel that ended.
    programmes     TEXT NOT NULL,
    PRIMARY KEY (region, channel, effective_from)
);

-- Media that were made before: the same source and recipe need no second work.
CREATE TABLE prepared (
    source TEXT NOT NULL,
    recipe TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (source, recipe)
);

-- Who published what; rows are only ever added.
CREATE TABLE publication (
    id          INTEGER PRIMARY KEY,
    region      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    items       BIGINT NOT NULL,
    reviewed_by TEXT NOT NULL,
    targets     BIGINT NOT NULL
);
