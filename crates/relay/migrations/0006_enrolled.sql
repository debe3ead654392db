-- Who used the one-time password up: the same node may ask again while it is valid, if the answer was lost.
ALTER TABLE account ADD COLUMN enrolled_key BLOB;         -- hash of its public key
ALTER TABLE account ADD COLUMN enrolled_certificate BLOB; -- fingerprint
