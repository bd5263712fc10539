#pragma once

#include <string>
#include <vector>

#include "planner/schema.h"

namespace planner::test {

/// What replay and the server disagree about, one sentence each: every object, the order of columns, and what
/// views read. Nothing is waved through but what replay itself marks as uncertain.
std::vector<std::string> disagreements(const Schema& replayed, const Schema& live);

/// A database as it was made, without closing the session: for the next case.
inline constexpr const char* kCleanDatabase = R"sql(
  SET client_min_messages = error; RESET ALL; DISCARD TEMP;
  DO $$ DECLARE s text; BEGIN
    FOR s IN SELECT evtname FROM pg_event_trigger LOOP EXECUTE format('DROP EVENT TRIGGER %I', s); END LOOP;
    FOR s IN SELECT pubname FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', s); END LOOP;
    FOR s IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
      EXECUTE format('DROP EXTENSION IF EXISTS %I CASCADE', s); END LOOP;
    FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
      EXECUTE format('DROP SCHEMA %I CASCADE', s); END LOOP; END $$;
  CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'standard public schema'; SET client_min_messages = error)sql";

}  // namespace planner::test
