-- Promotions, and what imports refused or took on a declared consent.

-- A promotion as its source describes it; orders name it by `promotion`.
CREATE TABLE promotions (
  promotion VARCHAR NOT NULL, name VARCHAR, kind VARCHAR, amount DECIMAL(18, 4),
  -- In percent: 20 for a fifth.
  percentage DECIMAL(18, 4), product VARCHAR, category VARCHAR, channel VARCHAR,
  campaign VARCHAR, started_at TIMESTAMPTZ, ended_at TIMESTAMPTZ,
  source VARCHAR NOT NULL, import_id BIGINT
);

-- Columns with special categories or numbers that a customer file has no business with: never
-- their values.
CREATE TABLE sensitive_column (
  import_id BIGINT NOT NULL, column_name VARCHAR NOT NULL,
  -- health, religion, bank_account…
  kind VARCHAR NOT NULL,
  -- refused, or declared: the mapping says when and how people agreed explicitly.
  decision VARCHAR NOT NULL,
  -- column_name or values.
  basis VARCHAR NOT NULL, consent VARCHAR
);

-- Changes of an attribute's type: its values outgrew the one before.
CREATE TABLE attribute_type_change (
  attribute_id VARCHAR NOT NULL, version BIGINT NOT NULL, changed_at TIMESTAMPTZ NOT NULL,
  old_type VARCHAR NOT NULL, new_type VARCHAR NOT NULL, import_id BIGINT
);
