-- Fitted models, a row per version; the newest of a kind is the one in use.
CREATE SEQUENCE model_ids;
CREATE TABLE models (
  model_id BIGINT PRIMARY KEY DEFAULT nextval('model_ids'),
  -- clv, clusters, tribes, survival.
  kind VARCHAR NOT NULL,
  -- From 1, by kind.
  version BIGINT NOT NULL,
  made_at TIMESTAMPTZ NOT NULL,
  quartier_version VARCHAR NOT NULL,
  as_of DATE NOT NULL,
  customers BIGINT NOT NULL,
  -- What was learned and how good it is, as the command prints it with --json: the card is made of it.
  report JSON NOT NULL,
  -- What scores a new customer without fitting again; null where no model applies.
  scorer JSON,
  UNIQUE (kind, version)
);

-- How far the assignments of a later base have moved from those of the fit: population stability
-- index, below 0.1 stable, above 0.25 shifted.
CREATE TABLE model_drift (
  model_id BIGINT NOT NULL, measured_at TIMESTAMPTZ NOT NULL, as_of DATE NOT NULL,
  customers BIGINT NOT NULL, stability_index DOUBLE NOT NULL
);

-- What models say of each customer of a run.
ALTER TABLE run_customers ADD COLUMN p_alive DOUBLE;
ALTER TABLE run_customers ADD COLUMN expected_purchases_12_months DOUBLE;
ALTER TABLE run_customers ADD COLUMN clv_12_months DECIMAL(38, 4);
ALTER TABLE run_customers ADD COLUMN found_group VARCHAR;
