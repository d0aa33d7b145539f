import type { RollbackFile } from '@/lib/core/migration';
import type { Proof, ProofError } from '@/lib/core/proof';
import type { Hazard, ScriptRefusal, Statement } from '@/lib/core/statement';
import { compareWithUp, type ParsedUp, parseScriptOf, parseUp } from '@/lib/sql';
import type { TrackingTable } from '@/lib/target';

/** A script with its text taken apart. */
export interface ReadScript {
  script: RollbackFile;
  candidate: boolean;
  statements: Statement[];
  /** What it names. */
  text: ParsedUp;
  /** Told by the reader: a wrapper taken off, statements that run outside of the transaction. */
  remarks: string[];
  /** Found by holding it against its migration, by names. */
  hazards: Hazard[];
}

/** A script that the reader refuses, with its proof. */
export interface RefusedScript {
  script: RollbackFile;
  candidate: boolean;
  refused: Proof;
}

/** Reads a script as a run would, so that what it refuses is refused here. */
export async function readScript(
  script: RollbackFile,
  candidate: boolean,
  up: ParsedUp,
  tracking: TrackingTable,
): Promise<ReadScript | RefusedScript> {
  const parsed = await parseScriptOf(up, Buffer.from(script.sql), { tracking });
  if (!parsed.ok) {
    return { script, candidate, refused: refusedProof(parsed.refusals) };
  }
  const remarks = [...parsed.remarks];
  const alone = parsed.statements.filter(({ transactional }) => !transactional);
  if (alone.length > 0) {
    const lines = alone.map(({ line }) => line).join(', ');
    remarks.push(
      `What stands on line ${lines} can’t run inside a transaction: it is sent alone, and a failure after it leaves the script half done.`,
    );
  }
  const text = await parseUp(script.sql);
  const hazards = await compareWithUp(up, parsed, tracking);
  return { script, candidate, statements: parsed.statements, text, remarks, hazards };
}

function refusedProof(refusals: readonly ScriptRefusal[]): Proof {
  const [first, ...rest] = refusals;
  return proofWithoutTrip(
    'refused',
    {
      message: first?.message ?? 'The script can’t be read.',
      sqlstate: null,
      line: first?.line ?? null,
      in: 'down',
    },
    {
      remarks: rest.map(({ line, message }) =>
        line === undefined ? message : `Line ${line}: ${message}`,
      ),
    },
  );
}

/** A proof of a script that was never run. */
export function proofWithoutTrip(
  grade: 'refused' | 'unproven',
  error: ProofError,
  { remarks = [], hazards = [] }: Partial<Pick<Proof, 'remarks' | 'hazards'>> = {},
): Proof {
  return {
    grade,
    losesData: null,
    dataNotes: [],
    residue: [],
    missing: [],
    reapply: 'untested',
    secondRun: 'untested',
    error,
    remarks,
    changes: [],
    hazards,
    method: 'none',
    durationMs: 0,
  };
}
