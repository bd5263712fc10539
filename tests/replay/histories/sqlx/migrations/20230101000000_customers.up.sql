CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE customers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email citext NOT NULL UNIQUE, name text);
