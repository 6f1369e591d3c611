-- One profile for each person or company, whatever the number of records that systems have of them.
--
-- A record is what one source says under one id: it has the number of the customer that its import
-- made. While records are one profile, `customer` has the profile only (the record with the lowest
-- number survives), and what the sources say stays apart from what is made of it:
--   * `customer_attribute` and `attribute_history` hold each record under its `record_id`, and the
--     golden record under the profile's `customer_id`. The survivor's own record is kept under its
--     number made negative.
--   * rows of streams and identifiers belong to the profile and remember the record they came from.
-- Undoing a merge puts everything back.

-- The record that a row came from, where it is not the customer itself.
ALTER TABLE identifier ADD COLUMN record_id BIGINT;
ALTER TABLE orders ADD COLUMN source_customer_id BIGINT;
ALTER TABLE order_lines ADD COLUMN source_customer_id BIGINT;
ALTER TABLE events ADD COLUMN source_customer_id BIGINT;
ALTER TABLE campaign_contacts ADD COLUMN source_customer_id BIGINT;
ALTER TABLE survey_answers ADD COLUMN source_customer_id BIGINT;
ALTER TABLE tickets ADD COLUMN source_customer_id BIGINT;
ALTER TABLE reviews ADD COLUMN source_customer_id BIGINT;
ALTER TABLE referrals ADD COLUMN source_customer_id BIGINT;
ALTER TABLE subscriptions ADD COLUMN source_customer_id BIGINT;
ALTER TABLE opportunities ADD COLUMN source_customer_id BIGINT;
ALTER TABLE life_events ADD COLUMN source_customer_id BIGINT;
ALTER TABLE costs ADD COLUMN source_customer_id BIGINT;
ALTER TABLE consents ADD COLUMN source_customer_id BIGINT;

-- The records of profiles that have several.
CREATE TABLE profile_record (
  -- The record's number, and the profile.
  record BIGINT NOT NULL, customer_id BIGINT NOT NULL,
  -- Under which its attributes are kept.
  record_id BIGINT NOT NULL,
  -- As they were before the merge.
  kind VARCHAR NOT NULL, first_seen TIMESTAMPTZ NOT NULL
);

-- Customers that are part of another profile now: their ids answer with it.
CREATE TABLE customer_alias (
  customer_id BIGINT NOT NULL, public_id UUID NOT NULL, kind VARCHAR NOT NULL,
  first_seen TIMESTAMPTZ NOT NULL, import_id BIGINT, source_line BIGINT,
  survivor_id BIGINT NOT NULL
);

-- What was decided, by whom and when: resolve, accept, reject, split.
CREATE SEQUENCE identity_run_ids;
CREATE TABLE identity_run (
  run_id BIGINT NOT NULL, made_at TIMESTAMPTZ NOT NULL, action VARCHAR NOT NULL,
  made_by VARCHAR NOT NULL,
  -- Of the rules that were applied.
  rules_version BIGINT NOT NULL,
  -- Settings, weights and counts: JSON.
  detail VARCHAR NOT NULL,
  undone_at TIMESTAMPTZ
);

-- Two records that are the same, and why. `ended_by` is the run that took it back.
CREATE TABLE identity_link (
  run_id BIGINT NOT NULL, first_record BIGINT NOT NULL, second_record BIGINT NOT NULL,
  -- email, phone, key, siret, siren, company, score, person (somebody decided).
  rule VARCHAR NOT NULL,
  -- log2 of the odds, and the probability that they are one; null where nothing was weighed.
  weight DOUBLE, probability DOUBLE,
  -- `field=level` by spaces: never a value.
  evidence VARCHAR NOT NULL, ended_by BIGINT
);

-- Two records that somebody said are not the same: no run joins them again.
CREATE TABLE identity_apart (
  run_id BIGINT NOT NULL, first_record BIGINT NOT NULL, second_record BIGINT NOT NULL,
  ended_by BIGINT
);

-- Pairs that wait for somebody's decision, and those decided.
CREATE SEQUENCE identity_pair_ids;
CREATE TABLE identity_pair (
  pair_id BIGINT NOT NULL, run_id BIGINT NOT NULL,
  first_record BIGINT NOT NULL, second_record BIGINT NOT NULL,
  -- score: not sure enough; contradiction: an identifier in common, but something speaks against;
  -- chain: it would join people who are told apart.
  reason VARCHAR NOT NULL,
  weight DOUBLE, probability DOUBLE, evidence VARCHAR NOT NULL,
  -- open, accepted, rejected, settled (they became one in another way).
  status VARCHAR NOT NULL, decided_by BIGINT
);

-- Households and companies: records that belong together without being one. Groups are numbered by
-- the record that heads them: for a contact the company, for an establishment the head office.
CREATE TABLE identity_relation (
  -- household, contact, establishment.
  kind VARCHAR NOT NULL, group_record BIGINT NOT NULL, record BIGINT NOT NULL,
  -- Of a contact: the job title as written, and decides, influences or uses.
  role VARCHAR, decision_power VARCHAR,
  -- `field=level` by spaces.
  evidence VARCHAR NOT NULL, run_id BIGINT NOT NULL
);
