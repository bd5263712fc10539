UPDATE users SET email = 'unknown-' || id || '@example.org' WHERE email IS NULL;
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
