--- migration
GRANT ALL ON t TO PUBLIC;
