import { type SampleMigration, SHOP } from '@/lib/folders/sample-target.fixture';

/** The script of 0003 in its parts: a transaction, two statements that run alone, a transaction. */
export const DOWN = [
  'ALTER TABLE coupons DROP COLUMN extra;',
  'CREATE INDEX CONCURRENTLY orders_note ON orders (note);',
  'DROP INDEX CONCURRENTLY coupons_code;',
  'DROP TABLE coupons;',
];

/** The shop, with a newest migration whose way back can't be one transaction. */
export const SHOP_ALONE: SampleMigration[] = [
  ...SHOP.slice(0, 2),
  {
    tag: '0002_order_note',
    up: 'ALTER TABLE orders ADD COLUMN note text;--> statement-breakpoint\nCREATE INDEX orders_note ON orders (note);',
    down: 'ALTER TABLE orders DROP COLUMN note;',
  },
  {
    tag: '0003_coupons',
    up: 'CREATE TABLE coupons (code text, extra text);--> statement-breakpoint\nCREATE INDEX coupons_code ON coupons (code);--> statement-breakpoint\nDROP INDEX orders_note;',
    down: DOWN.join('\n'),
  },
];
