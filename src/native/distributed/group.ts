/** Opens the ranks of a training: finds the launcher, its library, and begins MPI off the event loop. */

import { existsSync } from 'node:fs';
import { environmentVariable } from '../../base/environment';
import { UnrolledError } from '../../base/errors';
import { abortError, onAbort } from '../cancellation';
import { addon } from '../load';
import { type Launcher, launcherName, launcherOf, launcherProcess, librariesOf } from './launcher';
import type { NativeGroup } from './native-group';

export interface GroupOptions {
  /** Seconds without a sign of life of another rank after which the training ends; 60 by default. */
  stallTimeout?: number;
  /** Ends the wait for the other ranks. */
  signal?: AbortSignal;
  /** Called with what is no error yet: another rank is silent. */
  onWarning: (message: string) => void;
}

/** The group of this process, while it is open. */
let opened: Promise<NativeGroup> | undefined;

/**
 * The ranks that a launcher started together with this process. MPI begins with the first call and can begin only once:
 * later calls have the same group, until it is closed.
 * @throws ERR_UNROLLED_MPI where there is no launcher, its library cannot be used or is another's, or the system is not
 *   Linux; ERR_UNROLLED_ABORTED.
 */
export function openGroup(options: GroupOptions): Promise<NativeGroup> {
  opened ??= open(options);
  return opened;
}

/** The launcher that this process would take part under: one that started several ranks, or does not say how many. */
export function launcherOfThisProcess(): Launcher | undefined {
  if (process.platform !== 'linux') return undefined;
  const launcher = launcherOf(process.env);
  return launcher?.size === 1 ? undefined : launcher;
}

/** The libraries that would be tried, in their order. */
export function librariesOfThisProcess(launcher: Launcher): string[] {
  const chosen = environmentVariable('UNROLLED_MPI');
  if (chosen !== undefined) return [chosen];
  return librariesOf(launcher, process.env, launcherProcess(process.env)?.executable, existsSync);
}

function requireLauncher(): Launcher {
  if (process.platform !== 'linux') {
    throw new UnrolledError('ERR_UNROLLED_MPI', 'Training on several ranks over MPI needs Linux', {
      advice: 'Train on this machine alone.',
    });
  }
  const launcher = launcherOf(process.env);
  if (launcher === undefined) {
    throw new UnrolledError('ERR_UNROLLED_MPI', 'No launcher of MPI has started this process', {
      advice: 'Start the training with mpirun, mpiexec or srun, for example mpirun -n 2 node train.js.',
    });
  }
  if (launcher.plugin === 'none') {
    throw new UnrolledError('ERR_UNROLLED_MPI', 'srun has not told its tasks of each other', {
      advice: 'Start them with srun --mpi=pmix or srun --mpi=pmi2; srun --mpi=list names what there is.',
    });
  }
  return launcher;
}

/**
 * UCX, which MPICH and Open MPI may use, rewrites the machine code of the C library's brk and munmap while it begins, to see
 * memory that is freed. Other threads, as Node has them, run that code meanwhile: once in some dozen processes the heap was
 * damaged. Without it, UCX registers memory with the network anew for each message.
 */
function keepMemoryFunctions(): void {
  const { UCX_MEM_EVENTS } = process.env;
  if (UCX_MEM_EVENTS === undefined) Object.assign(process.env, { UCX_MEM_EVENTS: 'no' });
}

async function open({ stallTimeout = 60, signal, onWarning }: GroupOptions): Promise<NativeGroup> {
  const launcher = requireLauncher();
  const above = launcherProcess(process.env);
  keepMemoryFunctions();
  const { Cancellation, openGroup: openNative, endGroup } = addon();
  const cancellation = new Cancellation();
  const remove = onAbort(signal, () => cancellation.cancel());
  if (signal?.aborted) cancellation.cancel();
  try {
    const group = await openNative(
      {
        libraries: librariesOfThisProcess(launcher),
        expectedSize: launcher.size ?? 0,
        expectedVersion: launcher.kind === 'Open MPI' ? 'Open MPI' : '',
        refusedVersion: launcher.kind === 'MPICH' ? 'Open MPI' : '',
        stallTimeout,
        launcher: launcherName(launcher),
        launcherProcess: above?.process ?? 0,
        launcherChild: above?.child ?? 0,
      },
      cancellation,
      onWarning,
    );
    // The others are not to wait for a process that has gone.
    process.once('exit', (status) => endGroup(status));
    return group;
  } catch (error) {
    if (error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED') {
      throw abortError('Waiting for the other ranks', signal);
    }
    throw error;
  } finally {
    remove();
  }
}
