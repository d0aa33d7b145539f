import { formatCount, formatSize, shortHash } from '@/components/room/format-count';
import { Breakable } from '@/components/ui/breakable';
import { CopyButton } from '@/components/ui/copy-button';
import { Disclosure } from '@/components/ui/disclosure';
import { KeyValue } from '@/components/ui/key-value';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { BackupPage } from '@/lib/core/backup-views';

type Manifest = NonNullable<BackupPage['manifest']>;

/** What was written down about a dump while it was taken; every later check compares with it. */
export function ManifestPanel({ page, manifest }: { page: BackupPage; manifest: Manifest }) {
  const { database, rows, extensions } = manifest;
  const allRows = rows?.reduce((sum, one) => sum + one.rows, 0) ?? null;
  return (
    <Panel aria-labelledby="manifest">
      <PanelHeader
        title="Manifest"
        titleId="manifest"
        detail={
          rows && allRows !== null
            ? `${formatCount(rows.length, 'table')} with ${formatCount(allRows, 'row')}, ${formatCount(manifest.fileCount, 'file')}`
            : formatCount(manifest.fileCount, 'file')
        }
      />
      <PanelBody className="flex flex-col gap-3">
        <KeyValue
          className="md:columns-2 md:gap-x-8"
          entries={[
            { id: 'database', label: 'Database', value: <code>{database.name}</code> },
            { id: 'server', label: 'Server', value: `PostgreSQL ${versionOf(database)}` },
            {
              id: 'system',
              label: 'System identifier',
              value: (
                <>
                  <code>{database.systemIdentifier}</code>
                  <CopyButton text={database.systemIdentifier} what="system identifier" />
                </>
              ),
            },
            { id: 'tool', label: 'Dumped with', value: manifest.tool },
            {
              id: 'head',
              label: 'Head',
              value: manifest.head ? (
                <code className="wrap-anywhere">
                  <Breakable text={manifest.head} />
                </code>
              ) : (
                'nothing applied'
              ),
            },
            {
              id: 'tracking',
              label: 'Tracking rows',
              value: manifest.trackingRows.toLocaleString('en-US'),
            },
            {
              id: 'schema',
              label: 'Schema',
              value: <Hash hash={manifest.schemaFingerprint} what="schema fingerprint" />,
            },
            {
              id: 'manifest',
              label: 'Manifest',
              value: page.manifestSha256 ? (
                <Hash hash={page.manifestSha256} what="SHA-256 of the manifest" />
              ) : (
                'none'
              ),
            },
            ...(extensions
              ? [
                  {
                    id: 'extensions',
                    label: 'Extensions',
                    value:
                      extensions.length === 0
                        ? 'none'
                        : extensions.map(({ name, version }) => `${name} ${version}`).join(', '),
                  },
                ]
              : []),
          ]}
        />
        {rows ? <TableRows rows={rows} /> : null}
        <Files manifest={manifest} />
      </PanelBody>
    </Panel>
  );
}

function Hash({ hash, what }: { hash: string; what: string }) {
  return (
    <>
      <code title={hash}>{shortHash(hash)}</code>
      <CopyButton text={hash} what={what} />
    </>
  );
}

/** `15.18` from 150018. */
const versionOf = ({ serverVersionNum }: Manifest['database']): string =>
  `${Math.trunc(serverVersionNum / 10_000)}.${serverVersionNum % 10_000}`;

function TableRows({ rows }: { rows: NonNullable<Manifest['rows']> }) {
  const sorted = rows.toSorted((a, b) => b.rows - a.rows || a.table.localeCompare(b.table));
  return (
    <Disclosure summary="Rows of each table, as the snapshot saw them">
      <Table label="Rows of each table" minWidth="20rem">
        <THead>
          <TR>
            <TH>Table</TH>
            <TH align="end">Rows</TH>
          </TR>
        </THead>
        <TBody>
          {sorted.map(({ table, rows: count }) => (
            <TR key={table}>
              <TD>
                <code className="wrap-anywhere">{table}</code>
              </TD>
              <TD align="end" numeric>
                {count.toLocaleString('en-US')}
              </TD>
            </TR>
          ))}
        </TBody>
      </Table>
    </Disclosure>
  );
}

function Files({ manifest: { files, fileCount } }: { manifest: Manifest }) {
  return (
    <Disclosure summary="Files with their checksums">
      <Table label="Files with their checksums" minWidth="34rem">
        <THead>
          <TR>
            <TH>File</TH>
            <TH align="end">Size</TH>
            <TH>SHA-256</TH>
          </TR>
        </THead>
        <TBody>
          {files.map((file) => (
            <TR key={file.path}>
              <TD>
                <code className="wrap-anywhere">{file.path}</code>
              </TD>
              <TD align="end" numeric>
                {formatSize(file.bytes)}
              </TD>
              <TD>
                <Hash hash={file.sha256} what={`SHA-256 of ${file.path}`} />
              </TD>
            </TR>
          ))}
        </TBody>
      </Table>
      {files.length < fileCount ? (
        <p className="pt-2 text-xs text-text-2">
          The first {files.length.toLocaleString('en-US')} of {formatCount(fileCount, 'file')}; the
          manifest beside the backup names them all.
        </p>
      ) : null}
    </Disclosure>
  );
}
