-- The key of a partner that was trusted before it changed, for a person to compare.
ALTER TABLE partner ADD COLUMN key_before TEXT;
