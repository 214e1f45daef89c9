-- What waits to be sent to the cloud. What a message of view counts holds lies in `view_counts` under its id, where programs
-- before this one seal, find and send it too; one of theirs has no row here.
CREATE TABLE uplink (
    id       BLOB PRIMARY KEY,
    -- The place of its class: urgent, normal, bulk.
    class    INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    -- In Unix seconds.
    expires  INTEGER NOT NULL
) WITHOUT ROWID;

-- Whoever has sent counts, or forgets them, has done so with their message.
CREATE TRIGGER sent_view_counts AFTER DELETE ON view_counts WHEN old.batch != x''
BEGIN
    DELETE FROM uplink WHERE id = old.batch;
END;
