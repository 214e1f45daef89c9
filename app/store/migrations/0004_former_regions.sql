-- Regions that a region has taken over (12 digits each, one after the other), and who reviewed for them; of the region's own
-- reviewers `former` is null.
ALTER TABLE reviews ADD COLUMN former TEXT NOT NULL DEFAULT '';
ALTER TABLE reviewers ADD COLUMN former TEXT;
