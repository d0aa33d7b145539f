/** One migration of a made-up history, with the script that undoes it. */
export interface Step {
  up: string;
  down: string;
}

const BREAK = '\n--> statement-breakpoint\n';

/**
 * What step `n` of a growing shop does: by turns a table with keys and indexes, columns with defaults, an
 * enum type in use, a filled column with a check, a view, and a type that changes.
 */
export function stepOf(n: number): Step {
  const own = n - (n % KINDS.length);
  const kind = KINDS[n % KINDS.length] ?? addTable;
  return kind(`shop_${own}`, own === 0 ? undefined : `shop_${own - KINDS.length}`, n);
}

type Kind = (table: string, earlier: string | undefined, n: number) => Step;

const addTable: Kind = (table, earlier) => ({
  up: [
    `CREATE TABLE "${table}" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"price" numeric(10, 2) DEFAULT '0' NOT NULL,
	"weight" integer,
	"notes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"parent_id" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);`,
    ...(earlier
      ? [
          `ALTER TABLE "${table}" ADD CONSTRAINT "${table}_parent_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."${earlier}"("id") ON DELETE cascade ON UPDATE no action;`,
        ]
      : []),
    `CREATE UNIQUE INDEX "${table}_name_idx" ON "${table}" USING btree ("name");`,
    `CREATE INDEX "${table}_created_at_idx" ON "${table}" USING btree ("created_at");`,
  ].join(BREAK),
  down: `DROP INDEX IF EXISTS "${table}_created_at_idx";\nDROP INDEX IF EXISTS "${table}_name_idx";\nDROP TABLE IF EXISTS "${table}";\n`,
});

const addColumns: Kind = (table) => ({
  up: `ALTER TABLE "${table}" ADD COLUMN "color" varchar(40) DEFAULT 'white' NOT NULL;${BREAK}ALTER TABLE "${table}" ADD COLUMN "sold_at" timestamp with time zone;`,
  down: `ALTER TABLE "${table}" DROP COLUMN IF EXISTS "sold_at";\nALTER TABLE "${table}" DROP COLUMN IF EXISTS "color";\n`,
});

const addEnum: Kind = (table) => ({
  up: `CREATE TYPE "public"."${table}_state" AS ENUM('draft', 'listed', 'sold');${BREAK}ALTER TABLE "${table}" ADD COLUMN "state" "${table}_state" DEFAULT 'draft' NOT NULL;`,
  down: `ALTER TABLE "${table}" DROP COLUMN IF EXISTS "state";\nDROP TYPE IF EXISTS "${table}_state";\n`,
});

const fillColumn: Kind = (table) => ({
  up: `ALTER TABLE "${table}" ADD COLUMN "label" text;${BREAK}UPDATE "${table}" SET "label" = upper("name");${BREAK}ALTER TABLE "${table}" ADD CONSTRAINT "${table}_label_check" CHECK (length("label") < 500);`,
  down: `ALTER TABLE "${table}" DROP CONSTRAINT IF EXISTS "${table}_label_check";\nALTER TABLE "${table}" DROP COLUMN IF EXISTS "label";\n`,
});

const addView: Kind = (table) => ({
  up: `CREATE VIEW "${table}_listed" AS SELECT "id", "name", "price" FROM "${table}" WHERE "state" = 'listed';`,
  down: `DROP VIEW IF EXISTS "${table}_listed";\n`,
});

const changeType: Kind = (table) => ({
  up: `ALTER TABLE "${table}" ALTER COLUMN "weight" SET DATA TYPE bigint;`,
  down: `ALTER TABLE "${table}" ALTER COLUMN "weight" SET DATA TYPE integer;\n`,
});

const KINDS = [addTable, addColumns, addEnum, fillColumn, addView, changeType];
