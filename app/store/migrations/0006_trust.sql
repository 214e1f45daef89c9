-- Metadata that the disk has damaged, for whoever wants to know why: the last bytes of each name.
CREATE TABLE damaged_trust (
    region TEXT NOT NULL,
    name   TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (region, name)
) WITHOUT ROWID;
