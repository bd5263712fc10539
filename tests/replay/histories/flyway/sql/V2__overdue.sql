-- A label and its first use cannot share a transaction before version 12; here it only is added.
ALTER TYPE billing.state ADD VALUE IF NOT EXISTS 'overdue' AFTER 'open';
DROP TABLE IF EXISTS billing.reminder;
