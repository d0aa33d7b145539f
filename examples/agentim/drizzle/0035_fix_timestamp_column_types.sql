ALTER TABLE "service_agents"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now(),
	ALTER COLUMN "updated_at" DROP DEFAULT,
	ALTER COLUMN "updated_at" SET DATA TYPE timestamp with time zone USING "updated_at"::timestamp with time zone,
	ALTER COLUMN "updated_at" SET DEFAULT now();
--> statement-breakpoint
ALTER TABLE "bookmarks"
	ALTER COLUMN "created_at" DROP DEFAULT,
	ALTER COLUMN "created_at" SET DATA TYPE timestamp with time zone USING "created_at"::timestamp with time zone,
	ALTER COLUMN "created_at" SET DEFAULT now();
