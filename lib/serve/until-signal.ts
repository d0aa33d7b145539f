const IMPATIENT_AFTER_MS = 1_000;

/**
 * Waits for Ctrl-C or SIGTERM, stops everything, and ends the process with an honest exit code. A
 * second signal does not wait.
 */
export function stopOnSignal(stop: () => Promise<void>): (message: string) => void {
  let since: number | undefined;
  const end = async (code: number) => {
    if (since !== undefined) {
      // A terminal and a passed-on signal may arrive together; that is one wish, not two.
      if (performance.now() - since > IMPATIENT_AFTER_MS) process.exit(130);
      return;
    }
    since = performance.now();
    try {
      await stop();
    } catch (cause) {
      console.error(cause);
      process.exit(1);
    }
    process.exit(code);
  };
  process.on('SIGINT', () => void end(0));
  process.on('SIGTERM', () => void end(0));
  process.on('SIGHUP', () => void end(0));
  // The script that started this was killed.
  process.on('disconnect', () => void end(0));
  return (message) => {
    console.error(message);
    void end(1);
  };
}
