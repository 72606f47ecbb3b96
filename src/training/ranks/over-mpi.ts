/** A training that the ranks of MPI share. */

import { openGroup } from '../../native/distributed/group';
import type { Run } from '../loop';
import { requireRowsOfShards } from '../options/options';

/**
 * The same training for this rank: with as many shards as there are ranks where their number is not given, and with the threads
 * of its share of the processors where theirs is not.
 * @throws ERR_UNROLLED_MPI, ERR_UNROLLED_ABORTED, ERR_UNROLLED_OPTION_RANGE for a batch with fewer rows than ranks.
 */
export async function overMpi(run: Run): Promise<Run> {
  const { options } = run;
  const { signal, onWarning, isSharded, recorded } = options;
  const group = await openGroup({ onWarning, ...(signal !== undefined && { signal }) });
  const { size, processorShare } = group.info();
  const shards = isSharded ? options.native.shards : size;
  const { batch } = recorded as { batch?: number };
  if (batch !== undefined) requireRowsOfShards(shards, batch);
  const threads = options.native.threads || processorShare;
  return {
    ...run,
    options: {
      ...options,
      native: { ...options.native, shards, threads, group },
      recorded: { ...recorded, ...(shards > 1 && { shards }) },
    },
  };
}
