import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFacts } from '@/lib/control';
import { backupGate } from '@/lib/core/gates';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import {
  attestBackup,
  attestBackupInput,
  confirmBackup,
  confirmBackupAttestation,
  listBackups,
} from '.';
import { auditOf, backupRow, eventsOf, planBackup, systemCtx } from './backup.test-setup';

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planBackup({ methods: ['pg_dump', 'attested'], level: 'vouched' });
});
afterEach(() => planned.close());

const tenMinutesAgo = () => new Date(Date.now() - 600_000).toISOString();
const said = (over: object = {}) => ({
  rollback: planned.label,
  provider: 'RDS',
  reference: 'rds:shop-2026-11-22',
  takenAt: tenMinutesAgo(),
  link: 'https://console.example.com/snapshots/1',
  ...over,
});
const attest = (over: object = {}, person = planned.people.on_call) =>
  attestBackup(planned.as(person), attestBackupInput.parse(said(over)));
const gate = async () =>
  backupGate((await loadFacts(systemCtx(planned), planned.rollbackId)).input);

describe('a backup that a person vouches for', () => {
  it('counts when a second person has confirmed it', async () => {
    const takenAt = tenMinutesAgo();
    const { backupId, label } = await attest({ takenAt });
    expect(await backupRow(planned, backupId)).toMatchObject({
      state: 'passed',
      method: 'attested',
      level: 'vouched',
      location: 'RDS: rds:shop-2026-11-22',
      manifest: null,
      takenBy: planned.people.on_call.id,
      attestation: { takenAt, link: 'https://console.example.com/snapshots/1' },
    });
    expect((await gate()).reason).toBe(
      `${label} has been vouched for by one person. Another has to confirm it.`,
    );
    await confirmBackupAttestation(planned.as(planned.people.reviewer), { backup: label });
    expect(await gate()).toEqual({ open: true });
    const { input } = await loadFacts(systemCtx(planned), planned.rollbackId);
    expect(input.backup).toMatchObject({
      level: 'vouched',
      snapshotAt: takenAt,
      attestation: { confirmedBy: { name: 'Person reviewer' } },
    });
    expect((await auditOf(planned)).map(({ action, subject }) => [action, subject])).toEqual([
      ['backup.attest', planned.label],
      ['backup.confirm', planned.label],
    ]);
    expect(await eventsOf(planned, 'backup.attestation_confirmed')).toMatchObject([
      { payload: { backupId, by: 'Person reviewer' } },
    ]);
    expect(
      await confirmBackup(systemCtx(planned), {
        backup: { id: backupId },
        identity: planned.plan.database,
      }),
    ).toEqual({ ok: true, evidence: expect.stringMatching(/^vouched for by a person: /) });
  });

  it('is as old as the snapshot, not as the word', async () => {
    await attest({ takenAt: new Date(Date.now() - 61 * 60_000).toISOString() });
    expect((await gate()).reason).toMatch(/older than 60 min/);
  });

  it('is confirmed once, of two who press at once, and by nobody who may not', async () => {
    const { label } = await attest({}, planned.people.admin);
    const confirm = (person: PlannedRollback['people']['admin']) =>
      confirmBackupAttestation(planned.as(person), { backup: label });
    await expect(confirm(planned.people.admin)).rejects.toMatchObject({
      code: 'gate_closed',
      message: expect.stringMatching(/You vouch for B-0001 yourself/),
    });
    for (const role of ['on_call', 'auditor'] as const) {
      await expect(confirm(planned.people[role])).rejects.toMatchObject({ code: 'forbidden' });
    }
    const both = await Promise.allSettled([
      confirm(planned.people.reviewer),
      confirm(planned.people.reviewer),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await auditOf(planned)).toHaveLength(2);
  });

  it('may be of a target without a rollback', async () => {
    const { backupId, label } = await attest({ rollback: undefined, target: 'chat-test' });
    expect(await backupRow(planned, backupId)).toMatchObject({ rollbackId: null });
    const { backups } = await listBackups(planned.as(planned.people.reviewer));
    expect(backups[0]).toMatchObject({ label, acts: { confirm: { allowed: true } } });
    await confirmBackupAttestation(planned.as(planned.people.reviewer), { backup: label });
    expect((await auditOf(planned)).map(({ subject }) => subject)).toEqual([label, label]);
    expect(await eventsOf(planned, 'backup.attestation_confirmed')).toEqual([]);
  });

  it('was not taken in the future', async () => {
    await expect(
      attest({ takenAt: new Date(Date.now() + 60_000).toISOString() }),
    ).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/^takenAt is in the future/),
    });
    expect(await auditOf(planned)).toEqual([]);
  });

  it('is refused where the policy takes nobody’s word', async () => {
    planned.target.policy.backup.methods = ['pg_dump'];
    for (const subject of [{}, { rollback: undefined, target: 'chat-test' }]) {
      await expect(attest(subject)).rejects.toMatchObject({
        code: 'gate_closed',
        message: expect.stringMatching(/takes nobody’s word/),
      });
    }
  });

  it.each([
    ['a link that is no page', { link: 'javascript:alert(1)' }],
    ['a file', { link: 'file:///etc/passwd' }],
    ['no provider', { provider: '  ' }],
    ['no reference', { reference: '' }],
    ['a NUL', { reference: 'a\0b' }],
    ['no time', { takenAt: 'yesterday' }],
    ['a time without a zone', { takenAt: '2026-11-22T02:10:00' }],
    ['neither rollback nor target', { rollback: undefined }],
  ])('is not put together from %s', (_name, over) => {
    expect(attestBackupInput.safeParse(said(over)).success).toBe(false);
  });
});
