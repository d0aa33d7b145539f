/** The address of the list, or of one target's backups in it. */
export const backupsHref = (target?: string): string =>
  target === undefined ? '/backups' : `/backups?target=${encodeURIComponent(target)}`;

/** The address of one backup. */
export const backupHref = (label: string): string => `/backups/${encodeURIComponent(label)}`;

/** Where a target is restored from this backup. */
export const restoreHref = (backup: { target: string; label: string }): string =>
  `/restore?target=${encodeURIComponent(backup.target)}&backup=${encodeURIComponent(backup.label)}`;

/** `B-0001` */
export const isBackupLabel = (text: string): boolean => /^B-\d{4,9}$/.test(text);
