-- The editors' desk: people and their rights, items on their way to the screen, the keys that let them there, and the log.
-- Regions are 12-digit codes; times are Unix seconds; what JSON holds is described by the type that reads it.

-- A person. Whoever signs in, writes or approves is one.
CREATE TABLE account (
    -- `[a-z0-9-]{1,40}`, opaque and never used again; boxes see it as author and reviewer.
    id         TEXT PRIMARY KEY,
    -- None for a name that only a content pack knows: nobody can sign in as it.
    login      TEXT UNIQUE,
    name       TEXT NOT NULL,
    -- PHC string of argon2id; none until a password is set.
    password   TEXT,
    -- Subject at the OpenID provider.
    subject    TEXT UNIQUE,
    -- Where the person works.
    region     TEXT NOT NULL,
    -- 1 when the person must not sign in any more.
    disabled   BIGINT NOT NULL DEFAULT 0,
    created    BIGINT NOT NULL,
    -- Signed in last.
    seen       BIGINT
);
CREATE INDEX account_region ON account (region);

-- A role holds for a region and everything below it.
CREATE TABLE role_grant (
    account TEXT NOT NULL REFERENCES account (id),
    role    TEXT NOT NULL,
    region  TEXT NOT NULL,
    -- By whom and when.
    granter TEXT NOT NULL,
    granted BIGINT NOT NULL,
    PRIMARY KEY (account, role, region)
);
CREATE INDEX role_grant_region ON role_grant (region, role);

-- One browser that is signed in. The cookie's value is known by its hash alone.
CREATE TABLE session (
    id       TEXT PRIMARY KEY,
    account  TEXT NOT NULL REFERENCES account (id),
    csrf     TEXT NOT NULL,
    -- What the browser calls itself and where it is, so that a person knows it again in the list of sessions.
    agent    TEXT NOT NULL,
    address  TEXT NOT NULL,
    created  BIGINT NOT NULL,
    seen     BIGINT NOT NULL,
    expires  BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires ON session (expires);

-- What programs present instead of a password; known by its hash alone. It acts as its account with one role in one region.
CREATE TABLE token (
    id      TEXT PRIMARY KEY,
    secret  TEXT NOT NULL UNIQUE,
    name    TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id),
    role    TEXT NOT NULL,
    region  TEXT NOT NULL,
    granter TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT
);
CREATE INDEX token_region ON token (region);
CREATE INDEX token_account ON token (account);

-- A link with which a person sets a password, once.
CREATE TABLE password_link (
    secret  TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    expires BIGINT NOT NULL
);

CREATE INDEX password_link_account ON password_link (account);

-- Failed attempts to sign in, by login and by address; shared by all processes.
CREATE TABLE attempt (
    -- `login:` and a hash, or `address:` and the address.
    who     TEXT PRIMARY KEY,
    count   BIGINT NOT NULL,
    -- The last of them.
    since   BIGINT NOT NULL
);
CREATE INDEX attempt_since ON attempt (since);

-- What is written, reviewed and shown. One row an item, whatever has become of it.
CREATE TABLE item (
    -- `<12-digit region>/<slug>`
    id         TEXT PRIMARY KEY,
    -- Grows with time: the order of lists, and the name of the item in the search index.
    serial     BIGINT NOT NULL UNIQUE,
    region     TEXT NOT NULL,
    -- The regions above, so that one index serves each level; empty where a level is missing.
    town       TEXT NOT NULL,
    county     TEXT NOT NULL,
    city       TEXT NOT NULL,
    board      TEXT NOT NULL,
    section    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL,
    author     TEXT NOT NULL,
    -- draft, first, second, final (the review that it waits for), rejected, published, withdrawn, expired
    state      TEXT NOT NULL,
    -- The revision that `state` speaks of.
    revision   BIGINT NOT NULL,
    -- The revision on the air, and the month of the page in which it lies.
    live       BIGINT,
    month      TEXT,
    -- Of the revision on the air.
    published  BIGINT,
    not_before BIGINT,
    not_after  BIGINT,
    pinned     BIGINT NOT NULL DEFAULT 0,
    priority   BIGINT NOT NULL DEFAULT 0,
    -- desk, pack or api
    origin     TEXT NOT NULL,
    -- The idempotency key of whoever pushed it, and the hash of what was pushed.
    pushed      TEXT UNIQUE,
    fingerprint TEXT,
    created    BIGINT NOT NULL,
    updated    BIGINT NOT NULL
);
CREATE INDEX item_updated ON item (updated, serial);
CREATE INDEX item_region ON item (region, updated, serial);
CREATE INDEX item_town ON item (town, updated, serial);
CREATE INDEX item_county ON item (county, updated, serial);
CREATE INDEX item_city ON item (city, updated, serial);
-- What is on its way is little beside what was ever published.
CREATE INDEX item_open ON item (state, updated, serial) WHERE state IN ('draft', 'first', 'second', 'final', 'rejected');
CREATE INDEX item_author ON item (author, updated, serial);
-- A region's pages.
CREATE INDEX item_page ON item (region, board, month) WHERE live IS NOT NULL;
-- Whether a section is in use.
CREATE INDEX item_section ON item (board, section, region) WHERE live IS NOT NULL;
-- Publish windows, and those of counties and above, which are few beside those of the villages below.
CREATE INDEX item_window ON item (region, not_after) WHERE not_before IS NOT NULL OR not_after IS NOT NULL;
CREATE INDEX item_window_above ON item (region, not_after)
    WHERE town = '' AND (not_before IS NOT NULL OR not_after IS NOT NULL);
-- What begins or ends by itself.
CREATE INDEX item_ends ON item (not_after) WHERE live IS NOT NULL AND not_after IS NOT NULL;

-- When something of a region's own last went on the air.
ALTER TABLE region ADD COLUMN last_published BIGINT;
CREATE INDEX region_published ON region (code, last_published) WHERE last_published IS NOT NULL;

-- How many items went on the air for the first time in a month in China, by the level of their region. Places are towns
-- and what is above them; a village's items count in its town (`place_level` 'town') and in the village ('village').
CREATE TABLE published_count (
    place_level TEXT NOT NULL,
    month       TEXT NOT NULL,
    place       TEXT NOT NULL,
    level       TEXT NOT NULL,
    items       BIGINT NOT NULL,
    PRIMARY KEY (place_level, month, place, level)
);

-- Every text that an item ever had.
CREATE TABLE revision (
    item    TEXT NOT NULL REFERENCES item (id),
    number  BIGINT NOT NULL,
    -- The editor's form, as JSON (`desk::Draft`).
    draft   TEXT NOT NULL,
    -- The document as boxes get it, as JSON without approvals; none until it is submitted.
    content TEXT,
    -- SHA-256 of the content: what approvals hold for.
    hash    TEXT,
    -- Who wrote last, and everybody who wrote something of it, as a JSON list: none of them reviews it.
    author  TEXT NOT NULL,
    writers TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (item, number)
);

-- Who let a revision through. Approvals of a text that was changed are no longer looked at.
CREATE TABLE approval (
    item      TEXT NOT NULL,
    revision  BIGINT NOT NULL,
    step      TEXT NOT NULL,
    account   TEXT NOT NULL,
    -- The region whose review.json names the key.
    region    TEXT NOT NULL,
    key       TEXT NOT NULL,
    at        BIGINT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (item, revision, step)
);
CREATE INDEX approval_key ON approval (key);

-- How many reviews the regions directly below need.
CREATE TABLE review_policy (
    region  TEXT PRIMARY KEY,
    reviews BIGINT NOT NULL
);

-- Keys of regions. `secret` is sealed with the installation's master key; none when it is kept offline.
CREATE TABLE region_key (
    region  TEXT NOT NULL,
    role    TEXT NOT NULL,
    public  TEXT NOT NULL,
    secret  BLOB,
    created BIGINT NOT NULL,
    -- 1 until the root that names it is published.
    waiting BIGINT NOT NULL DEFAULT 0,
    -- No longer named by the root in force; its secret is gone.
    retired BIGINT,
    PRIMARY KEY (region, role, public)
);

-- The first root that the region above names. It changes when the region above puts new keys in charge.
CREATE TABLE first_root (
    region  TEXT PRIMARY KEY,
    version BIGINT NOT NULL
);

-- A root that waits for the signature of an offline key: the bytes to be signed, and the signatures so far.
CREATE TABLE root_request (
    region     TEXT PRIMARY KEY,
    version    BIGINT NOT NULL,
    -- Canonical JSON: exactly what is signed.
    document   TEXT NOT NULL,
    -- JSON (`tuf::Signature`), those of keys that are online included.
    signatures TEXT NOT NULL,
    created    BIGINT NOT NULL
);

-- One key is one region's: a signature for one must never be good for another.
CREATE INDEX region_key_public ON region_key (public);

-- Reviewers' keys, named in review.json of every region in which their person reviews.
CREATE TABLE person_key (
    account TEXT NOT NULL REFERENCES account (id),
    public  TEXT PRIMARY KEY,
    -- Sealed; none when it is on a token that the person carries, or when the key is no longer used.
    secret  BLOB,
    created BIGINT NOT NULL,
    -- Approves nothing from then on; what it approved stays.
    retired BIGINT,
    -- No longer believed at all: what it approved goes off the air.
    revoked BIGINT
);
CREATE INDEX person_key_account ON person_key (account);

-- From when until when a key counts for the steps of a region: the history behind review.json.
CREATE TABLE reviewer (
    region  TEXT NOT NULL,
    public  TEXT NOT NULL REFERENCES person_key (public),
    step    TEXT NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT,
    PRIMARY KEY (region, public, step, since)
);

-- Sources that editors have sent, and what became of them.
CREATE TABLE medium (
    id       TEXT PRIMARY KEY,
    region   TEXT NOT NULL,
    account  TEXT NOT NULL,
    name     TEXT NOT NULL,
    -- waiting, working, ready, refused
    state    TEXT NOT NULL,
    -- picture or video
    kind     TEXT NOT NULL,
    -- 0 to 100
    percent  BIGINT NOT NULL DEFAULT 0,
    -- The wire picture or video as JSON, or why it was refused (`{"zh": …, "en": …}`).
    result   TEXT,
    -- The upload in which the source lies.
    upload   TEXT,
    -- The process that works on it, and when it was last heard of.
    worker   TEXT,
    beat     BIGINT,
    created  BIGINT NOT NULL
);
CREATE INDEX medium_open ON medium (state, created) WHERE state IN ('waiting', 'working');
CREATE INDEX medium_region ON medium (region, created);
CREATE INDEX medium_refused ON medium (created) WHERE state = 'refused';

-- Every step of everybody. Rows are only ever added; each carries the hash of the one before in its region.
CREATE TABLE log (
    region  TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    account TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL,
    -- JSON
    detail  TEXT NOT NULL,
    before  TEXT NOT NULL,
    hash    TEXT NOT NULL,
    PRIMARY KEY (region, seq)
);
CREATE INDEX log_object ON log (object);
CREATE INDEX log_at ON log (at);

-- What boxes have counted, by village, item and day in China.
CREATE TABLE viewed (
    item    TEXT NOT NULL,
    village TEXT NOT NULL,
    day     TEXT NOT NULL,
    views   BIGINT NOT NULL,
    plays   BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    PRIMARY KEY (item, village, day)
);
CREATE INDEX viewed_village ON viewed (village, day);

-- The same added up, so that no page adds up millions of rows: by village,
CREATE TABLE viewed_by_village (
    village TEXT NOT NULL,
    day     TEXT NOT NULL,
    views   BIGINT NOT NULL,
    plays   BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    PRIMARY KEY (village, day)
);
-- by town,
CREATE TABLE viewed_by_town (
    day     TEXT NOT NULL,
    town    TEXT NOT NULL,
    views   BIGINT NOT NULL,
    plays   BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    PRIMARY KEY (day, town)
);
-- and by item, month and county (the city where there are no counties). There is no row for a whole city or the
-- province, which all batches would have to wait for.
CREATE TABLE viewed_by_item (
    month   TEXT NOT NULL,
    county  TEXT NOT NULL,
    item    TEXT NOT NULL,
    views   BIGINT NOT NULL,
    plays   BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    PRIMARY KEY (month, county, item)
);
CREATE INDEX viewed_by_item_most ON viewed_by_item (month, county, views);
CREATE INDEX viewed_by_item_item ON viewed_by_item (item, month);

-- Batches that were counted, so that none counts twice.
CREATE TABLE view_batch (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX view_batch_at ON view_batch (at);
