-- Wrong one-time passwords since the last one was given: nobody is locked out by them, and the first are in the audit log.
ALTER TABLE account ADD COLUMN enrolment_failures INTEGER NOT NULL DEFAULT 0;
