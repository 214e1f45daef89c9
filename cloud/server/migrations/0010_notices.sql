-- What people are told, how that reaches them, and who reviews for whom.

-- Something that somebody is told of. It names an item and never says its title: who may read that is asked when it is
-- shown or sent.
CREATE TABLE notice_event (
    -- Grows with time: the order of lists, and what a message is known by.
    id      TEXT PRIMARY KEY,
    -- A word such as `waits` (`notices::Kind`).
    kind    TEXT NOT NULL,
    region  TEXT NOT NULL,
    item    TEXT,
    -- The review that it is about.
    step    TEXT,
    -- Who did it: an account's id, or a word for what is no person.
    actor   TEXT NOT NULL,
    at      BIGINT NOT NULL,
    -- JSON: the reason, dates, counts.
    detail  TEXT NOT NULL,
    -- What is told once, however often it is found.
    once    TEXT UNIQUE,
    -- Since when there is nothing left to be done about it: nobody is told of it any more.
    settled BIGINT
);
CREATE INDEX notice_event_open ON notice_event (item) WHERE settled IS NULL;
CREATE INDEX notice_event_at ON notice_event (at);

-- An event for one recipient, once.
CREATE TABLE notice (
    -- An account's id, or `hook:` and the name of a webhook.
    recipient TEXT NOT NULL,
    event     TEXT NOT NULL REFERENCES notice_event (id),
    -- When it was read in the console.
    seen      BIGINT,
    -- From when on it is to be sent; none when it is not.
    due       BIGINT,
    -- The message that carries it.
    message   TEXT,
    PRIMARY KEY (recipient, event)
);
CREATE INDEX notice_event_of ON notice (event);
CREATE INDEX notice_unseen ON notice (recipient, event) WHERE seen IS NULL;
CREATE INDEX notice_due ON notice (due) WHERE due IS NOT NULL AND message IS NULL;
CREATE INDEX notice_message_of ON notice (message) WHERE message IS NOT NULL;

-- A letter or a post to a webhook, with one or many notices. Its id stays the same however often it is tried.
CREATE TABLE notice_message (
    id        TEXT PRIMARY KEY,
    recipient TEXT NOT NULL,
    created   BIGINT NOT NULL,
    -- waiting, sent, void (there was nothing left to tell), failed
    state     TEXT NOT NULL,
    attempts  BIGINT NOT NULL,
    -- When it is tried next; while a process tries it, until when that one may.
    due       BIGINT NOT NULL,
    -- The process that tries it.
    worker    TEXT,
    -- What went wrong last.
    problem   TEXT,
    ended     BIGINT
);
CREATE INDEX notice_message_waiting ON notice_message (due) WHERE state = 'waiting';
CREATE INDEX notice_message_recipient ON notice_message (recipient, created);
CREATE INDEX notice_message_failed ON notice_message (ended) WHERE state = 'failed';

-- How a person is told: by kinds of notices `now`, `daily` or `never`.
CREATE TABLE notice_setting (
    account   TEXT PRIMARY KEY REFERENCES account (id),
    -- Confirmed by whoever reads what is sent there.
    address   TEXT,
    -- What waits for one's review, what becomes of one's texts, and what is not well.
    waiting   TEXT NOT NULL,
    own       TEXT NOT NULL,
    operation TEXT NOT NULL,
    -- The hour in China of what is told daily.
    hour      BIGINT NOT NULL,
    -- zh or en
    lang      TEXT NOT NULL
);

-- An address that waits for its confirmation; the link's secret is known by its hash alone.
CREATE TABLE notice_address (
    account TEXT PRIMARY KEY REFERENCES account (id),
    secret  TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    expires BIGINT NOT NULL
);

-- The webhooks of the processes that run, as their configuration has them. Addresses and secrets stay there.
CREATE TABLE notice_hook (
    name   TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    -- Kinds of events, as a JSON list.
    kinds  TEXT NOT NULL,
    -- When a process that has it was last heard of.
    seen   BIGINT NOT NULL
);

-- Who reviews for somebody who is away: one right for some days.
CREATE TABLE substitution (
    id         TEXT PRIMARY KEY,
    -- Whose right it is, and who has it meanwhile.
    account    TEXT NOT NULL REFERENCES account (id),
    substitute TEXT NOT NULL REFERENCES account (id),
    role       TEXT NOT NULL,
    region     TEXT NOT NULL,
    -- Unix seconds: midnights in China.
    begins     BIGINT NOT NULL,
    ends       BIGINT NOT NULL,
    granter    TEXT NOT NULL,
    granted    BIGINT NOT NULL,
    -- When the substitute's key was named among the reviewers.
    begun      BIGINT,
    -- When it came to its end, by itself or because somebody ended it.
    ended      BIGINT
);
CREATE INDEX substitution_account ON substitution (account);
CREATE INDEX substitution_substitute ON substitution (substitute) WHERE ended IS NULL;
CREATE INDEX substitution_right ON substitution (region, role) WHERE ended IS NULL;

-- For whom an approval was given; none by one's own right.
ALTER TABLE approval ADD COLUMN principal TEXT;
