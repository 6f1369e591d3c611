-- How far customers have been described: no row before the first time.
CREATE TABLE description_state (
  -- Touches and rows of events up to these have been taken into account.
  absorbed_change BIGINT NOT NULL, absorbed_row BIGINT NOT NULL,
  -- What was asked for and how it is worked out; another text describes everybody anew.
  method VARCHAR NOT NULL,
  described_at TIMESTAMPTZ NOT NULL
);
