CREATE SCHEMA app;
SET search_path TO app, public;
CREATE TABLE places (id int PRIMARY KEY, at point, "Name" text);
CREATE TABLE visits (LIKE places INCLUDING ALL, visited date) ;
