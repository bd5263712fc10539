-- Alone, because it cannot run inside a transaction block.
CREATE INDEX CONCURRENTLY "User_fullName_idx" ON public."User"("fullName");
