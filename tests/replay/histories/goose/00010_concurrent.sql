-- +goose NO TRANSACTION
-- +goose Up
CREATE UNIQUE INDEX CONCURRENTLY comments_once ON comments (post_id, md5(body));

-- +goose Down
DROP INDEX CONCURRENTLY comments_once;
