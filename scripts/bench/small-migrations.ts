const ROWS = 200;

export interface SmallMigration {
  up: string;
  down: string;
}

/** So many tables in a row of foreign keys, each with data and two indexes besides its key. */
export function baseTables(count: number): string {
  return Array.from({ length: count }, (_, n) => {
    const parent = n === 0 ? '' : ` REFERENCES shelf_${n - 1}`;
    return `CREATE TABLE shelf_${n} (id int PRIMARY KEY, next_to int${parent}, label text NOT NULL,
        price numeric(10, 2) NOT NULL, count int NOT NULL, made timestamptz NOT NULL DEFAULT now());
      INSERT INTO shelf_${n} SELECT i, i, 'box ' || i, i * 1.5, i, '2025-01-01'
        FROM generate_series(1, ${ROWS}) i;
      CREATE INDEX shelf_${n}_next ON shelf_${n} (next_to);
      CREATE INDEX shelf_${n}_label ON shelf_${n} (label, made)`;
  }).join(';\n');
}

/**
 * The `n`th of a chain of small migrations of six kinds in turn, in the way that applications change:
 * a table, a column, a key, a type, an enum, a view over what came before.
 */
export function smallMigration(n: number, tables: number): SmallMigration {
  const turn = Math.floor(n / 6);
  const shelf = (of: number) => `shelf_${(of * 11) % tables}`;
  const kinds: SmallMigration[] = [
    {
      up: `CREATE TABLE parcel_${turn} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shelf int NOT NULL, note text);
        CREATE INDEX parcel_${turn}_shelf ON parcel_${turn} (shelf);
        CREATE INDEX parcel_${turn}_note ON parcel_${turn} (note, shelf)`,
      down: `DROP INDEX parcel_${turn}_note; DROP INDEX parcel_${turn}_shelf; DROP TABLE parcel_${turn}`,
    },
    {
      up: `ALTER TABLE ${shelf(n)} ADD COLUMN owner_${turn} text NOT NULL DEFAULT 'nobody'`,
      down: `ALTER TABLE ${shelf(n)} DROP COLUMN owner_${turn}`,
    },
    {
      up: `ALTER TABLE parcel_${turn} ADD CONSTRAINT parcel_${turn}_on FOREIGN KEY (shelf) REFERENCES ${shelf(n)}`,
      down: `ALTER TABLE parcel_${turn} DROP CONSTRAINT parcel_${turn}_on`,
    },
    {
      up: `ALTER TABLE ${shelf(n)} ALTER count TYPE bigint`,
      down: `ALTER TABLE ${shelf(n)} ALTER count TYPE int USING count::int`,
    },
    {
      up: `CREATE TYPE grade_${turn} AS ENUM ('low', 'high');
        ALTER TABLE ${shelf(n)} ADD COLUMN grade_${turn} grade_${turn} NOT NULL DEFAULT 'low'`,
      down: `ALTER TABLE ${shelf(n)} DROP COLUMN grade_${turn}; DROP TYPE grade_${turn}`,
    },
    {
      up: `CREATE VIEW listed_${turn} AS SELECT s.id, s.owner_${turn}, p.note
        FROM ${shelf(n - 4)} s JOIN parcel_${turn} p ON p.shelf = s.id`,
      down: `DROP VIEW listed_${turn}`,
    },
  ];
  const kind = kinds[n % kinds.length];
  if (!kind) throw new Error('there is no such kind of migration');
  return kind;
}
