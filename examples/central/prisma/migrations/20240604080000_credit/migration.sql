-- planner:owner billing
-- CreateTable
CREATE TABLE "payment_credits" (
    "id" BIGSERIAL NOT NULL,
    "user_id" BIGINT NOT NULL,

    CONSTRAINT "payment_credits_pkey" PRIMARY KEY ("id")
);

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "credit" DECIMAL(12,2);
