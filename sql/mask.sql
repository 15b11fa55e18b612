-- Masks, generalisations, and how well rows hide among each other.
SET timezone = 'Asia/Tokyo';
SET datestyle = 'ISO';
SET search_path = public, customer_data;
\pset null '(null)'
CREATE TABLE customer (name text, email text, phone text, card text, zip text, born date, sex text, illness text);
INSERT INTO customer VALUES
    ('Anna Meier', 'anna.meier@example.com', '+49 171 2345678', '4111 1111 1111 1111', '10115', '1984-05-17', 'f', 'flu'),
    ('Фёдор Достоевский', 'фёдор@почта.рф', '+7 495 123-45-67', '5500-0000-0000-0004', '10119', '1981-11-11', 'm', 'flu'),
    ('王小明', 'xm.wang@example.cn', '+86 138 0013 8000', '6212345678901234567', '10117', '1988-01-01', 'f', 'gout'),
    ('홍 길동', 'hong gildong', '010-1234-5678', '1234-5678', '80331', '1990-02-28', 'm', 'gout'),
    ('Zoë', 'z@example.org', '112', 'on request', '80333', '1995-12-31', 'm', 'flu'),
    ('', '', '', '', '80339', '1999-12-31', 'm', 'asthma'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- What is left to recognise a value by.
SELECT mask_name(name) AS name, mask_email(email) AS email, mask_phone(phone) AS phone, mask_card(card) AS card FROM customer;
SELECT mask_text('DE89370400440532013000', 4, 2) AS iban, mask_text('Достоевский', 1, 1, '•') AS cyrillic, mask_text('王小明', 1, 0) AS chinese;
-- A letter with its marks, a syllable, a flag and a family are one character.
SELECT mask_text(E'e\u0301te\u0301', 1, 0) AS combining, mask_text('한국어', 1, 0) AS syllables, mask_text(E'\u1112\u1161\u11ab\u1100\u116e', 1, 0) AS jamo,
       mask_text('नमस्ते', 1, 0) AS devanagari, mask_text('🇩🇪🇫🇷x', 1, 0) AS flags, mask_text('👨‍👩‍👧👍🏽!', 1, 0) AS family;
-- A short value is not shown whole, and what is no e-mail address, phone or card number not at all.
SELECT mask_text('abcd', 2, 2), mask_text('a', 1, 0), mask_text('', 1, 0) AS empty, mask_email('my password is @home'), mask_email('a@example.com'),
       mask_phone('+290 22158'), mask_phone('ask Anna'), mask_card('12345678901'), mask_card('4111 1111 1111 1111 cvc 123');

-- Coarser values, to group by. The day of a time is the one in UTC.
SELECT period, generalize_date(date '1984-05-17', period), generalize_date(timestamptz '1984-05-01 08:59+09', period) AS utc
FROM unnest('{day,week,month,quarter,year,decade}'::text[]) period;
SELECT generalize_number(37, 10), generalize_number(-1, 10), generalize_number(0.3::float8, 0.1::float8) AS tenth, generalize_number(19.99, 0.25) AS of_numeric,
       generalize_number(12345678901234567890.5, 1000) AS large;
SELECT generalize_ip('192.0.2.77'), generalize_ip('192.0.2.77', 16), generalize_ip('2001:db8:1:2::77'), generalize_ip('10.0.0.0/8') AS network,
       generalize_ip('2002:c000:24d::1') AS an_ipv4_address_in_it;
SELECT generalize_postcode('10115', 3), generalize_postcode('SW1A 1AA', 4), generalize_postcode('10', 3), generalize_postcode('10115', 0);

-- How many are like you, and what does that tell? Each row alone, then by coarser columns.
SELECT (summary(anonymity_agg(illness, zip, born::text, sex))).* FROM customer WHERE zip IS NOT NULL;
CREATE TABLE risk AS
SELECT sex, anonymity_agg(illness, generalize_postcode(zip, 2), sex) AS a FROM customer WHERE zip IS NOT NULL GROUP BY sex;
SELECT k_anonymity(rollup(a)), l_diversity(rollup(a)), round(l_diversity(rollup(a), 'entropy')::numeric, 4) AS entropy,
       round(t_closeness(rollup(a))::numeric, 4) AS t, round(uniqueness(rollup(a))::numeric, 4) AS unique_share FROM risk;
SELECT quasi_identifiers, rows, sensitive_values, round(l_entropy::numeric, 4) AS l_entropy, round(t::numeric, 4) AS t
FROM (SELECT rollup(a) AS a FROM risk) r, anonymity_groups(a);
SELECT quasi_identifiers, rows FROM (SELECT rollup(a) AS a FROM risk) r, anonymity_groups(a, groups => 1);
SELECT count(*) FROM (SELECT rollup(a) AS a FROM risk) r, anonymity_groups(a, at_most => 2);
SELECT a::text::anonymity_summary::text = a::text AS exact, pg_column_size(a) AS bytes FROM risk ORDER BY sex;
SELECT (SELECT rollup(a)::text FROM risk) = anonymity_agg(illness, generalize_postcode(zip, 2), sex)::text AS equal FROM customer WHERE zip IS NOT NULL;
-- The salaries of Li, Li and Venkatasubramanian 2007: 1/6 with the distance of numbers.
SELECT round(t_closeness(anonymity_agg(salary::text, zip), 'number')::numeric, 3) AS t
FROM (VALUES (3, '4767*'), (5, '4767*'), (9, '4767*'), (6, '4790*'), (11, '4790*'), (8, '4790*'), (4, '4760*'), (7, '4760*'), (10, '4760*')) v (salary, zip);
-- NULL is a value of its own, and a column may be called anything.
SELECT quasi_identifiers, rows FROM (SELECT anonymity_agg(illness, sex, zip) AS a FROM customer) q, anonymity_groups(a, 2);
CREATE TABLE odd ("a,b); drop table x --" text, "select" text);
INSERT INTO odd VALUES ('x', 'y'), ('a,b); drop table x --', 'y'), ('x', NULL);
SELECT quasi_identifiers, rows FROM (SELECT anonymity_agg("select", "a,b); drop table x --") AS a FROM odd) q, anonymity_groups(a);
-- No rows.
SELECT s.*, k_anonymity(a), l_diversity(a), t_closeness(a), uniqueness(a) AS unique_share FROM (SELECT anonymity_agg(illness, zip) AS a FROM customer WHERE false) q, summary(a) s;
-- A summary is handed on as it is: only from the scalar subquery is it flattened.
SET client_min_messages = debug1;
SELECT k_anonymity(anonymity_agg(illness, sex)), l_diversity(anonymity_agg(illness, sex)) FROM customer;
SELECT count(*) FROM (SELECT anonymity_agg(illness, sex) AS a FROM customer) q, anonymity_groups(a);
SELECT k_anonymity((SELECT anonymity_agg(illness, sex) FROM customer));
RESET client_min_messages;

-- Bad input.
SELECT mask_text('abcd', -1, 0);
SELECT mask_text('abcd', 0, -2);
SELECT mask_text('abcd', 1, 0, '');
SELECT mask_text('abcd', 1, 0, '###');
SELECT generalize_date(date '2020-01-01', 'century');
SELECT generalize_date('infinity'::date, 'year');
SELECT generalize_date('-infinity'::timestamptz, 'year');
SELECT generalize_date(date '4713-01-01 BC', 'decade');
SELECT generalize_number('NaN'::float8, 10);
SELECT generalize_number('-Infinity'::numeric, 10);
SELECT generalize_number(1::float8, 'Infinity');
SELECT generalize_number(1, 'NaN'::numeric);
SELECT generalize_number(1, 0);
SELECT generalize_number(1.5, -0.5);
SELECT generalize_ip('192.0.2.77', 33);
SELECT generalize_ip('192.0.2.77', 24, -1);
SELECT generalize_postcode('10115', -1);
SELECT anonymity_agg(illness) FROM customer;
SELECT anonymity_agg(illness, VARIADIC '{}') FROM customer;
SELECT anonymity_agg(illness, VARIADIC NULL::text[]) FROM customer;
SELECT anonymity_agg(illness, VARIADIC '{{a,b},{c,d}}') FROM customer;
SELECT anonymity_agg(illness, VARIADIC CASE sex WHEN 'f' THEN ARRAY[zip] ELSE ARRAY[zip, sex] END) FROM customer WHERE zip < '2';
SELECT rollup(a) FROM (SELECT anonymity_agg(illness, zip) AS a FROM customer UNION ALL SELECT anonymity_agg(illness, zip, sex) FROM customer) q;
SELECT l_diversity(anonymity_agg(illness, zip), 'recursive') FROM customer;
SELECT t_closeness(anonymity_agg(illness, zip), 'ordered') FROM customer;
SELECT t_closeness(anonymity_agg(illness, zip), 'number') FROM customer WHERE zip IS NOT NULL;
SELECT t_closeness(anonymity_agg(illness, zip), 'text') FROM customer;
SELECT anonymity_groups(anonymity_agg(illness, zip), -1) FROM customer;
SELECT 'AQE='::anonymity_summary;
SELECT 'Ag=='::anonymity_summary;
SELECT 'no base64!'::anonymity_summary;
SELECT encode('\x01010102ff0100010001', 'base64')::anonymity_summary; -- \xff is not UTF-8
SET customer_data.max_book_memory = '64kB';
SELECT anonymity_agg('flu', i::text) FROM generate_series(1, 100000) i;
RESET customer_data.max_book_memory;
DROP TABLE customer, risk, odd;
