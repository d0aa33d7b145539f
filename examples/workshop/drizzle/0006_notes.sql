ALTER TABLE "tools" ADD COLUMN "notes" text;
