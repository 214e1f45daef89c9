-- What only SQLite words like this: the search index and the log that nobody rewrites.

-- One row an item under its serial: words, two-character pieces of Chinese text, and terms for region, board and state.
CREATE VIRTUAL TABLE item_words USING fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = "unicode61 tokenchars '_'");

CREATE TRIGGER log_is_kept BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END;
CREATE TRIGGER log_is_true BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is only ever added to'); END;
