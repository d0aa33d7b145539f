/**
 * While a check goes on, the target's page is read anew every few seconds. A reading that comes back
 * while somebody leaves for another page would take them back to this one.
 */
let holders = 0;
let underWay = false;

/** A reading that never comes back must not keep anybody here. */
const PATIENCE_MS = 4_000;

/**
 * Lets no reading begin.
 * @returns a function that lets them begin again
 */
export function holdPageRefresh(): () => void {
  holders += 1;
  let held = true;
  return () => {
    if (held) holders -= 1;
    held = false;
  };
}

export function isPageRefreshHeld(): boolean {
  return holders > 0;
}

/** Told by whoever reads the page anew. */
export function setPageRefresh(going: boolean): void {
  underWay = going;
}

/** Waits until the reading that is under way has come back. */
export async function pageRefreshed(): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (underWay && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
