-- Over which certificate this one was asked for: all that come from one enrolment are one node's, and end together.
ALTER TABLE certificate ADD COLUMN parent BLOB; -- null: from an enrolment, or of another authority
CREATE INDEX certificate_by_parent ON certificate (parent) WHERE parent IS NOT NULL;
