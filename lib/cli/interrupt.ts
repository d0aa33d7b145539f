/** Somebody ended the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * npm passes a Ctrl-C on to a program that the terminal has told already: the second of such a pair
 * asks for nothing more.
 */
const ECHO_MS = 1_000;

/**
 * Turns the signals that end a program into one that lets it tidy up. A second Ctrl-C ends it at once.
 * `end` gives the signals back.
 */
export function onInterrupt(words: NodeJS.WritableStream): { signal: AbortSignal; end(): void } {
  const ending = new AbortController();
  let since = 0;
  const stop = () => {
    if (!ending.signal.aborted) {
      since = performance.now();
      words.write('\nStopping: the scratch databases are being removed ...\n');
      ending.abort(new Interrupted('Stopped before the end. Nothing of it is left on the server.'));
      return;
    }
    if (performance.now() - since > ECHO_MS) process.exit(2);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  return {
    signal: ending.signal,
    end() {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}
