CREATE OR REPLACE VIEW orders_of_today AS SELECT id, customer_id, total FROM orders WHERE placed_at >= current_date;
