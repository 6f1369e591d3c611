-- From an order file to a segmented customer base, by hand: DuckDB alone.
--
-- `source` is the file (a view over read_parquet or read_csv, made by peer_duckdb.py). Writes
-- customers.parquet, customers.csv, lists/SEGMENT.csv and figures.json into the current folder.
-- One line is one order; a negative amount is a return, 0 is set aside; the period is one year.


CREATE TABLE orders AS
SELECT customer_id AS customer, CAST(order_date AS DATE) AS day,
  CAST(amount AS DECIMAL(18, 2)) AS amount, channel, category
FROM source;

SET VARIABLE as_of = (SELECT max(day) FROM orders WHERE amount > 0);
SET VARIABLE year_ago = (SELECT CAST(getvariable('as_of') - INTERVAL 12 MONTH AS DATE));
SET VARIABLE two_years_ago = (SELECT CAST(getvariable('as_of') - INTERVAL 24 MONTH AS DATE));
CREATE MACRO as_of() AS getvariable('as_of');
CREATE MACRO year_ago() AS getvariable('year_ago');
CREATE MACRO two_years_ago() AS getvariable('two_years_ago');

------------------------------------------------------------------------------- customers

CREATE TABLE history AS
SELECT customer,
  min(day) FILTER (amount > 0) AS first_purchase,
  max(day) FILTER (amount > 0) AS last_purchase,
  count(*) FILTER (amount > 0) AS orders,
  coalesce(sum(amount) FILTER (amount > 0), 0) AS gross_revenue,
  coalesce(-sum(amount) FILTER (amount < 0), 0) AS returned_amount,
  count(*) FILTER (amount < 0) AS return_orders,
  count(*) FILTER (amount = 0) AS zero_orders,
  count(*) FILTER (amount > 0 AND day > year_ago()) AS orders_this_year,
  count(*) FILTER (amount > 0 AND day > two_years_ago() AND day <= year_ago()) AS orders_last_year,
  coalesce(sum(amount) FILTER (day > year_ago()), 0) AS revenue_this_year,
  coalesce(sum(amount) FILTER (day > two_years_ago() AND day <= year_ago()), 0)
    AS revenue_last_year,
  max(day) FILTER (amount > 0 AND day <= year_ago()) AS earlier_last_purchase,
  count(*) FILTER (amount > 0 AND day <= year_ago()) AS earlier_orders,
  coalesce(sum(amount) FILTER (day <= year_ago()), 0) AS earlier_revenue,
  list_sort(list(DISTINCT day) FILTER (amount > 0)) AS purchase_days
FROM orders
WHERE customer IS NOT NULL AND day <= as_of()
GROUP BY customer;

CREATE TABLE favourite_categories AS
SELECT customer, arg_min(category, (-spent, category)) AS favourite_category
FROM (
  SELECT customer, category, sum(amount) AS spent FROM orders
  WHERE customer IS NOT NULL AND category IS NOT NULL AND amount > 0 AND day <= as_of()
  GROUP BY customer, category)
GROUP BY customer;

CREATE TABLE favourite_channels AS
SELECT customer, arg_min(channel, (-orders, channel)) AS favourite_channel
FROM (
  SELECT customer, channel, count(*) AS orders FROM orders
  WHERE customer IS NOT NULL AND channel IS NOT NULL AND amount > 0 AND day <= as_of()
  GROUP BY customer, channel)
GROUP BY customer;

-- To the ten-thousandth, halves up: exact, as a division of doubles is not.
CREATE MACRO average(amount, n) AS
  CASE WHEN n > 0 THEN (CAST(amount * 20000 AS BIGINT) + CAST(n AS BIGINT)) // CAST(2 * n AS BIGINT)
    * CAST(0.0001 AS DECIMAL(4, 4)) END;
CREATE MACRO cuts_below(x, cuts) AS
  CAST(x > cuts[1] AS INT) + CAST(x > cuts[2] AS INT) + CAST(x > cuts[3] AS INT)
    + CAST(x > cuts[4] AS INT);
CREATE MACRO fm(f, m) AS (f + m + 1) // 2;
CREATE MACRO segment(r, f, m) AS CASE
  WHEN r >= 4 AND f <= 2 AND m >= 3 THEN 'new_high_potential'
  WHEN r >= 4 AND fm(f, m) >= 4 OR r = 3 AND fm(f, m) = 5 THEN 'loyal_high_value'
  WHEN r <= 3 AND fm(f, m) >= 4 OR r <= 2 AND fm(f, m) = 3 THEN 'at_risk'
  WHEN r <= 2 AND fm(f, m) <= 2 THEN 'inactive'
  WHEN r >= 3 THEN 'occasional' END;
CREATE MACRO rfm_group(r, f, m) AS CASE
  WHEN r = 5 AND fm(f, m) >= 4 OR r = 4 AND fm(f, m) = 5 THEN 'champions'
  WHEN r >= 3 AND fm(f, m) >= 4 THEN 'loyal'
  WHEN r >= 4 AND fm(f, m) >= 2 THEN 'potential_loyalists'
  WHEN r = 5 THEN 'new'
  WHEN r = 4 THEN 'promising'
  WHEN r = 3 AND fm(f, m) = 3 THEN 'need_attention'
  WHEN r = 3 THEN 'about_to_sleep'
  WHEN fm(f, m) = 5 THEN 'cannot_lose'
  WHEN fm(f, m) >= 3 THEN 'at_risk'
  WHEN r = 2 THEN 'hibernating'
  WHEN r = 1 THEN 'lost' END;

CREATE TABLE cuts AS
SELECT quantile_cont(CAST(as_of() - last_purchase AS DOUBLE), [.2, .4, .6, .8]) AS days,
  quantile_cont(CAST(orders AS DOUBLE), [.2, .4, .6, .8]) AS orders,
  quantile_cont(CAST(gross_revenue - returned_amount AS DOUBLE), [.2, .4, .6, .8]) AS revenue
FROM history WHERE orders > 0;

CREATE TABLE earlier_cuts AS
SELECT quantile_cont(CAST(year_ago() - earlier_last_purchase AS DOUBLE), [.2, .4, .6, .8]) AS days,
  quantile_cont(CAST(earlier_orders AS DOUBLE), [.2, .4, .6, .8]) AS orders,
  quantile_cont(CAST(earlier_revenue AS DOUBLE), [.2, .4, .6, .8]) AS revenue
FROM history WHERE earlier_orders > 0;

CREATE TABLE customers AS
WITH described AS (
  SELECT *, as_of() - last_purchase AS days_since_last_purchase,
    len(purchase_days) AS occasions,
    list_median(list_transform(purchase_days[2:], lambda d, i: d - purchase_days[i])) AS rhythm,
    purchase_days[-1] - purchase_days[-2] AS last_gap,
    gross_revenue - returned_amount AS revenue
  FROM history
  LEFT JOIN favourite_categories USING (customer)
  LEFT JOIN favourite_channels USING (customer)
),
scored AS (
  SELECT described.*,
    CASE WHEN described.orders > 0
      THEN 5 - cuts_below(days_since_last_purchase, cuts.days) END AS r_score,
    CASE WHEN described.orders > 0 THEN 1 + cuts_below(described.orders, cuts.orders) END
      AS f_score,
    CASE WHEN described.orders > 0 THEN 1 + cuts_below(described.revenue, cuts.revenue) END
      AS m_score,
    CASE
      WHEN described.orders = 0 THEN NULL
      WHEN as_of() - first_purchase < 30 THEN 'new'
      WHEN last_purchase <= as_of() - INTERVAL 12 MONTH THEN 'lost'
      WHEN last_purchase <= as_of() - INTERVAL 6 MONTH THEN 'dormant'
      WHEN last_gap >= 183 AND days_since_last_purchase < 90 THEN 'reactivated'
      WHEN occasions >= 3 AND days_since_last_purchase >= 30
        AND days_since_last_purchase > 2 * rhythm THEN 'slipping_rhythm'
      WHEN occasions < 3 AND days_since_last_purchase >= 90 THEN 'slipping_days'
      WHEN orders_this_year >= 4 THEN 'loyal'
      ELSE 'active' END AS lifecycle_rule
  FROM described CROSS JOIN cuts
)
SELECT customer, first_purchase, last_purchase, days_since_last_purchase, orders,
  coalesce(occasions, 0) AS purchase_occasions, gross_revenue, returned_amount, revenue,
  average(gross_revenue, orders) AS average_basket,
  rhythm AS median_days_between_purchases, as_of() - first_purchase AS tenure_days,
  CASE WHEN gross_revenue > 0 THEN returned_amount / gross_revenue END AS return_rate,
  CAST(NULL AS BIGINT) AS distinct_products, favourite_category, favourite_channel,
  r_score, f_score, m_score, round((r_score + f_score + m_score) / 3, 4) AS rfm_score,
  coalesce(segment(r_score, f_score, m_score), 'no_purchase') AS segment,
  coalesce(rfm_group(r_score, f_score, m_score), 'no_purchase') AS rfm_group,
  split_part(lifecycle_rule, '_', 1) AS lifecycle_stage, lifecycle_rule
FROM scored
ORDER BY customer;

CREATE TABLE earlier_segments AS
SELECT customer, segment(r, f, m) AS earlier_segment
FROM (
  SELECT customer, 5 - cuts_below(year_ago() - earlier_last_purchase, earlier_cuts.days) AS r,
    1 + cuts_below(earlier_orders, earlier_cuts.orders) AS f,
    1 + cuts_below(earlier_revenue, earlier_cuts.revenue) AS m
  FROM history CROSS JOIN earlier_cuts WHERE earlier_orders > 0);

---------------------------------------------------------------------------------- figures

CREATE TABLE totals AS
SELECT count(*) AS customers, count(*) FILTER (orders > 0) AS purchasers,
  CAST(sum(orders) AS BIGINT) AS orders, sum(gross_revenue) AS gross_revenue,
  sum(returned_amount) AS returned_amount, sum(gross_revenue) - sum(returned_amount) AS revenue,
  CAST(sum(zero_orders) AS BIGINT) AS zero_orders,
  count(*) FILTER (orders = 0 AND zero_orders > 0 AND return_orders = 0) AS zero_only_customers,
  CAST(sum(return_orders) AS BIGINT) AS return_orders,
  average(sum(gross_revenue), sum(orders)) AS average_basket,
  count(*) FILTER (orders >= 2) / count(*) FILTER (orders > 0) AS repeat_rate,
  count(*) FILTER (orders_last_year > 0 AND orders_this_year > 0)
    / count(*) FILTER (orders_last_year > 0) AS retention_rate,
  (SELECT median(median_days_between_purchases) FROM customers) AS median_days_between_purchases,
  guests.*
FROM history, (
  SELECT count(*) FILTER (customer IS NULL AND amount > 0) AS guest_orders,
    sum(amount) FILTER (customer IS NULL) AS guest_revenue,
    min(day) FILTER (amount > 0) AS first_order, max(day) FILTER (amount > 0) AS last_order
  FROM orders WHERE day <= as_of()) AS guests
GROUP BY ALL;

-- The same figures for both partitions and the life-cycle stages.
CREATE TABLE kpis AS
SELECT kind, id, count(*) AS customers, sum(c.revenue) AS revenue,
  sum(c.gross_revenue) AS gross_revenue,
  average(sum(c.gross_revenue), sum(c.orders)) AS average_basket,
  sum(c.orders) / count(*) AS orders_per_customer,
  median(c.days_since_last_purchase) AS median_days_since_last_purchase,
  CASE WHEN sum(c.orders) > 0 THEN count(*) FILTER (c.orders >= 2) / count(*) END AS repeat_rate,
  count(*) FILTER (h.orders_last_year > 0 AND h.orders_this_year > 0)
    / nullif(count(*) FILTER (h.orders_last_year > 0), 0) AS retention_rate,
  sum(c.returned_amount) / nullif(sum(c.gross_revenue), 0) AS return_rate,
  sum(h.revenue_this_year) AS revenue_this_period,
  sum(h.revenue_last_year) AS revenue_previous_period
FROM (
  UNPIVOT (
    SELECT customer, revenue, gross_revenue, returned_amount, orders, days_since_last_purchase,
      segment, rfm_group, lifecycle_stage
    FROM customers)
  ON segment, rfm_group, lifecycle_stage INTO NAME kind VALUE id) AS c
JOIN history AS h USING (customer)
GROUP BY kind, id;

-- Twelve months that end on the day as of which everything is told.
CREATE TABLE monthly_revenue AS
WITH calendar AS (
  SELECT day,
    (SELECT count(*) FROM range(1, 12) AS r(k) WHERE day > as_of() - to_months(CAST(k AS INT)))
      AS month
  FROM (SELECT CAST(unnest(range(year_ago() + 1, as_of() + 1, INTERVAL 1 DAY)) AS DATE) AS day)
),
sums AS (
  SELECT segment, month, sum(amount) AS revenue
  FROM orders JOIN calendar USING (day) JOIN customers USING (customer)
  GROUP BY segment, month
)
SELECT segment, list(coalesce(revenue, 0) ORDER BY month) AS monthly_revenue
FROM (SELECT DISTINCT segment FROM sums) CROSS JOIN range(12) AS r(month)
LEFT JOIN sums USING (segment, month)
GROUP BY segment;

CREATE TABLE grid AS
SELECT r_score AS recency_score, fm(f_score, m_score) AS value_score, count(*) AS customers,
  sum(revenue) AS revenue, any_value(rfm_group) AS "group"
FROM customers WHERE orders > 0 GROUP BY ALL;

CREATE TABLE flows AS
SELECT earlier_segment AS "from", segment AS "to", count(*) AS customers, sum(revenue) AS revenue
FROM customers LEFT JOIN earlier_segments USING (customer)
WHERE orders > 0 GROUP BY ALL;

CREATE TABLE cohorts AS
WITH active AS (
  SELECT cohort, step, count(*) AS customers
  FROM (
    SELECT CAST(date_trunc('month', first_purchase) AS DATE) AS cohort,
      unnest(list_distinct(list_transform(purchase_days,
        lambda d: datediff('month', first_purchase, d)))) AS step
    FROM history WHERE orders > 0)
  GROUP BY cohort, step
)
SELECT cohort AS start, list(coalesce(customers, 0) ORDER BY step) AS active
FROM (
  SELECT cohort, unnest(range(datediff('month', cohort, as_of()) + 1)) AS step
  FROM (SELECT DISTINCT cohort FROM active))
LEFT JOIN active USING (cohort, step)
GROUP BY cohort;

-- Best customers first; returns beyond purchases count as 0.
CREATE TABLE concentration AS
WITH cumulated AS (
  SELECT greatest(revenue, 0) AS revenue, row_number() OVER best AS place,
    count(*) OVER () AS n, sum(greatest(revenue, 0)) OVER (best ROWS UNBOUNDED PRECEDING) AS so_far
  FROM customers WHERE orders > 0 WINDOW best AS (ORDER BY revenue DESC)
),
overall AS (
  SELECT count(*) AS n, sum(revenue) AS total, sum((n - place + 1) * revenue) AS weighted,
    min(place) FILTER (so_far >= CAST(0.8 AS DECIMAL(2, 1)) * (SELECT max(so_far) FROM cumulated))
      AS place_of_80
  FROM cumulated
)
SELECT 2 * weighted / (n * total) - (n + 1) / n AS gini,
  place_of_80 / n AS customers_for_eighty_percent,
  list_prepend(0.0, (
    SELECT list(so_far / total ORDER BY percent)
    FROM range(1, 101) AS r(percent) JOIN cumulated
      ON place = (overall.n * percent + 99) // 100)) AS revenue_share_of_top
FROM overall;

---------------------------------------------------------------------------------- outputs

COPY customers
TO 'customers.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY customers TO 'customers.csv' (HEADER);

CREATE MACRO list_of(name) AS TABLE
SELECT customer, last_purchase, days_since_last_purchase, orders,
  CAST(revenue AS DECIMAL(38, 2)) AS revenue,
  CAST(average_basket AS DECIMAL(38, 2)) AS average_basket,
  CAST(median_days_between_purchases AS DECIMAL(18, 1)) AS median_days_between_purchases,
  CAST(round(return_rate, 4) AS DECIMAL(18, 4)) AS return_rate,
  favourite_category, favourite_channel, lifecycle_stage
FROM customers WHERE segment = name ORDER BY customers.revenue DESC, customer;
COPY (FROM list_of('loyal_high_value')) TO 'lists/loyal_high_value.csv' (HEADER);
COPY (FROM list_of('new_high_potential')) TO 'lists/new_high_potential.csv' (HEADER);
COPY (FROM list_of('occasional')) TO 'lists/occasional.csv' (HEADER);
COPY (FROM list_of('at_risk')) TO 'lists/at_risk.csv' (HEADER);
COPY (FROM list_of('inactive')) TO 'lists/inactive.csv' (HEADER);
COPY (FROM list_of('no_purchase')) TO 'lists/no_purchase.csv' (HEADER);

CREATE TABLE reports AS
SELECT kind, id, kpis.customers, kpis.customers / totals.customers AS customer_share,
  kpis.revenue,
  kpis.revenue / totals.revenue AS revenue_share, kpis.average_basket, orders_per_customer,
  median_days_since_last_purchase, kpis.repeat_rate, kpis.retention_rate, kpis.return_rate,
  revenue_this_period, revenue_previous_period,
  CASE WHEN revenue_previous_period > 0 THEN revenue_this_period / revenue_previous_period - 1 END
    AS revenue_trend
FROM kpis CROSS JOIN totals;

COPY (
  SELECT as_of() AS as_of,
    {thresholds: {
      days_since_last_purchase: cuts.days, orders: cuts.orders, monetary: cuts.revenue}} AS method,
    totals,
    (SELECT list(s) FROM (
      SELECT reports.* EXCLUDE (kind), monthly_revenue
      FROM reports LEFT JOIN monthly_revenue ON segment = id WHERE kind = 'segment') AS s)
      AS segments,
    (SELECT list(s) FROM (
      SELECT reports.* EXCLUDE (kind)
      FROM reports WHERE kind = 'rfm_group') AS s) AS other_segments,
    (SELECT list(s) FROM (
      SELECT id AS stage, customers, customer_share, revenue
      FROM reports WHERE kind = 'lifecycle_stage') AS s) AS lifecycle,
    (SELECT list(grid) FROM grid) AS grid,
    {"from": year_ago(), "to": as_of(), flows: (SELECT list(flows) FROM flows)} AS migration,
    {rows: (SELECT list(s) FROM (
      SELECT start, active[1] AS customers, active FROM cohorts) AS s)} AS cohorts,
    concentration
  FROM totals, cuts, concentration
) TO 'figures.json' (FORMAT json);
