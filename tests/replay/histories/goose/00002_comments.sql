-- +goose Up
CREATE TABLE comments (id serial PRIMARY KEY, post_id int NOT NULL REFERENCES posts (id), body text);
ALTER SEQUENCE comments_id_seq AS bigint;
ALTER TABLE comments ALTER COLUMN id TYPE bigint;
-- +goose Down
DROP TABLE comments;
