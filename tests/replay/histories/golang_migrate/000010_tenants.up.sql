DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'plan') THEN
    CREATE TYPE plan AS ENUM ('free', 'paid');
  END IF;
  ALTER TABLE accounts ADD COLUMN plan plan NOT NULL DEFAULT 'free';
END $$;
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON accounts USING (owner = current_user);
