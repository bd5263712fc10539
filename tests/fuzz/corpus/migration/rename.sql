CREATE TABLE "Student" ("id" SERIAL NOT NULL, "name" TEXT NOT NULL, CONSTRAINT "Student_pkey" PRIMARY KEY ("id"));
CREATE VIEW v AS SELECT s.name AS n FROM "Student" s;
CREATE UNIQUE INDEX i ON "Student" (lower("name")) WHERE "name" <> '';
--- migration
/*
  Warnings:
*/
-- AlterTable
ALTER TABLE "Student" DROP COLUMN "name",
ADD COLUMN     "fullName" TEXT NOT NULL;
