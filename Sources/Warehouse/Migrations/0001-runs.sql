-- Runs that were made in the workspace, with what is needed to score one more customer.
CREATE SEQUENCE run_ids;

CREATE TABLE runs (
  run_id BIGINT PRIMARY KEY DEFAULT nextval('run_ids'),
  made_at TIMESTAMPTZ NOT NULL,
  quartier_version VARCHAR NOT NULL,
  as_of DATE NOT NULL,
  as_of_rule VARCHAR NOT NULL,
  currency VARCHAR NOT NULL,
  -- The whole result as segments.json has it.
  result JSON NOT NULL
);

CREATE TABLE run_sources (
  run_id BIGINT NOT NULL,
  position INTEGER NOT NULL,
  file VARCHAR NOT NULL,
  bytes BIGINT NOT NULL,
  lines BIGINT NOT NULL
);

CREATE TABLE run_thresholds (
  run_id BIGINT NOT NULL,
  measure VARCHAR NOT NULL,
  position INTEGER NOT NULL,
  cut DOUBLE NOT NULL
);

CREATE TABLE run_customers (
  run_id BIGINT NOT NULL,
  customer VARCHAR NOT NULL,
  first_purchase DATE,
  last_purchase DATE,
  days_since_last_purchase BIGINT,
  orders BIGINT NOT NULL,
  purchase_occasions BIGINT NOT NULL,
  gross_revenue DECIMAL(38, 4) NOT NULL,
  returned_amount DECIMAL(38, 4) NOT NULL,
  revenue DECIMAL(38, 4) NOT NULL,
  average_basket DECIMAL(38, 4),
  median_days_between_purchases DOUBLE,
  tenure_days BIGINT,
  return_rate DOUBLE,
  distinct_products BIGINT,
  favourite_category VARCHAR,
  favourite_channel VARCHAR,
  r_score TINYINT,
  f_score TINYINT,
  m_score TINYINT,
  rfm_score DOUBLE,
  segment VARCHAR NOT NULL,
  rfm_group VARCHAR NOT NULL,
  lifecycle_stage VARCHAR,
  lifecycle_rule VARCHAR
);
