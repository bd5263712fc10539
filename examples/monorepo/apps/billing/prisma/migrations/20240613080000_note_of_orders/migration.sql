-- AlterTable
ALTER TABLE "invoices" ADD COLUMN     "currency" TEXT NOT NULL DEFAULT 'EUR';

-- The orders are somebody else's table.
ALTER TABLE "orders" ADD COLUMN     "note" TEXT;
