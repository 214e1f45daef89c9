-- Regions whose codes change every January and July, and the list of them as somebody has put it in.

-- Which region goes on as which. A row is there for as long as that holds; the log tells who did it and when.
CREATE TABLE region_move (
    former  TEXT NOT NULL,
    code    TEXT NOT NULL,
    -- Unix seconds; boxes follow in this order.
    at      BIGINT NOT NULL,
    -- 1: boxes, links and people go there. Of a region that was split the others have 0: they know its reviewers and its
    -- items, and that audiences mean them too.
    main    BIGINT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (former, code)
);
CREATE INDEX region_move_code ON region_move (code);

-- Lists of divisions; the one with the highest number is in force, before the one inside the program.
CREATE TABLE division_list (
    version BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    account TEXT NOT NULL,
    -- Where it came from, such as a file's name.
    source  TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    regions BIGINT NOT NULL,
    -- In the form of the asset (`divisions`).
    body    BLOB NOT NULL
);
