CREATE TABLE ad (a address);
--- migration
ALTER DOMAIN positive SET NOT NULL;
ALTER TYPE address ADD ATTRIBUTE zip text;
ALTER DOMAIN positive DROP CONSTRAINT positive_check;
ALTER TYPE address ADD ATTRIBUTE zip text;
