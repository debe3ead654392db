-- Why the receiver refused, as it was signed; null if it did not say, and for every other receipt.
ALTER TABLE receipt ADD COLUMN reason TEXT;
