-- planner:owner billing
-- AlterTable
ALTER TABLE "invoices" ADD COLUMN     "note" TEXT;
