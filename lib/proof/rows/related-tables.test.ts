import { expect, test } from 'vitest';
import { relatedTables } from './related-tables';
import { withSchema } from './rows-database.fixture';

const SCHEMA = `
CREATE TABLE country (id int PRIMARY KEY);
CREATE TABLE org (id int PRIMARY KEY, country_id int NOT NULL REFERENCES country);
CREATE TABLE plan (id int PRIMARY KEY);
CREATE TABLE person (id int PRIMARY KEY, org_id int NOT NULL REFERENCES org ON DELETE CASCADE, plan_id int REFERENCES plan, boss int REFERENCES person);
CREATE TABLE note (id int PRIMARY KEY, person_id int NOT NULL REFERENCES person ON DELETE CASCADE, ref int REFERENCES plan);
CREATE TABLE bill (id int PRIMARY KEY, person_id int REFERENCES person);
CREATE TABLE bill_line (bill_id int NOT NULL REFERENCES bill);
CREATE TABLE parted (n int NOT NULL, person_id int REFERENCES person) PARTITION BY LIST (n);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE alone (n int);
CREATE EXTENSION "uuid-ossp";
CREATE VIEW seen AS SELECT * FROM person`;

test.each([
  [['public.alone'], ['public.alone']],
  // The children of its children only where a deleted row takes theirs along.
  [
    ['public.person'],
    [
      'public.bill',
      'public.country',
      'public.note',
      'public.org',
      'public.parted',
      'public.parted_1',
      'public.person',
      'public.plan',
    ],
  ],
  [['public.bill_line'], ['public.bill', 'public.bill_line']],
  [
    ['public.parted_1'],
    ['public.country', 'public.org', 'public.parted', 'public.parted_1', 'public.person'],
  ],
  [['public.none', 'pg_catalog.pg_class', 'public.seen', 'not a name'], []],
])('around %j are %j', async (given, related) => {
  await withSchema(SCHEMA, async (client) => {
    expect(await relatedTables(client, given)).toEqual(related);
  });
});
