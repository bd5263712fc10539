-- migrate:up transaction:false
CREATE TYPE level AS ENUM ('low');
ALTER TYPE level ADD VALUE 'high';
ALTER TABLE devices ADD COLUMN level level DEFAULT 'high';

-- migrate:down transaction:false
ALTER TABLE devices DROP COLUMN level;
