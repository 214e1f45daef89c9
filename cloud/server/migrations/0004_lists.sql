-- What has gone off the air is rare beside what was ever published, and so are kinds in boards where they do not belong:
-- a list of either must not look through everything else.
CREATE INDEX item_gone ON item (state, updated, serial) WHERE state IN ('withdrawn', 'expired');
CREATE INDEX item_gone_city ON item (city, state, updated, serial) WHERE state IN ('withdrawn', 'expired');
CREATE INDEX item_kind ON item (kind, board, updated, serial);
