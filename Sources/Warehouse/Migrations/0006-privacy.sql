-- Rights and proofs. Audit log, ledger and certificates know a person only by the random public id;
-- what ties a proof to its content is a salted commitment, and the salt goes with the person.

-- Names the key of this workspace, which lies elsewhere.
CREATE TABLE workspace_identity (workspace_id UUID NOT NULL);
INSERT INTO workspace_identity VALUES (uuid());

-- Every consent and refusal ever recorded, only added to. Purposes and channels are in Quartier's
-- words (direct_marketing, email…); others stay as their source has them.
CREATE SEQUENCE consent_ids;
CREATE TABLE consent_ledger (
  entry_id BIGINT NOT NULL, recorded_at TIMESTAMPTZ NOT NULL,
  subject UUID NOT NULL,
  purpose VARCHAR NOT NULL, channel VARCHAR, granted BOOLEAN NOT NULL, legal_basis VARCHAR,
  given_at TIMESTAMPTZ NOT NULL, expires_at TIMESTAMPTZ,
  source VARCHAR NOT NULL,
  -- SHA-256 of salt and proof; null without a proof.
  proof_commitment VARCHAR
);
CREATE TABLE consent_proof (
  entry_id BIGINT NOT NULL, customer_id BIGINT NOT NULL, salt VARCHAR NOT NULL, proof VARCHAR NOT NULL
);
-- The last row of `consents` that the ledger has.
CREATE TABLE consent_absorbed (row_id BIGINT NOT NULL);
INSERT INTO consent_absorbed VALUES (0);

-- restriction, profiling (objects to it), marketing (objects to it); `ended_at` is null while it holds.
CREATE TABLE privacy_decision (
  customer_id BIGINT NOT NULL, kind VARCHAR NOT NULL,
  decided_at TIMESTAMPTZ NOT NULL, ended_at TIMESTAMPTZ
);

-- What was wrong and what is right; a source that says the wrong value again is put right again.
CREATE TABLE rectification (
  customer_id BIGINT NOT NULL, attribute_id VARCHAR NOT NULL, rectified_at TIMESTAMPTZ NOT NULL,
  wrong_value VARCHAR, stated_value VARCHAR
);

-- Hidden at once; gone once the store has been rewritten.
CREATE SEQUENCE erasure_ids;
CREATE TABLE erasure (
  erasure_id BIGINT NOT NULL, subject UUID NOT NULL,
  -- request or retention.
  ground VARCHAR NOT NULL,
  hidden_at TIMESTAMPTZ NOT NULL, due_at TIMESTAMPTZ NOT NULL, gone_at TIMESTAMPTZ,
  -- JSON: rows removed by table.
  removed VARCHAR NOT NULL,
  -- JSON: files that Quartier does not keep and that may have the person still.
  outside VARCHAR NOT NULL
);
-- Keyed commitments of what named the erased: an import leaves them out.
CREATE TABLE erased_identifier (commitment VARCHAR NOT NULL, erasure_id BIGINT NOT NULL);

-- Who saw whom and who did what; each entry's hash covers the one before.
CREATE TABLE audit_log (
  entry_id BIGINT NOT NULL, happened_at TIMESTAMPTZ NOT NULL,
  actor VARCHAR NOT NULL, action VARCHAR NOT NULL, subject UUID, detail VARCHAR NOT NULL,
  hash VARCHAR NOT NULL
);

-- Copies of this store made by Quartier elsewhere.
CREATE TABLE store_copy (made_at TIMESTAMPTZ NOT NULL, path VARCHAR NOT NULL);

-- Whoever restricts the use of her data or objects to profiling is profiled no more.
CREATE OR REPLACE VIEW profiled_customer AS
SELECT customer_id, public_id, kind, first_seen FROM customer
WHERE NOT EXISTS (
  SELECT 1 FROM privacy_decision AS d
  WHERE d.customer_id = customer.customer_id AND d.ended_at IS NULL
    AND d.kind IN ('restriction', 'profiling'));
