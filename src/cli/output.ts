/** Results on standard output. */

/** Leaves quietly when whoever reads standard output has gone. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: object): void {
  printLine(JSON.stringify(value));
}

/** A note for the person at the terminal, which is no result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
