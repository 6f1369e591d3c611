-- Rights of people who are several records: what was said under any of them holds for the profile.

-- Every number under which something of a profile lies: its own, its records' and theirs for
-- attributes.
CREATE VIEW profile_number AS
SELECT customer_id AS number, customer_id FROM customer
UNION SELECT record, customer_id FROM profile_record
UNION SELECT record_id, customer_id FROM profile_record;

-- Every public id that answers with a profile.
CREATE VIEW profile_subject AS
SELECT public_id AS subject, customer_id FROM customer
UNION ALL SELECT public_id, survivor_id FROM customer_alias;

CREATE VIEW profile_decision AS
SELECT coalesce(p.customer_id, d.customer_id) AS customer_id, d.kind, d.decided_at, d.ended_at
FROM privacy_decision AS d LEFT JOIN profile_record AS p ON p.record = d.customer_id;

CREATE OR REPLACE VIEW profiled_customer AS
SELECT customer_id, public_id, kind, first_seen FROM customer
WHERE NOT EXISTS (
  SELECT 1 FROM profile_decision AS d
  WHERE d.customer_id = customer.customer_id AND d.ended_at IS NULL
    AND d.kind IN ('restriction', 'profiling'));
