--- migration
DROP INDEX t_indexed_idx; CREATE INDEX t_indexed_2 ON t (indexed);
DO $$ BEGIN CREATE INDEX CONCURRENTLY ix ON t (a); END $$;
CREATE INDEX ix ON mv (id);
CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a);
