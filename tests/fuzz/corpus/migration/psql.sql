\set ON_ERROR_STOP on
SET client_encoding = 'UTF8';
COPY t (a, b) FROM stdin;
1	\N
\.
SELECT pg_catalog.setval('s', 1, false);
