CREATE INDEX CONCURRENTLY IF NOT EXISTS invoice_created ON billing.invoice (created_at DESC);
