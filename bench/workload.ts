/** What a workload is, and how it and its peers are timed by turns. */

import { PeerAbsentError } from '../test/peer/python';
import type { Extra, Result } from './result';

/** How long each side may take a round, in seconds. */
export interface Budget {
  seconds: number;
  threads: number;
}

/** A speed, in the unit of the workload, and the fraction of the machine's GEMM where that is known. */
export interface Speed {
  speed: number;
  ofMachine?: number;
  /** What else is to be told of the run. */
  note?: string;
}

/** A peer that is timed once, without a ratio being asked. */
export interface ExtraPeer {
  name: string;
  /** Its speed; throws PeerAbsentError, or CannotTrainError. */
  measure(budget: Budget): Promise<number>;
}

export interface Workload {
  name: string;
  title: string;
  unit: 'tokens/s' | 'seconds';
  asked: { timesPeer: number; ofMachine?: number };
  /** The peer that the ratio is asked of. */
  peer: string;
  ours(budget: Budget): Promise<Speed>;
  theirs(budget: Budget): Promise<Speed>;
  extras?: readonly ExtraPeer[];
  /** It takes minutes: left out unless it is named, and run once. */
  long?: true;
  /** Why it cannot be run here. */
  obstacle?: string;
}

/** A peer is there, and cannot train such a model; the message is its own. */
export class CannotTrainError extends Error {
  override readonly name = 'CannotTrainError';
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

async function measureExtra({ name, measure }: ExtraPeer, ours: number, budget: Budget): Promise<Extra> {
  try {
    const speed = await measure(budget);
    return { name, speed, times: ours / speed };
  } catch (error) {
    if (error instanceof PeerAbsentError) return { name, absent: error.message };
    if (error instanceof CannotTrainError) return { name, cannot: error.message };
    throw error;
  }
}

/**
 * Ours and the peer by turns; which of them comes first changes from round to round.
 *
 * @param threads ours is timed with each number of these, the peer and what is long with the first alone.
 */
export async function measure(
  workload: Workload,
  rounds: number,
  seconds: number,
  threads: readonly number[],
): Promise<Result> {
  const [first = 1, ...others] = threads;
  const more = workload.long ? [] : others;
  const budget = { seconds, threads: first };
  const ours: Speed[] = [];
  const peers: Speed[] = [];
  const timesPeer: number[] = [];
  const timesFirst = more.map((): number[] => []);
  let absent: string | undefined;
  const theirs = async () => {
    try {
      return absent === undefined ? await workload.theirs(budget) : undefined;
    } catch (error) {
      if (!(error instanceof PeerAbsentError)) throw error;
      absent = error.message;
      return undefined;
    }
  };
  for (let round = 0; round < (workload.long ? 1 : rounds); round++) {
    const before = round % 2 === 1 ? await theirs() : undefined;
    const own = await workload.ours(budget);
    ours.push(own);
    const peer = before ?? (await theirs());
    if (peer !== undefined) {
      peers.push(peer);
      timesPeer.push(own.speed / peer.speed);
    }
    for (const [index, number] of more.entries()) {
      // Beside a run with the first number of its own: the peer may stand between the two above.
      const alone = await workload.ours(budget);
      const together = await workload.ours({ seconds, threads: number });
      timesFirst[index]!.push(together.speed / alone.speed);
    }
  }
  const { name, title, unit, asked, peer: peerName } = workload;
  const fractions = ours.flatMap(({ ofMachine }) => (ofMachine === undefined ? [] : [ofMachine]));
  const speed = median(ours.map((own) => own.speed));
  const extras: Extra[] = [];
  for (const extra of workload.extras ?? []) extras.push(await measureExtra(extra, speed, budget));
  const notes = [
    ...ours.flatMap(({ note }) => (note === undefined ? [] : [`unrolled: ${note}`])),
    ...peers.flatMap(({ note }) => (note === undefined ? [] : [`${peerName}: ${note}`])),
  ];
  return {
    ...{ name, title, unit, asked, peerName, ours: speed, extras, notes },
    ...(absent !== undefined && { absent }),
    ...(peers.length > 0 && { peer: median(peers.map((peer) => peer.speed)), timesPeer: median(timesPeer) }),
    ...(fractions.length > 0 && { ofMachine: median(fractions) }),
    timesFirstThreads: more.map((_, index) => median(timesFirst[index]!)),
  };
}
