import { createReadyRoom, type ReadyRoom } from '@/lib/approval/ready-rollback.fixture';
import { performAction } from './perform-action';
import type { Person, RequestDeps } from './request-deps';

export const ORIGIN = 'https://backstep.example.com';

/** A control database, and a way to ask it for actions as the browser of a person does. */
export interface ActionRoom extends ReadyRoom {
  /** A request of this person, or of somebody without a session. */
  signedIn(caller: Person | undefined): RequestDeps;
  post(
    caller: Person | undefined,
    name: string,
    body?: BodyInit,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** Every row of every table that an action could change, as one text. */
  everything(): Promise<string>;
  /** The audit rows that `work` leaves behind. */
  written(work: () => Promise<unknown>): Promise<Record<string, unknown>[]>;
}

const STATE = [
  'rollbacks',
  'runs',
  'approvals',
  'backups',
  'rehearsals',
  'users',
  'rollback_events',
];

export async function createActionRoom(): Promise<ActionRoom> {
  const room = await createReadyRoom();
  const { pool } = room.control;
  const signedIn: ActionRoom['signedIn'] = (caller) => ({
    caller: () => Promise.resolve(caller),
    context: (actor) => Promise.resolve(room.as(actor)),
    publicUrl: () => ORIGIN,
  });
  return {
    ...room,
    signedIn,
    post(caller, name, body = '{}', headers = {}) {
      const request = new Request(`${ORIGIN}/api/actions/${name}`, {
        method: 'POST',
        body,
        headers: { Origin: ORIGIN, 'Content-Type': 'application/json', ...headers },
      });
      return performAction(request, name, signedIn(caller));
    },
    async everything() {
      const texts = await Promise.all(
        STATE.map(async (table) => {
          const { rows } = await pool.query(
            `SELECT t::text AS row FROM backstep.${table} t ORDER BY 1`,
          );
          return `${table} ${rows.map(({ row }) => row).join('\n')}`;
        }),
      );
      const { rows } = await pool.query(
        'SELECT count(*)::int AS jobs FROM graphile_worker._private_jobs',
      );
      return `${texts.join('\n')} ${rows[0]?.jobs}`;
    },
    async written(work) {
      const last = async () =>
        (await pool.query('SELECT coalesce(max(seq), 0)::int AS n FROM backstep.audit_log')).rows[0]
          ?.n;
      const before = await last();
      await work();
      const { rows } = await pool.query(
        'SELECT actor_id, action, outcome, subject, target, payload FROM backstep.audit_log WHERE seq > $1 ORDER BY seq',
        [before],
      );
      return rows;
    },
  };
}
