-- CreateEnum
CREATE TYPE "order_status" AS ENUM ('open', 'paid', 'shipped');

-- CreateTable
CREATE TABLE "orders" (
    "id" UUID NOT NULL,
    "customer" UUID NOT NULL,
    "status" "order_status" NOT NULL DEFAULT 'open',
    "total" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
