/** An owner writes its heartbeat this often, and looks for a cancel at the same time. */
export const HEARTBEAT_MS = 500;

/**
 * Without a heartbeat for this long, on the control database's clock, the owner counts as gone. Twenty
 * beats: a short stall of the control database must not look like a death.
 */
export const LEASE_MS = 10_000;
