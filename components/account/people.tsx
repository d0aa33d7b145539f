'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { PersonDialog } from '@/components/account/person-dialog';
import { ActionError, postAction } from '@/components/api/post-action';
import { Avatar } from '@/components/ui/avatar';
import { Button } from '@/components/ui/button';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import { ROLE_LABELS } from '@/lib/core/actor';
import type { Person } from '@/lib/core/views';

/** Who may do what; for administrators. */
export function People({ people, selfId }: { people: Person[]; selfId: string }) {
  const router = useRouter();
  const [editing, setEditing] = useState<Person | 'new' | null>(null);

  async function setDisabled(person: Person, disabled: boolean) {
    try {
      await postAction('update_person', { id: person.id, disabled });
      toast(
        disabled ? `${person.name} can no longer sign in.` : `${person.name} can sign in again.`,
      );
      router.refresh();
    } catch (cause) {
      toast.error(cause instanceof ActionError ? cause.message : 'This did not work. Try again.');
    }
  }

  return (
    <Panel>
      <PanelHeader
        title="People"
        detail={`${people.length} accounts`}
        actions={
          <Button icon="plus" onClick={() => setEditing('new')}>
            Add person
          </Button>
        }
      />
      <Table label="People" minWidth="44rem">
        <THead>
          <TR>
            <TH>Name</TH>
            <TH>Role</TH>
            <TH>Sign-in</TH>
            <TH>Last seen, UTC and local</TH>
            <TH align="end">
              <span className="sr-only">Actions</span>
            </TH>
          </TR>
        </THead>
        <TBody>
          {people.map((person) => (
            <TR key={person.id} tone={person.disabledAt ? 'muted' : undefined}>
              <TD>
                <span className="flex items-center gap-2 py-1.5">
                  <Avatar name={person.name} size="sm" />
                  <span>
                    <span className="block font-medium">{person.name}</span>
                    <span className="block text-xs text-text-2">{person.email}</span>
                  </span>
                </span>
              </TD>
              <TD>{ROLE_LABELS[person.role]}</TD>
              <TD>
                {person.disabledAt ? (
                  <StatusChip tone="neutral" bare>
                    Disabled
                  </StatusChip>
                ) : (
                  <StatusChip tone="ok" bare>
                    Enabled
                  </StatusChip>
                )}
              </TD>
              <TD numeric>
                {person.lastSeenAt ? (
                  <Time value={person.lastSeenAt} format="dateTime" local />
                ) : (
                  'Never'
                )}
              </TD>
              <TD align="end">
                <span className="flex justify-end gap-1">
                  <Button
                    variant="quiet"
                    aria-label={`Change ${person.name}`}
                    onClick={() => setEditing(person)}
                  >
                    Change
                  </Button>
                  <Button
                    variant="quiet"
                    aria-label={`${person.disabledAt ? 'Enable' : 'Disable'} ${person.name}`}
                    disabledReason={person.id === selfId ? 'You can’t disable yourself.' : null}
                    reasonPlacement="hidden"
                    onClick={() => setDisabled(person, person.disabledAt === null)}
                  >
                    {person.disabledAt ? 'Enable' : 'Disable'}
                  </Button>
                </span>
              </TD>
            </TR>
          ))}
        </TBody>
      </Table>
      {editing ? (
        <PersonDialog
          person={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onDone={() => {
            setEditing(null);
            router.refresh();
          }}
        />
      ) : null}
    </Panel>
  );
}
