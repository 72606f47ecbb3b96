/** On what was measured. */

export interface Machine {
  processor: string;
  processors: number;
  /** Of OpenBLAS's kernels. */
  blasCore: string;
  /** Numbers of threads that were asked for. */
  threads: number[];
  /** Of the last minute before the first workload. */
  load: number;
  node: string;
}

export function describe({ processor, processors, blasCore, threads, load, node }: Machine): string {
  return (
    `${processor}, ${processors} processors, OpenBLAS's ${blasCore} kernels, Node.js ${node.replace(/^v/, '')}, ` +
    `${threads[0]} thread${threads[0] === 1 ? '' : 's'}, load ${load.toFixed(1)} before the first row`
  );
}
