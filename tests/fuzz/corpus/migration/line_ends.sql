ALTER TABLE t
  ADD COLUMN âaâ int;

-- ð
DROP TABLE "ð";