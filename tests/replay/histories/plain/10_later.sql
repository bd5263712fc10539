ALTER TABLE app.visits ADD CONSTRAINT visits_place FOREIGN KEY (id) REFERENCES app.places (id) NOT VALID;
ALTER TABLE app.visits VALIDATE CONSTRAINT visits_place;
ALTER VIEW app.names SET SCHEMA public;
DROP TABLE IF EXISTS copies;
