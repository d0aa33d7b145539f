const WIDTH = 24;

/** Progress on standard error: a bar on a terminal, a line now and then elsewhere. */
export class ProgressBar {
  private shown = 0;
  private before = '';

  constructor(private readonly stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>) {}

  /** @param total 0 while it is not known */
  show(done: number, total: number, what: string): void {
    const counted = total === 0 ? what : `${done}/${total} ${what}`.trimEnd();
    if (this.stream.isTTY) {
      const filled = total === 0 ? 0 : Math.round((done / total) * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      // A line that wraps could not be taken away again.
      const line = `${bar} ${counted}`.slice(0, (this.stream.columns || 80) - 1);
      this.stream.write(`\r\x1b[K${line}`);
      return;
    }
    const tenth = total === 0 ? 0 : Math.floor((done / total) * 10);
    const isNews = done === 0 ? counted !== this.before : tenth > this.shown;
    if (!isNews) return;
    this.shown = tenth;
    this.before = counted;
    this.stream.write(`${counted}\n`);
  }

  /** Takes the bar away, so that what follows begins on a line of its own. */
  end(): void {
    if (this.stream.isTTY) this.stream.write('\r\x1b[K');
  }
}
