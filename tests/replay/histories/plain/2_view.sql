CREATE VIEW app.names AS SELECT "Name" FROM app.places;
ALTER TABLE app.places RENAME COLUMN "Name" TO label;
CREATE TABLE copies AS SELECT id, label FROM app.places WITH NO DATA;
