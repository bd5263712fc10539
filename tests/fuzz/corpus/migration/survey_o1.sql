--- migration
CREATE TABLE fresh (a int);
CREATE TABLE fresh (id int PRIMARY KEY);
CREATE TABLE fresh (id bigserial PRIMARY KEY);
CREATE TABLE fresh (id bigint PRIMARY KEY, n varchar(10));
CREATE TABLE fresh (id bigint PRIMARY KEY, at timestamp);
CREATE TABLE fresh (id bigint PRIMARY KEY, at timestamptz(0));
CREATE TABLE fresh (id bigint PRIMARY KEY, code char(3));
CREATE TABLE fresh (id bigint PRIMARY KEY, m money);
CREATE TABLE fresh (id bigint PRIMARY KEY, m real);
