/** The engines of MPI on this machine, and programs that several ranks run. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** An engine: its launcher with arguments, and what its name is in tests. */
export interface Engine {
  name: string;
  launcher: readonly string[];
  /** The file of its library; undefined where the loader finds it. */
  library?: string;
}

function onPath(program: string): string | undefined {
  const { PATH = '' } = process.env;
  const folders = PATH.split(path.delimiter);
  return folders.map((folder) => path.join(folder, program)).find(existsSync);
}

/** Debian's packages; `.ci/run` installs both. */
const CANDIDATES: readonly [name: string, program: string, ...args: string[]][] = [
  ['Open MPI', 'mpirun.openmpi', '--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'],
  ['MPICH', 'mpirun.mpich'],
];

/** All engines there are to test with; those that are not there are `undefined`. */
export const ENGINES: readonly { name: string; engine: Engine | undefined }[] = CANDIDATES.map(
  ([name, program, ...args]) => {
    const file = onPath(program);
    return { name, engine: file === undefined ? undefined : { name, launcher: [file, ...args] } };
  },
);

/** How a launched program ended. */
export interface Launched {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Seconds that it took. */
  seconds: number;
}

const LIB = path.resolve(__dirname, '..', '..', 'lib');

/** What every program begins with: the group of its ranks. `say` writes a line, whole, which other ranks' do not cut. */
const PRELUDE = `
  const { openGroup } = require(${JSON.stringify(path.join(LIB, 'native', 'distributed', 'group.js'))});
  const say = (line) => require('node:fs').writeSync(1, line + '\\n');
  const open = (options) => openGroup({ onWarning: (text) => say('warning: ' + text), ...options });
  const sleep = (ms) => new Promise((settle) => setTimeout(settle, ms));
`;

/** A process that has not ended by then, in milliseconds, hangs. */
const PATIENCE = 80_000;

export interface LaunchOptions {
  env?: Readonly<Record<string, string>>;
  /** Whether a shell stands between the launcher and Node, as with npx. */
  behindShell?: boolean;
  /** Called with each line of output. */
  onLine?: (line: string, launcher: ChildProcess) => void;
}

/** Runs the body of an async function as several ranks; a failure is told by its code and message, with status 1. */
export function launch(engine: Engine, ranks: number, body: string, options: LaunchOptions = {}): Promise<Launched> {
  const failed = `(error) => { say('failed: ' + error.code + ': ' + error.message); process.exit(1); }`;
  const program = `${PRELUDE}(async () => {${body}\n})().catch(${failed});`;
  const shell = options.behindShell === true ? ['sh', '-c', '"$0" "$@"; exit $?'] : [];
  return launchProgram(engine, ranks, [...shell, process.execPath, '-e', program], options);
}

/** Runs a command as several ranks. */
export function launchProgram(
  engine: Engine,
  ranks: number,
  command: readonly string[],
  { env, onLine }: LaunchOptions = {},
): Promise<Launched> {
  const [launcher = '', ...args] = [...engine.launcher, '-n', String(ranks), ...command];
  const started = performance.now();
  return new Promise((settle, reject) => {
    const child = spawn(launcher, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      detached: true,
    });
    const output = { stdout: '', stderr: '' };
    let line = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
      const lines = `${line}${text}`.split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) onLine?.(whole, child);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output.stderr += text;
    });
    const patience = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      reject(new Error(`It did not end:\n${output.stdout}\n${output.stderr}`));
    }, PATIENCE);
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(patience);
      settle({ status, ...output, seconds: (performance.now() - started) / 1000 });
    });
  });
}

/** Whether a process is there, and is no zombie. */
export function isAlive(process: number): boolean {
  return existsSync(`/proc/${process}/exe`) && existsSync(`/proc/${process}/cwd`);
}
