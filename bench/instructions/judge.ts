/** Whether training steps take as many instructions as recorded. */

/** What the counts depend on beside the sources. */
export interface Toolchain {
  /** `GCC` or `Clang`. */
  compiler: string;
  compilerMajor: number;
  compilerVersion: string;
  /** OpenBLAS's version; its kernels are counted too. */
  openblas: string;
}

/** Instructions of each workload's steps, by its name, and what they were counted with. */
export interface Counts {
  toolchain: Toolchain;
  instructions: Record<string, number>;
}

/** By what part a count may differ from the recorded one. */
export const TOLERANCE = 0.03;

export interface Verdict {
  /** `skipped` where another toolchain counted, so that the counts say nothing. */
  outcome: 'passed' | 'failed' | 'skipped';
  /** A line for each workload, and what to do. */
  lines: string[];
}

function named({ compiler, compilerMajor, openblas }: Toolchain): string {
  return `${compiler} ${compilerMajor} and OpenBLAS ${openblas}`;
}

function row(name: string, counted: number, recorded: number | undefined): string {
  const change = recorded === undefined ? '' : `, ${formatChange(counted / recorded - 1)}`;
  const before = recorded === undefined ? 'not recorded' : `recorded ${recorded.toLocaleString('en')}`;
  return `${name}: ${counted.toLocaleString('en')} instructions (${before}${change})`;
}

function formatChange(change: number): string {
  return `${change > 0 ? '+' : ''}${(100 * change).toFixed(2)} %`;
}

/** Compares counts with the recorded ones. */
export function judge(recorded: Counts, counted: Counts): Verdict {
  const lines = Object.entries(counted.instructions).map(([name, count]) =>
    row(name, count, recorded.instructions[name]),
  );
  const [before, now] = [named(recorded.toolchain), named(counted.toolchain)];
  if (before !== now) {
    return { outcome: 'skipped', lines: [...lines, `SKIPPED: recorded with ${before}, counted with ${now}.`] };
  }
  const changes = Object.entries(counted.instructions).map(([name, count]) => {
    const was = recorded.instructions[name];
    return { name, change: was === undefined ? undefined : count / was - 1 };
  });
  const unknown = changes.filter(({ change }) => change === undefined).map(({ name }) => name);
  const missing = Object.keys(recorded.instructions).filter((name) => counted.instructions[name] === undefined);
  const slower = changes.filter(({ change = 0 }) => change > TOLERANCE).map(({ name }) => name);
  const faster = changes.filter(({ change = 0 }) => change < -TOLERANCE).map(({ name }) => name);
  const faults = [
    ...(slower.length > 0 ? [`${slower.join(', ')}: more than ${100 * TOLERANCE} % more instructions.`] : []),
    ...(faster.length > 0
      ? [`${faster.join(', ')}: more than ${100 * TOLERANCE} % fewer instructions: record them.`]
      : []),
    ...(unknown.length > 0 ? [`${unknown.join(', ')}: not recorded yet: record them.`] : []),
    ...(missing.length > 0 ? [`${missing.join(', ')}: recorded, and not counted any more: record anew.`] : []),
  ];
  if (faults.length === 0) return { outcome: 'passed', lines };
  return {
    outcome: 'failed',
    lines: [...lines, ...faults, 'Where that is meant: npm run bench:instructions -- --record'],
  };
}
