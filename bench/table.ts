/** How results are shown. */

export interface Result {
  name: string;
  title: string;
  unit: 'tokens/s' | 'runs/s';
  /** Speeds, medians of the rounds. */
  ours: number;
  peerName: string;
  peer?: number;
  /** Why there is no peer. */
  absent?: string;
  /** Our speed over the peer's, the median of the rounds' own ratios. */
  timesPeer?: number;
  /** The fraction of the machine's GEMM. */
  ofMachine?: number;
  asked: { timesPeer: number; ofMachine?: number };
}

const WIDTHS = [11, 40, 18, 28, 16, 16, 5];

function printRow(cells: readonly string[]): void {
  const padded = cells.map((cell, column) =>
    column < 2 ? cell.padEnd(WIDTHS[column]!) : cell.padStart(WIDTHS[column]!),
  );
  console.log(padded.join('  ').trimEnd());
}

function speed(value: number, unit: Result['unit']): string {
  return unit === 'runs/s' ? `${(1 / value).toFixed(3)} s` : `${Math.round(value).toLocaleString('en')} tokens/s`;
}

function reached(value: number | undefined, asked: number | undefined): boolean {
  return value !== undefined && asked !== undefined && value >= asked;
}

export function printHeading(): void {
  printRow(['', '', 'unrolled', 'peer', 'times (asked)', 'of GEMM (asked)', 'met']);
}

/** A workload is met where either of what is asked is reached; "?" where that cannot be said without the peer. */
export function printResult({ name, title, unit, ours, peerName, peer, absent, timesPeer, ofMachine, asked }: Result) {
  const met = reached(timesPeer, asked.timesPeer) || reached(ofMachine, asked.ofMachine);
  printRow([
    name,
    title,
    speed(ours, unit),
    peer === undefined ? (absent ?? '') : `${peerName} ${speed(peer, unit)}`,
    `${timesPeer === undefined ? '–' : timesPeer.toFixed(2)} (${asked.timesPeer})`,
    asked.ofMachine === undefined ? '' : `${ofMachine === undefined ? '–' : ofMachine.toFixed(2)} (${asked.ofMachine})`,
    met ? 'yes' : timesPeer === undefined ? '?' : 'no',
  ]);
}
