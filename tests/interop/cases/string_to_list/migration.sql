-- AlterTable
ALTER TABLE "User" DROP COLUMN "tag",
ADD COLUMN     "tag" TEXT[];
