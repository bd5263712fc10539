ALTER TABLE billing.invoice ADD COLUMN paid_at timestamptz, ALTER COLUMN amount SET NOT NULL;
CREATE FUNCTION billing.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = 'paid' THEN NEW.paid_at := now(); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE OF state ON billing.invoice FOR EACH ROW EXECUTE FUNCTION billing.touch();
