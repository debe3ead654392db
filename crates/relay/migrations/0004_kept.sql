-- For the list of what a mailbox still holds of acknowledged parcels.
CREATE INDEX parcel_kept ON parcel (receiver, seq) WHERE contents IS NOT NULL AND state <> 'accepted';
