CREATE INDEX CONCURRENTLY posts_by_user ON posts (user_id);
