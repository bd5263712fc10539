-- +goose Up
CREATE TABLE posts (id serial PRIMARY KEY, title text NOT NULL, tags text[] DEFAULT '{}');
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION shout(words text) RETURNS text AS $$
BEGIN
  RETURN upper(words) || '!';
END;
$$ LANGUAGE plpgsql IMMUTABLE;
-- +goose StatementEnd
CREATE INDEX posts_loud ON posts (shout(title));

-- +goose Down
DROP TABLE posts;
DROP FUNCTION shout(text);
