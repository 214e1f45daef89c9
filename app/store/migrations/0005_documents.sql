-- From here on migrations add and take nothing away: a program that knows the form before goes on with the database as it
-- is. `user_version` says since which form that holds; how far the database has come is said here.
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (5);

-- The bytes of targets as they were signed: what this version of the program does not know is there for the one that does.
-- Rows of an earlier program have none.
CREATE TABLE documents (
    page       INTEGER PRIMARY KEY REFERENCES pages ON DELETE CASCADE,
    -- Number of the decoder that made the page's rows of them.
    decoded_by INTEGER NOT NULL,
    -- Compressed (zlib). The SHA-256 of what was compressed is the page's.
    bytes      BLOB NOT NULL
);
-- Every start looks for what another decoder has made, and is not to read all bytes for it.
CREATE INDEX documents_by_decoder ON documents (decoded_by);
