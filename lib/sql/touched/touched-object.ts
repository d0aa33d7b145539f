/** What kind of thing a name stands for. Tables, views, sequences and indexes share one set of names. */
export type ObjectSort =
  | 'relation'
  | 'column'
  | 'constraint'
  | 'trigger'
  | 'policy'
  | 'rule'
  | 'type'
  | 'routine'
  | 'schema'
  | 'role'
  | 'extension'
  /** Everything else that has a name: publications, casts, statistics … */
  | 'other';

export type Effect =
  | 'creates'
  | 'drops'
  | 'alters'
  | 'writes_rows'
  /** Said by name, but left as it is: the columns of an index, the table that a foreign key points to. */
  | 'names';

/** One object that a statement says by name, and what becomes of it. */
export interface TouchedObject {
  sort: ObjectSort;
  /** As PostgreSQL prints it; of a part with its relation before it: `public.rooms.topic`. */
  name: string;
  /** The relation of a column, constraint, index, trigger, policy or rule, where the statement says it. */
  on?: string;
  /** The own name of a part, without quotes. */
  part?: string;
  effect: Effect;
  /** IF EXISTS or IF NOT EXISTS: no error where the object is not, or is already, there. */
  tolerant?: boolean;
  /** Of an index or constraint: the columns that it covers. */
  columns?: string[];
  /** Of a column: the type that it gets, as PostgreSQL prints it. */
  type?: string;
  /** CASCADE: what depends on it goes too, unnamed. */
  cascades?: boolean;
  /** PostgreSQL chooses this name; it may add a number where the name is taken. */
  implicit?: boolean;
  /** 1-based line in the file. */
  line: number;
}

/** The same for each mention of the same object. */
export function keyOf({ sort, name }: Pick<TouchedObject, 'sort' | 'name'>): string {
  return `${sort} ${name}`;
}

/** A touched object before it is known on which line it stands. */
export type Mention = Omit<TouchedObject, 'line'>;
