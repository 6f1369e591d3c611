-- The canonical tables: who the customers are, what is known of them and what they did.
--
-- Instants are UTC; `local_at` is `happened_at` on the workspace's wall clock, computed once at
-- import. Amounts are in the workspace's currency. A row's order among rows of one instant is
-- (happened_at, source, key), compared byte by byte. `row_id` grows in the order of absorption.

CREATE SEQUENCE import_ids;
CREATE TABLE imports (
  import_id BIGINT PRIMARY KEY DEFAULT nextval('import_ids'),
  made_at TIMESTAMPTZ NOT NULL,
  -- orders, customers, events…: what the file was taken for.
  kind VARCHAR NOT NULL,
  -- The system that the file comes from: ids are unique within it.
  source VARCHAR NOT NULL,
  -- As typed, and where it was.
  file VARCHAR NOT NULL, path VARCHAR,
  -- When the file was made; null where nothing tells.
  exported_at TIMESTAMPTZ,
  -- SHA-256 of the bytes; null for a source that is no file.
  digest VARCHAR,
  bytes BIGINT,
  lines BIGINT NOT NULL,
  kept BIGINT NOT NULL,
  set_aside BIGINT NOT NULL,
  -- What was asked for, options and mapping, and the import whose quarantine was tried again.
  request VARCHAR, replays BIGINT
);

CREATE TABLE quarantine (
  import_id BIGINT NOT NULL, file VARCHAR NOT NULL, line BIGINT, column_name VARCHAR,
  value VARCHAR, reason VARCHAR NOT NULL
);

CREATE SEQUENCE customer_ids;
CREATE TABLE customer (
  -- Never reused.
  customer_id BIGINT PRIMARY KEY DEFAULT nextval('customer_ids'),
  -- Random, never derived from what is known of the customer.
  public_id UUID NOT NULL DEFAULT uuid(),
  -- person or company.
  kind VARCHAR NOT NULL DEFAULT 'person',
  first_seen TIMESTAMPTZ NOT NULL,
  import_id BIGINT, source_line BIGINT
);

-- External ids are text (leading zeros stay), unique per source and type.
CREATE TABLE identifier (
  source VARCHAR NOT NULL, type VARCHAR NOT NULL, value VARCHAR NOT NULL,
  customer_id BIGINT NOT NULL, import_id BIGINT, source_line BIGINT
);

-- The attribute catalogue of this workspace: built-in attributes are added when first filled.
CREATE TABLE attribute_definition (
  attribute_id VARCHAR NOT NULL,
  -- text, boolean, date, instant, count (BIGINT), duration (days: BIGINT), share and number
  -- (DOUBLE), decimal and money (DECIMAL(18,4)), enumeration, list (VARCHAR[]), objects (JSON).
  type VARCHAR NOT NULL,
  -- Values of an enumeration; fields and types of objects: JSON.
  detail VARCHAR,
  -- identifying, behaviour, special.
  data_class VARCHAR NOT NULL,
  -- declared (by the customer or a person), imported, computed, model.
  origin VARCHAR NOT NULL,
  -- For computed and model attributes: which version, when.
  model VARCHAR, model_version BIGINT, computed_at TIMESTAMPTZ,
  label_en VARCHAR, label_fr VARCHAR
);

-- Every value an attribute has had. A row is written when the value changes, not when it is said
-- again; `value` is the value as text (ISO dates, instants in UTC, JSON for lists and objects),
-- null when it was withdrawn. Scores of models are replaced as a whole and have no history here.
CREATE TABLE attribute_history (
  customer_id BIGINT NOT NULL, attribute_id VARCHAR NOT NULL,
  valid_from TIMESTAMPTZ NOT NULL, value VARCHAR,
  source VARCHAR NOT NULL, row_id BIGINT NOT NULL, import_id BIGINT, source_line BIGINT
);

-- Current values: one row per customer, a typed column per attribute of the catalogue, added by
-- ALTER TABLE when the attribute is defined. Lists are VARCHAR[], objects JSON.
CREATE TABLE customer_attribute (customer_id BIGINT NOT NULL);

-- Whoever has new, changed or removed rows since memberships were last brought to an instant.
CREATE SEQUENCE change_ids;
CREATE TABLE touched_customer (
  change_id BIGINT NOT NULL DEFAULT nextval('change_ids'), customer_id BIGINT NOT NULL
);

CREATE SEQUENCE row_ids;

-- Purchases and returns. `kind` is purchase, return (`amount` is negative), zero, or cancelled: an
-- order that its source marks as returned or cancelled as a whole, which was never revenue. An
-- order with returned lines beside bought ones is two rows, the return's key being `KEY/return`.
CREATE TABLE orders (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  kind VARCHAR NOT NULL, amount DECIMAL(18, 4) NOT NULL, discount DECIMAL(18, 4),
  channel VARCHAR, store VARCHAR, payment_method VARCHAR, promotion VARCHAR, status VARCHAR,
  device VARCHAR, items BIGINT
);

-- Lines of purchases (quantity and amount positive) and of returns (negative), of the same kinds.
CREATE TABLE order_lines (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  order_key VARCHAR NOT NULL, kind VARCHAR NOT NULL,
  product VARCHAR, category VARCHAR, brand VARCHAR, quantity DECIMAL(18, 4),
  amount DECIMAL(18, 4) NOT NULL, discount DECIMAL(18, 4), channel VARCHAR
);

CREATE TABLE products (
  product VARCHAR NOT NULL, name VARCHAR, category VARCHAR, brand VARCHAR,
  price DECIMAL(18, 4), cost DECIMAL(18, 4), source VARCHAR NOT NULL, import_id BIGINT
);

-- What customers do besides buying: visits, searches, carts, e-mails opened… `key` is the message
-- id; `properties` holds what has no column of its own, as JSON.
CREATE TABLE events (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  name VARCHAR NOT NULL, page VARCHAR, product VARCHAR, category VARCHAR, channel VARCHAR,
  device VARCHAR, os VARCHAR, browser VARCHAR, campaign VARCHAR, amount DECIMAL(18, 4),
  duration_seconds DECIMAL(18, 4), properties VARCHAR
);

-- What became of campaigns: sent, opened, clicked, redeemed, unsubscribed.
CREATE TABLE campaign_contacts (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  action VARCHAR NOT NULL, campaign VARCHAR, channel VARCHAR, cost DECIMAL(18, 4)
);

CREATE TABLE survey_answers (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  survey VARCHAR, question VARCHAR NOT NULL, answer VARCHAR, score DECIMAL(18, 4)
);

CREATE TABLE tickets (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  subject VARCHAR, category VARCHAR, channel VARCHAR, status VARCHAR, priority VARCHAR,
  closed_at TIMESTAMPTZ, satisfaction DECIMAL(18, 4)
);

CREATE TABLE reviews (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  product VARCHAR, rating DECIMAL(18, 4), comment VARCHAR
);

CREATE TABLE referrals (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  referred VARCHAR, status VARCHAR
);

-- `happened_at` is the start; `ended_at` is null while it runs.
CREATE TABLE subscriptions (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  plan VARCHAR, monthly_amount DECIMAL(18, 4), status VARCHAR, ended_at TIMESTAMPTZ
);

CREATE TABLE opportunities (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  name VARCHAR, stage VARCHAR, amount DECIMAL(18, 4), owner VARCHAR, closed_at TIMESTAMPTZ,
  won BOOLEAN
);

-- Moves, weddings, births, career changes, new businesses; `happened_at` may lie in the future.
CREATE TABLE life_events (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  kind VARCHAR NOT NULL, detail VARCHAR
);

CREATE TABLE costs (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  kind VARCHAR NOT NULL, amount DECIMAL(18, 4) NOT NULL
);

CREATE TABLE consents (
  customer_id BIGINT, happened_at TIMESTAMPTZ NOT NULL, local_at TIMESTAMP NOT NULL,
  source VARCHAR NOT NULL, key VARCHAR NOT NULL, row_id BIGINT NOT NULL,
  import_id BIGINT, source_line BIGINT,
  purpose VARCHAR NOT NULL, channel VARCHAR, granted BOOLEAN NOT NULL, legal_basis VARCHAR,
  proof VARCHAR, expires_at TIMESTAMPTZ
);

-- Everything that reads customers to profile them goes through this view.
CREATE VIEW profiled_customer AS SELECT customer_id, public_id, kind, first_seen FROM customer;
