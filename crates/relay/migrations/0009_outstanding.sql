-- What of a mailbox waits, apart from what it holds, and what its office has sent that waits anywhere.
ALTER TABLE mailbox ADD COLUMN waiting_parcels INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN waiting_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN outstanding_parcels INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN outstanding_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET (waiting_parcels, waiting_bytes) =
    (SELECT count(*), coalesce(sum(size), 0) FROM parcel WHERE receiver = office AND state = 'accepted');
UPDATE mailbox SET (outstanding_parcels, outstanding_bytes) =
    (SELECT count(*), coalesce(sum(size), 0) FROM parcel WHERE sender = office AND state = 'accepted');
-- What may be let go early, the oldest first.
CREATE INDEX parcel_releasable ON parcel (expires_at) WHERE contents IS NOT NULL AND state <> 'accepted';
