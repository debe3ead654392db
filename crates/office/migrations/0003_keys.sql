-- The vault with the office password that the relay was asked to take, while its answer is not known.
ALTER TABLE office ADD COLUMN vault_next BLOB;

-- The epoch that the directory named last, and the key change that a person has confirmed.
ALTER TABLE partner ADD COLUMN directory_epoch INTEGER;
ALTER TABLE partner ADD COLUMN key_confirmed_at INTEGER;
