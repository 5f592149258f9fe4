-- Run once, by the superuser, when the cluster is made: the shop's role, its database, and the extension that it needs there.
CREATE ROLE layerstore LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
CREATE DATABASE layerstore OWNER layerstore;
\connect layerstore
CREATE EXTENSION pg_trgm;
