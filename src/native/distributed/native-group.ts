/** The ranks of a training, as `binding/node/group_handle.cpp` exports them. */

/** What a group is made from. */
export interface NativeGroupOptions {
  /** Files of MPI libraries, or names for the loader to find, in the order in which they are tried. */
  libraries: readonly string[];
  /** How many ranks the launcher started; 0 if it does not say. */
  expectedSize: number;
  /** What the library's version begins with; `''` if anything will do. */
  expectedVersion: string;
  /** What the library's version does not begin with; `''` if anything will do. */
  refusedVersion: string;
  /** Seconds without a sign of life of another rank after which all calls fail. */
  stallTimeout: number;
  /** What messages call the launcher. */
  launcher: string;
  /** The launcher's process on this host, 0 if it is not known. The group fails when it has ended. */
  launcherProcess: number;
  /** The child of that process which leads to this one, or is it. */
  launcherChild: number;
}

/** Something that must be alike on all ranks. */
export interface NativeSharedFact {
  name: string;
  /** An option as text, a version, a hash. */
  value: string;
  /** Whether `name` is an option's. */
  isOption?: boolean;
}

export interface NativeGroupInfo {
  rank: number;
  size: number;
  /** Where this rank runs. */
  host: string;
  /** The library's version, in its own words. */
  library: string;
  /** The library's file. */
  file: string;
  /** How many processors this rank has if the ranks of its host share those that they may use; at least 1. */
  processorShare: number;
}

/**
 * The ranks of a training. All ranks make the same calls that communicate (those that return a promise, but for `fail`), in
 * the same order, each after the one before has settled; none while a native training of the group runs. They throw
 * ERR_UNROLLED_RANK_LOST if a rank fails, leaves or is silent, and ERR_UNROLLED_ABORTED after `interrupt`; later calls throw
 * too then, and the process is ended soon.
 */
export interface NativeGroup {
  info(): NativeGroupInfo;
  /** Seconds that this rank has spent in calls for all ranks, those of native trainings among them. */
  secondsWaited(): number;
  /** Throws ERR_UNROLLED_RANKS_DIFFER, on all ranks, naming the first fact that is not alike and who differs. */
  agree(facts: readonly NativeSharedFact[]): Promise<void>;
  /** The bytes of the rank `root`, on all ranks; what others give is not looked at. */
  broadcast(bytes: Uint8Array | undefined, root: number): Promise<Uint8Array>;
  /** The bytes of each rank, which may differ in length. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** Element-wise sums over the ranks in a fixed tree, with the same bits on all. */
  sum<Values extends Float32Array | Float64Array>(values: Values): Promise<Values>;
  /** Settles when all ranks have called it. */
  barrier(): Promise<void>;
  /** Tells the others that this rank cannot go on, and why: what they wait for throws. */
  fail(code: string, fault: string): Promise<void>;
  /** Ends what waits for other ranks. */
  interrupt(): void;
  /** Says goodbye; MPI ends when all ranks have. */
  close(): Promise<void>;
}
