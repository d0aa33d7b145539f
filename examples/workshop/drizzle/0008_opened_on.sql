ALTER TABLE "tools" ADD COLUMN "opened_on" date;
