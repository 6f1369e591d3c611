-- Segments: what they are, who is in them and since when, and what became of both.

CREATE SEQUENCE segment_ids;
CREATE TABLE segment (
  -- Stays when the segment is renamed; never reused.
  segment_id BIGINT NOT NULL DEFAULT nextval('segment_ids'),
  created_at TIMESTAMPTZ NOT NULL,
  deleted_at TIMESTAMPTZ
);

-- Every version of every definition; the highest is the one that holds.
CREATE TABLE segment_version (
  segment_id BIGINT NOT NULL, version BIGINT NOT NULL, made_at TIMESTAMPTZ NOT NULL,
  name VARCHAR NOT NULL, intention VARCHAR, owner VARCHAR, description VARCHAR,
  -- #RRGGBB.
  colour VARCHAR,
  -- JSON: a list of texts.
  tags VARCHAR NOT NULL,
  -- Canonical text; other segments are named as they were named then.
  rule VARCHAR NOT NULL,
  -- JSON: each parameter's value as the language writes it.
  parameters VARCHAR NOT NULL
);

-- Customers that a person put in or kept out, beside the rule of that version.
CREATE TABLE segment_manual (
  segment_id BIGINT NOT NULL, version BIGINT NOT NULL, customer_id BIGINT NOT NULL,
  is_included BOOLEAN NOT NULL
);

-- Each time memberships were brought to an instant. All that a refresh writes is one transaction.
CREATE SEQUENCE segment_refresh_ids;
CREATE TABLE segment_refresh (
  refresh_id BIGINT NOT NULL DEFAULT nextval('segment_refresh_ids'),
  as_of TIMESTAMPTZ NOT NULL, made_at TIMESTAMPTZ NOT NULL,
  -- A stretch of live evaluation: it goes on from the snapshot of the refresh before.
  is_live BOOLEAN NOT NULL DEFAULT false,
  -- Rows and changes up to these have been absorbed.
  absorbed_row BIGINT NOT NULL, absorbed_change BIGINT NOT NULL,
  -- Customers up to this one have been told before.
  absorbed_customer BIGINT NOT NULL DEFAULT 0,
  -- Customers followed one by one, and instants at which many were told together.
  replayed BIGINT NOT NULL, together BIGINT NOT NULL,
  entries BIGINT NOT NULL, exits BIGINT NOT NULL,
  -- The last change it appended to the stream, or the one before where it appended none.
  last_change BIGINT NOT NULL
);

-- Which version each refresh applied, and how many members there were.
CREATE TABLE segment_size (
  refresh_id BIGINT NOT NULL, segment_id BIGINT NOT NULL, version BIGINT NOT NULL,
  size BIGINT NOT NULL
);

-- What refreshes froze: cuts of ranks, medians, percentiles; JSON.
CREATE TABLE population_snapshot (
  refresh_id BIGINT NOT NULL, content VARCHAR NOT NULL
);

-- [entered_at, left_at): left_at is null while it lasts. Reasons: data, time, definition, manual.
CREATE TABLE membership (
  segment_id BIGINT NOT NULL, customer_id BIGINT NOT NULL,
  entered_at TIMESTAMPTZ NOT NULL, left_at TIMESTAMPTZ,
  entry_reason VARCHAR NOT NULL, exit_reason VARCHAR
);

-- The same as a stream: `change_id` grows and is never given twice.
CREATE TABLE membership_change (
  change_id BIGINT NOT NULL, refresh_id BIGINT NOT NULL, happened_at TIMESTAMPTZ NOT NULL,
  segment_id BIGINT NOT NULL, customer_id BIGINT NOT NULL,
  has_entered BOOLEAN NOT NULL, reason VARCHAR NOT NULL
);

-- Until when nothing changes for a customer by the passing of time alone: no row, for ever.
CREATE TABLE next_due (customer_id BIGINT NOT NULL, due_at TIMESTAMPTZ NOT NULL);
