-- What only PostgreSQL words like this: the search index and the log that nobody rewrites.

CREATE TABLE item_words (
    serial BIGINT PRIMARY KEY,
    words  tsvector NOT NULL
);
CREATE INDEX item_words_words ON item_words USING gin (words);

CREATE FUNCTION log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is only ever added to';
END
$$;
CREATE TRIGGER log_is_kept BEFORE UPDATE OR DELETE ON log FOR EACH ROW EXECUTE FUNCTION log_is_kept();
CREATE TRIGGER log_is_whole BEFORE TRUNCATE ON log FOR EACH STATEMENT EXECUTE FUNCTION log_is_kept();
