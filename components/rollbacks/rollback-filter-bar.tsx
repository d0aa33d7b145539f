'use client';

import Form from 'next/form';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTransition } from 'react';
import { Button } from '@/components/ui/button';
import { FilterChip } from '@/components/ui/filter-chip';
import { FilterSelect } from '@/components/ui/filter-select';
import { Input } from '@/components/ui/input';
import { Spinner } from '@/components/ui/spinner';
import { STATUS_LABELS } from '@/lib/core/rollback';
import { type RollbackFilters, rollbacksHref } from './rollbacks-url';
import { groupOf } from './status-groups';

export interface RollbackFilterBarProps {
  filters: RollbackFilters;
  people: readonly { id: string; name: string }[];
  targets: readonly string[];
}

/** Which of the rollbacks of a tab are shown. All of it is in the address. */
export function RollbackFilterBar({ filters, people, targets }: RollbackFilterBarProps) {
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  const set = (change: Partial<RollbackFilters>) =>
    startTransition(() => router.push(rollbacksHref({ ...filters, ...change }), { scroll: false }));
  const { status, target, person, text } = filters;
  const filtered = target !== undefined || person !== undefined || text !== undefined;
  return (
    <search aria-label="Filter rollbacks" className="flex flex-wrap items-center gap-2">
      <Form action="/rollbacks" scroll={false} className="flex items-center gap-2 max-md:w-full">
        {status.length > 0 ? <input type="hidden" name="status" value={status.join(',')} /> : null}
        {target ? <input type="hidden" name="target" value={target} /> : null}
        {person ? <input type="hidden" name="person" value={person} /> : null}
        <Input
          key={text ?? ''}
          type="search"
          name="text"
          aria-label="Reason, incident or number"
          placeholder="Reason, incident or RB-0001"
          defaultValue={text ?? ''}
          maxLength={200}
          className="w-60! max-md:w-full!"
        />
        <Button type="submit" icon="search">
          Search
        </Button>
      </Form>
      <FilterSelect
        label="Target"
        options={targets.map((name) => ({ value: name, label: name }))}
        value={target ?? null}
        onValueChange={(value) => set({ target: value ?? undefined })}
      />
      <FilterSelect
        label="Requested by"
        anyLabel="Anyone"
        options={people.map(({ id, name }) => ({ value: id, label: name }))}
        value={person ?? null}
        onValueChange={(value) => set({ person: value ?? undefined })}
      />
      {groupOf(status) ? null : (
        <FilterChip
          label="Status"
          value={status.map((one) => STATUS_LABELS[one]).join(', ')}
          onRemove={() => set({ status: [] })}
        />
      )}
      {text ? (
        <FilterChip label="Search" value={text} onRemove={() => set({ text: undefined })} />
      ) : null}
      {pending ? (
        <span className="inline-flex items-center gap-1.5 text-xs text-text-2">
          <Spinner size={16} /> Reading
        </span>
      ) : null}
      {filtered ? (
        <Link href={rollbacksHref({ status })} className="link ml-auto text-sm">
          Clear
        </Link>
      ) : null}
    </search>
  );
}
