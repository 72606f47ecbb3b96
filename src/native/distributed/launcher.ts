/** The launcher of MPI that started this process, as its environment tells. */

import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** How a process learns of the other ranks. Libraries of one kind do not know the launchers of the other. */
export type LauncherKind = 'Open MPI' | 'MPICH' | 'Slurm' | 'PMIx';

/** What a launcher says of this process. */
export interface Launcher {
  kind: LauncherKind;
  /** From 0. */
  rank: number;
  /** How many ranks there are; undefined where it does not say. */
  size?: number;
  /** From 0, among the ranks on this host; undefined where it does not say. */
  localRank?: number;
  /** How many ranks run on this host; undefined where it does not say. */
  localSize?: number;
  /** Of Slurm: what `srun --mpi` offers to the ranks. */
  plugin?: 'pmi2' | 'pmix' | 'none';
}

/** A process above this one that started the ranks of this host. */
export interface LauncherProcess {
  process: number;
  /** Its child that leads to this process, or is it. */
  child: number;
  /** The program that it runs; undefined where the system does not tell. */
  executable?: string;
}

/** A whole number of a variable; undefined where it has none. */
function numberIn(env: Environment, ...names: string[]): number | undefined {
  const text = names.map((name) => env[name]).find((value) => value !== undefined && /^[0-9]+$/.test(value));
  return text === undefined ? undefined : Number(text);
}

/** Of each kind: where its rank, size, local rank and local size stand, the surest sign first. */
const VARIABLES: readonly [LauncherKind, rank: string, size: string, localRank: string, localSize: string][] = [
  [
    'Open MPI',
    'OMPI_COMM_WORLD_RANK',
    'OMPI_COMM_WORLD_SIZE',
    'OMPI_COMM_WORLD_LOCAL_RANK',
    'OMPI_COMM_WORLD_LOCAL_SIZE',
  ],
  ['MPICH', 'MV2_COMM_WORLD_RANK', 'MV2_COMM_WORLD_SIZE', 'MV2_COMM_WORLD_LOCAL_RANK', 'MV2_COMM_WORLD_LOCAL_SIZE'],
  // A task of srun. A batch script and a shell of salloc have a rank and no step of several tasks.
  ['Slurm', 'SLURM_PROCID', 'SLURM_STEP_NUM_TASKS', 'SLURM_LOCALID', 'SLURM_STEP_TASKS_PER_NODE'],
  // Hydra, of MPICH and of Intel MPI.
  ['MPICH', 'PMI_RANK', 'PMI_SIZE', 'MPI_LOCALRANKID', 'MPI_LOCALNRANKS'],
  ['PMIx', 'PMIX_RANK', '', '', ''],
];

/** The launcher that started this process; undefined where none did. */
export function launcherOf(env: Environment): Launcher | undefined {
  for (const [kind, rankName, sizeName, localRankName, localSizeName] of VARIABLES) {
    const rank = numberIn(env, rankName);
    const size = numberIn(env, sizeName);
    if (rank === undefined || (size === undefined && kind !== 'PMIx')) continue;
    const localRank = numberIn(env, localRankName);
    const localSize = numberIn(env, localSizeName);
    return {
      kind,
      rank,
      ...(size !== undefined && { size }),
      ...(localRank !== undefined && { localRank }),
      ...(localSize !== undefined && { localSize }),
      ...(kind === 'Slurm' && { plugin: pluginOf(env) }),
    };
  }
  return undefined;
}

function pluginOf(env: Environment): 'pmi2' | 'pmix' | 'none' {
  const { PMIX_RANK, PMI_RANK, PMI_FD } = env;
  if (PMIX_RANK !== undefined) return 'pmix';
  return PMI_RANK === undefined && PMI_FD === undefined ? 'none' : 'pmi2';
}

/** What a user calls it. */
export function launcherName({ kind }: Launcher): string {
  if (kind === 'Slurm') return 'srun';
  return kind === 'PMIx' ? 'The launcher' : 'mpirun';
}

/** Names of libraries, as the loader looks for them, the likeliest first. */
const OPEN_MPI = ['libmpi.so.40'];
const MPICH = ['libmpi.so.12', 'libmpich.so.12', 'libmpi_abi.so.1'];

function namesOf({ kind, plugin }: Launcher): string[] {
  if (kind === 'Open MPI') return OPEN_MPI;
  if (kind === 'MPICH') return MPICH;
  return plugin === 'pmi2' ? [...MPICH, ...OPEN_MPI] : [...OPEN_MPI, ...MPICH];
}

/**
 * Files and names of the launcher's library, in the order in which they are to be tried: beside the launcher first, as it
 * may be one of several on the machine.
 * @param exists whether there is a file.
 */
export function librariesOf(
  launcher: Launcher,
  env: Environment,
  executable: string | undefined,
  exists: (file: string) => boolean,
): string[] {
  const { OPAL_PREFIX, I_MPI_ROOT } = env;
  const prefixes = [OPAL_PREFIX, I_MPI_ROOT, executable && path.dirname(path.dirname(executable))];
  const folders = prefixes.flatMap((prefix) =>
    prefix ? ['lib', 'lib64', 'lib/release'].map((folder) => path.join(prefix, folder)) : [],
  );
  const names = namesOf(launcher);
  const files = folders.flatMap((folder) => names.map((name) => path.join(folder, name))).filter(exists);
  return [...new Set([...files, ...names])];
}

/** The launcher's process on this host: the first one above this process that has no rank itself. */
export function launcherProcess(env: Environment): LauncherProcess | undefined {
  const variable = VARIABLES.map(([, rank]) => rank).find((name) => env[name] !== undefined);
  let child = process.pid;
  let parent = process.ppid;
  while (variable !== undefined && parent > 1 && hasVariable(parent, variable)) {
    child = parent;
    parent = parentOf(parent);
  }
  if (variable === undefined || parent <= 1) return undefined;
  const executable = attempt(() => readlinkSync(`/proc/${parent}/exe`));
  return { process: parent, child, ...(executable !== undefined && { executable }) };
}

function hasVariable(process: number, name: string): boolean {
  // One of another user cannot be read: Slurm's, which runs as root.
  const environment = attempt(() => readFileSync(`/proc/${process}/environ`, 'latin1')) ?? '';
  return `\0${environment}`.includes(`\0${name}=`);
}

function parentOf(process: number): number {
  const line = attempt(() => readFileSync(`/proc/${process}/stat`, 'latin1')) ?? '';
  return Number(line.slice(line.lastIndexOf(') ')).split(' ')[2] ?? 0);
}

/** What a call returns; undefined where it fails. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
