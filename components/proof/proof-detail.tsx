import { type ReactNode, useId } from 'react';
import { Icon, type IconName } from '@/components/ui/icon';
import { KeyValue, type KeyValueEntry } from '@/components/ui/key-value';
import { StatusChip } from '@/components/ui/status-chip';
import { GRADE_WORDS, type Proof } from '@/lib/core/proof';
import { DATA_LOSS_WORDS } from './grade-look';
import { errorPlace, methodWords, REAPPLY_WORDS, SECOND_RUN_WORDS } from './proof-words';

/** Everything that the round trip of one script said, as the body of a panel or a disclosure. */
export function ProofDetail({ proof }: { proof: Proof }) {
  const tried = proof.method !== 'none';
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p className="max-w-[72ch]">
        {GRADE_WORDS[proof.grade]}
        {proof.losesData ? ` ${DATA_LOSS_WORDS[proof.losesData]}` : null}
      </p>
      {proof.error ? <Failure proof={proof} /> : null}
      <Named title="Left behind" icon="residue" colour="text-warn-text" items={proof.residue} />
      <Named
        title="Gone or different"
        icon="danger"
        colour="text-danger-text"
        items={proof.missing}
      />
      <Named
        title="Rows"
        icon="loss"
        colour={proof.losesData === 'older' ? 'text-warn-text' : 'text-text-3'}
        items={proof.dataNotes}
        sentences
      />
      <Hazards proof={proof} />
      <Named title="Also" icon="info" colour="text-info-text" items={proof.remarks} sentences />
      {tried || proof.reapply !== 'untested' ? <KeyValue entries={verdicts(proof)} /> : null}
    </div>
  );
}

function verdicts(proof: Proof): KeyValueEntry[] {
  return [
    {
      id: 'reapply',
      label: 'Apply again',
      value: (
        <Said bad={['fails', 'differs'].includes(proof.reapply)}>
          {REAPPLY_WORDS[proof.reapply]}
        </Said>
      ),
    },
    {
      id: 'second',
      label: 'Run twice',
      value: <Said bad={proof.secondRun === 'fails'}>{SECOND_RUN_WORDS[proof.secondRun]}</Said>,
    },
    { id: 'method', label: 'How', value: methodWords(proof) },
  ];
}

function Said({ bad, children }: { bad: boolean; children: ReactNode }) {
  return bad ? <span className="text-warn-text">{children}</span> : children;
}

function Failure({ proof }: { proof: Proof }) {
  const { error } = proof;
  if (!error) return null;
  const unproven = proof.grade === 'unproven';
  const tone = unproven
    ? 'border-unknown-line bg-unknown-soft text-unknown-text'
    : 'border-danger-line bg-danger-soft text-danger-text';
  return (
    <div className={`flex items-start gap-2 rounded-md border px-3 py-2 ${tone}`}>
      <Icon name={unproven ? 'unknown' : 'danger'} className="mt-0.5" />
      <div className="min-w-0">
        <p className="font-medium wrap-anywhere">{error.message}</p>
        <p className="text-xs text-text-2">In {errorPlace(error)}</p>
      </div>
    </div>
  );
}

interface NamedProps {
  title: string;
  icon: IconName;
  colour: string;
  items: readonly string[];
  /** Sentences are read, names are compared. */
  sentences?: boolean;
}

function Named({ title, icon, colour, items, sentences = false }: NamedProps) {
  // No heading: this stands below panels of any level, and in disclosures.
  const titleId = useId();
  if (items.length === 0) return null;
  return (
    <div>
      <p id={titleId} className="flex items-center gap-1.5 text-xs font-medium text-text-2">
        <Icon name={icon} size={14} className={colour} />
        {title}
        {sentences ? null : <span className="tabular-nums text-text-3">{items.length}</span>}
      </p>
      <ul aria-labelledby={titleId} className="mt-0.5 pl-5">
        {items.map((item) => (
          <li key={item} className="wrap-anywhere">
            {sentences ? item : <code className="text-code">{item}</code>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Hazards({ proof }: { proof: Proof }) {
  const titleId = useId();
  if (proof.hazards.length === 0) return null;
  return (
    <div>
      <p id={titleId} className="text-xs font-medium text-text-2">
        Seen when the two files were tried
      </p>
      <ul aria-labelledby={titleId} className="mt-1 flex flex-col gap-1.5">
        {proof.hazards.map((hazard) => (
          <li key={`${hazard.code} ${hazard.line ?? ''} ${hazard.label}`}>
            <StatusChip tone={hazard.severity}>{hazard.label}</StatusChip>
            {hazard.line === undefined ? null : (
              <span className="pl-2 text-xs text-text-2">line {hazard.line}</span>
            )}
            {hazard.detail ? <p className="pt-0.5 text-text-2">{hazard.detail}</p> : null}
            {hazard.safer ? <p className="text-text-2">Safer: {hazard.safer}</p> : null}
          </li>
        ))}
      </ul>
    </div>
  );
}
