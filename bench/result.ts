/** What was measured of a workload, and the words and numbers it is shown in. */

/** Another peer, timed once. One of `speed`, `absent` and `cannot` is there. */
export interface Extra {
  name: string;
  speed?: number;
  /** Our speed over its. */
  times?: number;
  absent?: string;
  /** Its own error, where it cannot train the model. */
  cannot?: string;
}

export interface Result {
  name: string;
  title: string;
  /** `seconds`: speeds are runs a second, and are shown as the time of one. */
  unit: 'tokens/s' | 'seconds';
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
  extras: readonly Extra[];
  /** What else is to be told. */
  notes: readonly string[];
  /** Our speed with each further number of threads over that with the first, in the same round; none of what is long. */
  timesFirstThreads: readonly number[];
}

export function formatSpeed(value: number, unit: Result['unit']): string {
  if (unit === 'tokens/s') return `${Math.round(value).toLocaleString('en')} tokens/s`;
  return `${(1 / value).toFixed(value > 0.1 ? 3 : 1)} s`;
}

export function formatRatio(value: number | undefined, digits = 2): string {
  return value === undefined ? '–' : value.toFixed(value >= 100 ? 0 : digits);
}

/** One line for another peer: its speed, or why there is none. */
export function describeExtra({ name, speed, times, absent, cannot }: Extra, unit: Result['unit']): string {
  if (speed !== undefined)
    return `${name}: ${formatSpeed(speed, unit)}, ours is ${formatRatio(times, 1)} times as fast`;
  return cannot === undefined ? `${name}: ${absent}` : `${name} cannot: ${cannot}`;
}

function reached(value: number | undefined, asked: number | undefined): boolean {
  return value !== undefined && asked !== undefined && value >= asked;
}

/** A workload is met where either of what is asked is reached; "?" where that cannot be said without the peer. */
export function met({ timesPeer, ofMachine, asked }: Result): 'yes' | 'no' | '?' {
  if (reached(timesPeer, asked.timesPeer) || reached(ofMachine, asked.ofMachine)) return 'yes';
  return timesPeer === undefined ? '?' : 'no';
}
